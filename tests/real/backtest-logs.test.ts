import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { BacktestResult } from '../../cli/backtest/backtest-screen';
import { loadPlan } from '../../domain/plan/load-plan';
import { measureHandoff } from '../../bench/measure-handoff';
import { countBySql, loadRawRows, type Counted } from './count-by-sql';
import { harderLoanPlan } from './fixtures/harder-loan-plan';
import { startOwnPostgres, type OwnPostgres } from './own-postgres';
import { eventLog } from './real-data';
import { runBacktest } from './run-backtest';

const EXAMPLE = join(__dirname, '..', '..', 'examples', 'loan-funnel.yaml');
const HELPDESK = join(__dirname, 'fixtures', 'helpdesk-tickets.yaml');
const LOAN_LOG = eventLog('loan-applications-2012.csv.gz');
const HELPDESK_LOG = eventLog('helpdesk-tickets.csv.gz');
/** The log’s own way of writing types, whatever separates their parts in the plan. */
const COLUMNS = ['--type', '{activity}/{lifecycle}', '--journey', 'case_id', '--time', 'timestamp'];

let folder: string;
let postgres: OwnPostgres;
let client: Client;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-'));
  postgres = await startOwnPostgres();
  client = new Client({ connectionString: postgres.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

/** Both counts of every handoff of a plan. */
async function bothWays(
  planFile: string,
  log: string,
): Promise<{ product: Record<string, Counted>; sql: Record<string, Counted>; result: BacktestResult }> {
  const result = await runBacktest('--plan', planFile, '--events', log, ...COLUMNS);
  const sql: Record<string, Counted & { secondEnds: number }> = {};
  for (const handoff of loadPlan(readFileSync(planFile, 'utf8')).plan.handoffs) {
    // None of these handoffs asks that its end comes once.
    sql[handoff.id] = { ...(await countBySql(client, handoff)), secondEnds: 0 };
  }
  return { product: result.handoffs, sql, result };
}

const COLUMNS_OF_COUNT: (keyof Counted)[] = [
  ...(['started', 'kept', 'missed', 'released'] as const),
  ...(['open', 'repeated', 'unmatched', 'recovered'] as const),
];

describe('the whole loan log', () => {
  beforeAll(async () => {
    expect(await loadRawRows(client, LOAN_LOG)).toBe(262_200);
  });

  it('comes out as SQL over its raw rows counts it, handoff by handoff: the plan of the examples', async () => {
    const { product, sql, result } = await bothWays(EXAMPLE, LOAN_LOG);
    expect(product).toEqual(sql);
    expect(Object.keys(sql).length).toBeGreaterThanOrEqual(6);
    expect(result.log).toMatchObject({ events: 262_200, journeys: 13_087, unknown: { events: 0, types: [] } });
  });

  it('comes out the same with short deadlines, repeated starts, late ends and reasons among them', async () => {
    const planFile = join(folder, 'harder.yaml');
    writeFileSync(planFile, harderLoanPlan());
    const { product, sql } = await bothWays(planFile, LOAN_LOG);
    expect(product).toEqual(sql);
    // Each of the eight counts is put to the test by at least two handoffs.
    for (const column of COLUMNS_OF_COUNT) {
      const tested = Object.values(sql).filter((counted) => counted[column] > 0);
      expect([column, tested.length >= 2]).toEqual([column, true]);
    }
  });

  it('takes the command less than 30 s and 1 GB', async () => {
    const { exitCode, stderr, took, peakBytes } = await measureHandoff([
      ...['backtest', '--plan', EXAMPLE, '--events', LOAN_LOG, '--json'],
      ...COLUMNS,
    ]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(took).toBeLessThan(30_000);
    expect(peakBytes).toBeGreaterThan(0);
    expect(peakBytes).toBeLessThan(1e9);
  });
});

describe('the whole help-desk log', () => {
  it('comes out as SQL over its raw rows counts it, with what the plan does not declare listed', async () => {
    expect(await loadRawRows(client, HELPDESK_LOG)).toBe(21_348);
    const { product, sql, result } = await bothWays(HELPDESK, HELPDESK_LOG);
    expect(product).toEqual(sql);
    expect(result.log).toMatchObject({ events: 21_348, journeys: 4_580, unknown: { events: 8 } });
    expect(result.log.unknown.types.map(({ type }) => type).sort()).toEqual([
      'DUPLICATE/complete',
      'INVALID/complete',
      'RESOLVED/complete',
      'VERIFIED/complete',
    ]);
    for (const counted of Object.values(sql)) expect(counted.started).toBeGreaterThan(1_000);
  });
});
