import { storable } from '../../domain/phase/storable-text';
import type { PhaseActivities } from '../phase-activities';
import type { Notifier } from './notifier';

/** Tells people what the engine has to say. */
export function notifyActivities(notifier: Notifier): Pick<PhaseActivities, 'tell'> {
  return { tell: (notice) => notifier.send(storable(notice)) };
}
