import type { OutcomeSource, OutcomeWindow } from '../../activities/gates/outcome-source';
import { isNoAnswer, outcomesOf, whyClocksDiffer, whyNotFresh } from '../../domain/metrics/check-figures';
import {
  noData,
  sourceError,
  type NoAnswer,
  type OutcomeAnswer,
  type SideOutcomes,
} from '../../domain/metrics/outcome-answer';
import type { GateSource } from '../../domain/plan/plan-schema';
import { runReadOnly, type SqlConnection, type SqlFailure, type SqlRows } from './read-only-query';

type SqlGateSource = Extract<GateSource, { kind: 'sql' }>;

/** A row a side, by a query of somebody else's Postgres. */
export class SqlSource implements OutcomeSource {
  constructor(
    private readonly connection: SqlConnection,
    private readonly source: SqlGateSource,
  ) {}

  async count(window: OutcomeWindow): Promise<OutcomeAnswer> {
    const { migration, phase, cohort, gate, since, now } = window;
    const { query, staleAfter } = this.source;
    const answered = await runReadOnly(this.connection, {
      text: wrapped(query, staleAfter !== undefined),
      values: [migration, phase, cohort, gate, since],
    });
    if (answered.kind === 'failed') return failed(answered, this.connection.timeout);
    const differ = whyClocksDiffer(answered.clock, now);
    if (differ !== undefined) return differ;
    const newestAt = staleAfter === undefined ? null : oldestOf(answered);
    if (newestAt !== null && isNoAnswer(newestAt)) return newestAt;
    const old = newestAt === null ? undefined : whyNotFresh(newestAt, now, staleAfter);
    if (old !== undefined) return old;
    if (answered.rows.some(({ side }) => side !== 'target' && side !== 'legacy')) {
      return sourceError("It gives a row whose side is neither 'target' nor 'legacy'.");
    }
    const target = outcomesIn(answered, 'target');
    if (isNoAnswer(target)) return target;
    const legacy = outcomesIn(answered, 'legacy');
    if (isNoAnswer(legacy)) return legacy;
    return { kind: 'outcomes', target, legacy, newestAt };
  }
}

/**
 * The plan's query as a subquery: what it gives is bounded, whatever it reads; it can write nothing and end nothing from there; and what is asked
 * for is in the row of `gate`, as values and never as text of the query.
 */
function wrapped(query: string, dated: boolean): string {
  return `WITH gate (migration, phase, cohort, gate, since) AS (
    VALUES ($1::text, $2::text, $3::text, $4::text, $5::timestamptz)
  )
  SELECT figures.side::text AS side, figures.kept, figures.missed${dated ? ', figures.as_of::timestamptz AS as_of' : ''}
    FROM (
${query.replace(/;\s*$/, '')}
    ) AS figures
   LIMIT 3`;
}

function outcomesIn({ rows, columns }: SqlRows, side: 'target' | 'legacy'): SideOutcomes | NoAnswer {
  const [row, another] = rows.filter((one) => one['side'] === side);
  if (another !== undefined) return sourceError(`It gives several rows for ${side}. Group them by side alone.`);
  // Without a row nothing is known of target; of legacy too few are.
  if (row === undefined)
    return side === 'target'
      ? noData('It gives no row for target. Let it give one with zeros where there is nothing.')
      : { kept: 0, missed: 0 };
  const figure = (name: 'kept' | 'missed'): unknown => {
    const value = row[name];
    if (value === null || columns.find((column) => column.name === name)?.type !== 'number') return value;
    return Number(value);
  };
  return outcomesOf(side, { kept: figure('kept'), missed: figure('missed') });
}

/** Up to when all of them are whole. */
function oldestOf({ rows }: SqlRows): Date | NoAnswer {
  const times = rows.map((row) => row['as_of']);
  if (times.length === 0) return noData('It gives no row. Let it give one with zeros where there is nothing.');
  if (times.some((time) => !(time instanceof Date) || Number.isNaN(time.getTime()))) {
    return noData('It does not say up to when its figures are whole.');
  }
  return new Date(Math.min(...(times as Date[]).map((time) => time.getTime())));
}

function failed({ why, state }: SqlFailure, timeout: number): NoAnswer {
  switch (why) {
    case 'late':
      return sourceError(`It did not answer within ${timeout} ms.`);
    case 'away':
      return sourceError('It could not be reached.');
    case 'refused':
      return sourceError(
        `${(state === undefined ? undefined : meaningOf(state)) ?? 'It refuses the query'} (${state}).`,
      );
  }
}

/** What people do about an SQLSTATE, where it is theirs to do. */
function meaningOf(state: string): string | undefined {
  if (state === '25006' || state === '2D000' || state === '25001' || state === '0A000') {
    return 'The query does more than read, which is not allowed';
  }
  if (state.startsWith('28')) return 'It does not take the credentials';
  if (state === '42501') return 'The role of the connection may not read what is asked';
  if (state.startsWith('42'))
    return 'The query is not one SELECT with side, kept and missed, or names what is not there';
  if (state.startsWith('22')) return 'The query fails on what is there';
  return undefined;
}
