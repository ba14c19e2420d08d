import { ActivityFailure, condition, isCancellation } from '@temporalio/workflow';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { genuine, isForged } from './genuine';
import { quick } from './phase-activity-proxies';

/** Between two questions at least, in milliseconds: the database's clock, which decides, may be behind the one of timers. */
const AT_LEAST = 100;

/**
 * R48: waits until a phase may advance by its calendar, which an activity reads: zones change with the data that a worker has, and a replay must not.
 * @param isOver whether nobody waits for it any more; then it gives false
 * @param opensAt told where it is closed now
 */
export async function untilOpen(
  { migration, planHash, phase }: PhaseRules,
  isOver: () => boolean,
  opensAt: (at: string) => void,
): Promise<boolean> {
  for (;;) {
    const opening = genuine(await quick.findOpening({ migration, planHash, phase: phase.id }));
    if (isOver()) return false;
    if (opening.opensAt === null) return true;
    opensAt(opening.opensAt);
    const left = Math.max(AT_LEAST, Date.parse(opening.opensAt) - Date.now());
    if (await condition(isOver, left)) return false;
  }
}

/** Why it could not be found out. @throws what is no failure of that */
export function whyNotKnown(error: unknown): string {
  if (isForged(error)) return error.message;
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  return error.cause?.message ?? error.message;
}
