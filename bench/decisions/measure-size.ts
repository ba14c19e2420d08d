import { Client } from 'pg';
import { spreadOf } from '../load/figures';
import type { Limit } from '../load/limits';
import type { LoadProcess } from '../load/load-process';
import { MIGRATION, PHASE } from './benchmark-plan';
import { askContender, type BenchServer, type Contender, type Slice } from './contender';
import { startOurApi } from './our-api';
import { expectedSide, seededDatabase } from './seeded-database';

export interface Size {
  lines: string[];
  limits: Limit[];
}

export interface SizeOptions extends BenchServer {
  /** Rows of the small table and of the large one. */
  rows: { few: number; many: number };
  rounds: number;
  slice: number;
}

const COSTS_AT_MOST = 1.3;
/** So few are remembered that every unit of the small table is asked of Postgres each time. */
const REMEMBERED = '1000';
/** Coprime to both tables' rows: one question after the other goes somewhere else in index and table. */
const STRIDE = 7_368_787;
const NEW_UNITS_FROM = 100_000_000;
const NEW_UNITS_AT_MOST = 1_000_000_000;

const KINDS = { first: 'first questions', forgotten: 'placed before, not remembered' };
type Kind = keyof typeof KINDS;
type Pair = Record<'few' | 'many', Slice>;

/** What a decision costs over a table of many rows, beside one of few: in turn, on one server. */
export async function measureSize(load: LoadProcess, options: SizeOptions): Promise<Size> {
  const few = await startTable('few', options);
  const many = await startTable('many', options);
  try {
    const pairs: Record<Kind, Pair[]> = { first: [], forgotten: [] };
    // The first round lets both be compiled, and is not counted.
    for (let round = 0; round <= options.rounds; round += 1) {
      for (const kind of ['first', 'forgotten'] as const) {
        const pair = await askBoth(load, { few: few[kind], many: many[kind] }, options.slice, round);
        if (round > 0) pairs[kind].push(pair);
      }
    }
    return {
      lines: [...linesOf('first', pairs.first, options), ...linesOf('forgotten', pairs.forgotten, options)],
      limits: [...limitsOf('first', pairs.first), ...limitsOf('forgotten', pairs.forgotten)],
    };
  } finally {
    await few.first.process.stop();
    await many.first.process.stop();
  }
}

async function startTable(
  which: 'few' | 'many',
  { serverUrl, postgres, folder, rows }: SizeOptions,
): Promise<Record<Kind, Contender>> {
  const url = await seededDatabase(serverUrl, `${which}_rows`, rows[which]);
  await readAll(url);
  const ours = await startOurApi(url, folder, { HANDOFF_KNOWN_SIDES: REMEMBERED });
  const common = { ...ours, postgres, sideOf: expectedSide };
  return {
    first: {
      ...{ ...common, name: `${which} rows, ${KINDS.first}` },
      units: { first: NEW_UNITS_FROM, count: NEW_UNITS_AT_MOST, at: 0 },
    },
    forgotten: {
      ...{ ...common, name: `${which} rows, ${KINDS.forgotten}` },
      units: { first: 0, count: rows[which], at: 0, stride: STRIDE },
    },
  };
}

/** As after days of questions: what COPY wrote is not left in Postgres' memory by it. */
async function readAll(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      'SET enable_seqscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0',
    );
    await client.query('SELECT count(side) FROM placement WHERE migration = $1 AND phase = $2', [MIGRATION, PHASE]);
  } finally {
    await client.end();
  }
}

async function askBoth(
  load: LoadProcess,
  both: Record<'few' | 'many', Contender>,
  slice: number,
  round: number,
): Promise<Pair> {
  const how = { pace: { kind: 'closed' }, until: { kind: 'time', ms: slice } } as const;
  if (round % 2 === 0) {
    const few = await askContender(load, both.few, how);
    return { few, many: await askContender(load, both.many, how) };
  }
  const many = await askContender(load, both.many, how);
  return { few: await askContender(load, both.few, how), many };
}

function cpuOf({ cpu, postgresCpu }: Slice): number {
  return cpu + postgresCpu;
}

function linesOf(kind: Kind, pairs: readonly Pair[], { rows }: SizeOptions): string[] {
  return (['few', 'many'] as const).map((which) => {
    const slices = pairs.map((pair) => pair[which]);
    const middle = (of: (slice: Slice) => number): number => spreadOf(slices.map(of)).median;
    return (
      `${KINDS[kind]}, ${rows[which].toLocaleString('en-US')} rows: ${middle(({ perSecond }) => perSecond).toFixed(0)} a second, ` +
      `CPU ${middle(({ cpu }) => cpu).toFixed(0)} µs and Postgres ${middle(({ postgresCpu }) => postgresCpu).toFixed(0)} µs a decision, p99 ${middle(({ p99 }) => p99 / 1_000).toFixed(1)} ms`
    );
  });
}

function limitsOf(kind: Kind, pairs: readonly Pair[]): Limit[] {
  const ratio = (of: (pair: Pair) => number): Limit['measured'] => spreadOf(pairs.map(of));
  return [
    {
      what: `${KINDS[kind]}, CPU with Postgres', many / few rows`,
      measured: ratio(({ many, few }) => cpuOf(many) / cpuOf(few)),
      atMost: COSTS_AT_MOST,
    },
    {
      what: `${KINDS[kind]}, time, many / few rows`,
      measured: ratio(({ many, few }) => few.perSecond / many.perSecond),
      atMost: COSTS_AT_MOST,
    },
  ];
}
