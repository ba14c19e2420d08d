import { ActivityFailure, condition, isCancellation } from '@temporalio/workflow';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { genuine, isForged } from './genuine';
import { quick } from './phase-activity-proxies';

/** Between two questions, in milliseconds, where the database's clock, which decides, is behind the one of timers. */
const SOONEST = 100;
const LATEST = 30_000;

/**
 * R48: waits until a phase may advance by its calendar, which an activity reads: zones change with the data that a worker has, and a replay must not.
 * Gives until when it may; undefined where nobody waits for it any more.
 * @param opensAt told where it is closed now
 */
export async function untilOpen(
  { migration, planHash, phase }: PhaseRules,
  isOver: () => boolean,
  opensAt: (at: string) => void,
): Promise<{ closesAt?: string } | undefined> {
  for (let again = SOONEST; ; again = Math.min(again * 2, LATEST)) {
    const found = genuine(await quick.findOpening({ migration, planHash, phase: phase.id }));
    if (isOver()) return undefined;
    const { closesAt } = found;
    if (found.opensAt === null) {
      if (closesAt === null) return {};
      // The answer may be older than it looks: nobody may have carried this on for hours.
      if (Date.now() < Date.parse(closesAt)) return { closesAt };
    } else {
      opensAt(found.opensAt);
    }
    const left = found.opensAt === null ? 0 : Date.parse(found.opensAt) - Date.now();
    if (left > again) again = SOONEST;
    if (await condition(isOver, Math.max(again, left))) return undefined;
  }
}

/** Why it could not be found out. @throws what is no failure of that */
export function whyNotKnown(error: unknown): string {
  if (isForged(error)) return error.message;
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  return error.cause?.message ?? error.message;
}
