import type { Queryable } from '../../../store/database';
import type { OutcomeGroup } from '../../../store/matured-outcomes';
import { writeOccurrences } from '../../../store/occurrence-rows';

export interface OutcomeToCount {
  side?: 'legacy' | 'target' | null;
  outcome?: 'kept' | 'missed' | 'released' | 'open';
  epoch?: number;
  /** How long ago it matured, in milliseconds; it will only then where that is below zero. */
  ago?: number;
  /** As a release before wrote it: nothing says when it matured, and its deadline was `ago`. */
  ofReleaseBefore?: boolean;
  /** From its start to its end, in milliseconds. */
  took?: number;
  /** The condition that the last refused end did not meet. */
  condition?: string;
  count?: number;
}

const WITHIN = 600_000;
const LATENESS = 60_000;
let journeys = 0;

/** Writes outcomes of a group as a sweeper would have. A moment of maturity is a whole one of the clock that is given, so that a test knows its minute. */
export async function recordOutcomes(
  connection: Queryable,
  { migration, phase, cohort, handoff }: OutcomeGroup,
  now: number,
  outcomes: readonly OutcomeToCount[],
): Promise<void> {
  const rows = outcomes.flatMap(({ count = 1, ...outcome }) => Array.from({ length: count }, () => outcome));
  await writeOccurrences(
    connection,
    rows.map(({ side = 'target', outcome = 'kept', epoch = 2, ago = 0, ofReleaseBefore = false, took, condition }) => {
      journeys += 1;
      const final = outcome !== 'open';
      const maturesAt = now - ago;
      const deadlineAt = ofReleaseBefore ? maturesAt : maturesAt - LATENESS - 1;
      const startedAt = deadlineAt - WITHIN;
      const end = {
        source: '/target/billing',
        id: `evt-${journeys}`,
        type: 'review.assigned',
        at: '2026-01-01T00:00:00Z',
      };
      return {
        ...{ migration, phase, cohort, handoff, side, toSide: side ?? 'legacy', epoch: String(epoch), ordinal: 0 },
        ...{ journey: `ep_${journeys}`, subject: `pat_${journeys}`, startedAt, deadlineAt, final },
        outcome: outcome === 'open' ? null : outcome,
        endedAt: final ? (outcome === 'missed' ? deadlineAt : startedAt + (took ?? 1_000)) : null,
        maturesAt: final && !ofReleaseBefore ? maturesAt : null,
        why: condition === undefined ? null : { failed: { condition, end } },
        ...{ recoveredAt: null, repeated: 0, pausedSince: null, secondEnds: 0, recoveredBy: null },
      };
    }),
  );
}
