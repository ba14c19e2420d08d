import { unreachable } from '../../unreachable';
import type { Plan } from '../plan-schema';
import { journeyMapOf } from './journey-map';
import { journeyPicture, phaseJourneyPicture } from './journey-pictures';
import { coursesOf } from './phase-course';
import { everyPhasePicture, phasePicture, phasesPicture } from './phase-pictures';
import type { Picture } from './picture';
import { stackPicture } from './stack-picture';

export const VIEWS = ['stack', 'journey', 'phases'] as const;
export type View = (typeof VIEWS)[number];

/** A plan as pictures: each view is one overview and, where one picture would be too much to read, one more for each phase. */
export function planPictures(plan: Plan, view: View): Picture[] {
  switch (view) {
    case 'stack':
      return [stackPicture(plan)];
    case 'journey':
      return [
        journeyPicture(plan),
        ...journeyMapOf(plan)
          .phases.filter(({ handoffs }) => handoffs.length > 0)
          .map((part) => phaseJourneyPicture(plan, part)),
      ];
    case 'phases': {
      const every = everyPhasePicture(plan);
      return [
        phasesPicture(plan),
        ...coursesOf(plan).map((course) => phasePicture(plan, course)),
        ...(every === undefined ? [] : [every]),
      ];
    }
    default:
      return unreachable(view);
  }
}
