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
  /** Other events of its journey. */
  had?: readonly OtherEvent[];
  count?: number;
}

export interface OtherEvent {
  type: string;
  /** After the start, in milliseconds. */
  at: number;
  /** The moment that handoffs are matched by, where it came in later than its lateness allows: so long after the start. */
  matchedAt?: number;
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
  const before = journeys;
  journeys += rows.length;
  // Before the outcomes: a watch may count them as soon as they are there.
  await recordEvents(
    connection,
    migration,
    rows.flatMap(({ had = [], ago = 0 }, index) =>
      had.map((event) => ({ ...event, journey: before + index + 1, startedAt: now - ago - LATENESS - 1 - WITHIN })),
    ),
  );
  await writeOccurrences(
    connection,
    rows.map((row, index) => {
      const { side = 'target', outcome = 'kept', epoch = 2, ago = 0, ofReleaseBefore = false, took, condition } = row;
      const journey = before + index + 1;
      const final = outcome !== 'open';
      const maturesAt = now - ago;
      const deadlineAt = ofReleaseBefore ? maturesAt : maturesAt - LATENESS - 1;
      const startedAt = deadlineAt - WITHIN;
      const end = {
        source: '/target/billing',
        id: `evt-${journey}`,
        type: 'review.assigned',
        at: '2026-01-01T00:00:00Z',
      };
      return {
        ...{ migration, phase, cohort, handoff, side, toSide: side ?? 'legacy', epoch: String(epoch), ordinal: 0 },
        ...{ journey: `ep_${journey}`, subject: `pat_${journey}`, startedAt, deadlineAt, final },
        outcome: outcome === 'open' ? null : outcome,
        endedAt: final ? (outcome === 'missed' ? deadlineAt : startedAt + (took ?? 1_000)) : null,
        maturesAt: final && !ofReleaseBefore ? maturesAt : null,
        why: condition === undefined ? null : { failed: { condition, end } },
        ...{ recoveredAt: null, repeated: 0, pausedSince: null, secondEnds: 0, recoveredBy: null },
      };
    }),
  );
}

async function recordEvents(
  connection: Queryable,
  migration: string,
  events: readonly (OtherEvent & { journey: number; startedAt: number })[],
): Promise<void> {
  if (events.length === 0) return;
  await connection.query(
    `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
     SELECT $1, '/target/support', gen_random_uuid(), i.type, 'ep_' || i.journey, 'pat_' || i.journey, '{}', to_timestamp(i.time / 1000), 0,
            to_timestamp(i.matched / 1000), '{}', to_timestamp(i.matched / 1000), 'unlistened'
       FROM unnest($2::text[], $3::bigint[], $4::float8[], $5::float8[]) AS i (type, journey, time, matched)`,
    [
      migration,
      events.map(({ type }) => type),
      events.map(({ journey }) => journey),
      events.map(({ startedAt, at }) => startedAt + at),
      events.map(({ startedAt, at, matchedAt = at }) => startedAt + matchedAt),
    ],
  );
}
