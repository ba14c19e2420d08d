import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLog } from '../../../cli/backtest/read-log';
import { Backtest, type BacktestReport } from '../../../domain/backtest/backtest';
import { loadPlan } from '../../../domain/plan/load-plan';
import { packageRoot } from '../../../platform/package-root';

const { plan, hash } = loadPlan(readFileSync(join(packageRoot(), 'examples', 'telehealth.yaml'), 'utf8'));
const ROUTING = 'payment-to-provider-routing';
const COLUMNS = { journey: 'case_id', type: '{type}', time: 'timestamp' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ends-of-a-log-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function over(lines: readonly string[]): Promise<BacktestReport> {
  const file = join(folder, 'log');
  writeFileSync(file, lines.join('\n'));
  const backtest = new Backtest(plan, hash);
  const take = backtest.add.bind(backtest);
  await readLog(file, COLUMNS, new AbortController().signal, take, backtest.fieldsRead);
  return backtest.result();
}

const cloudEvent = (id: number, journey: string, type: string, minute: number, data?: object): string =>
  JSON.stringify({
    ...{ id: String(id), source: '/legacy/crm', journey, type, data },
    time: new Date(Date.UTC(2027, 10, 2, 15, minute)).toISOString(),
  });

describe('R50: a backtest holds ends to what the plan says of them', () => {
  it('by the data of CloudEvents: a provider who is licensed there, an end of each code, an end that comes once', async () => {
    const { handoffs, log } = await over([
      cloudEvent(1, 'a', 'payment.succeeded', 0, { state: 'CA' }),
      cloudEvent(2, 'a', 'review.assigned', 1, { licensedIn: 'CA' }),
      cloudEvent(3, 'b', 'payment.succeeded', 0, { state: 'CA' }),
      cloudEvent(4, 'b', 'review.assigned', 1, { licensedIn: 'NY' }),
      cloudEvent(5, 'c', 'payment.succeeded', 0, { state: 'CA' }),
      cloudEvent(6, 'c', 'review.assigned', 1),
      cloudEvent(7, 'a', 'subscription.cancelled', 2),
      cloudEvent(8, 'a', 'effects.disarmed', 3, { side: 'legacy' }),
      cloudEvent(9, 'a', 'effects.disarmed', 4, { side: 'target' }),
      cloudEvent(10, 'b', 'subscription.cancelled', 2),
      cloudEvent(11, 'b', 'effects.disarmed', 3, { side: 'legacy' }),
      cloudEvent(12, 'b', 'effects.disarmed', 4, { side: 'legacy' }),
      cloudEvent(13, 'c', 'renewal.due', 5),
      cloudEvent(14, 'c', 'renewal.settled', 6),
      cloudEvent(15, 'c', 'renewal.settled', 7),
      cloudEvent(16, 'd', 'landing.viewed', 10_000),
    ]);
    expect(handoffs[ROUTING]).toMatchObject({ started: 3, kept: 1, missed: 2, unmatched: 2 });
    expect(handoffs['cancelled-to-disarmed']).toMatchObject({ started: 2, kept: 1, missed: 1, unmatched: 1 });
    expect(handoffs['renewal-to-settled']).toMatchObject({ started: 1, kept: 1, secondEnds: 1 });
    expect(log.notAsked.map(({ handoff }) => handoff)).not.toContain(ROUTING);
  });

  it('by the columns of a CSV, where a blank is no value', async () => {
    const { handoffs } = await over([
      'case_id,type,timestamp,state,licensedIn',
      'a,payment.succeeded,2027-11-02T15:00:00Z,CA,',
      'a,review.assigned,2027-11-02T15:01:00Z,,CA',
      'b,payment.succeeded,2027-11-02T15:00:00Z,CA,',
      'b,review.assigned,2027-11-02T15:01:00Z,,NY',
      'c,landing.viewed,2027-11-09T15:01:00Z,,',
    ]);
    expect(handoffs[ROUTING]).toMatchObject({ started: 2, kept: 1, missed: 1, unmatched: 1 });
  });

  it('asks for nothing that the log never has, and says so', async () => {
    const { handoffs, log } = await over([
      'case_id,type,timestamp',
      'a,payment.succeeded,2027-11-02T15:00:00Z',
      'a,review.assigned,2027-11-02T15:01:00Z',
    ]);
    expect(handoffs[ROUTING]).toMatchObject({ started: 1, kept: 1 });
    expect(log.notAsked).toContainEqual({ handoff: ROUTING, condition: 'licensed' });
    expect(log.notAsked).toContainEqual({ handoff: 'stop-to-suppressed', condition: null });
  });

  it('counts a promise in business time over a weekend, and stands still while the patient is asked', async () => {
    const at = (journey: string, type: string, time: string): string => `${journey},${type},${time}`;
    const { handoffs } = await over([
      'case_id,type,timestamp',
      // On a Friday, and refunded on the Monday: one business day.
      at('a', 'review.declined', '2027-11-05T15:00:00Z'),
      at('a', 'payment.refunded', '2027-11-08T20:00:00Z'),
      at('b', 'review.declined', '2027-11-05T15:00:00Z'),
      at('b', 'payment.refunded', '2027-11-09T20:00:00Z'),
      // Decided twelve days later, eleven of which the patient took.
      at('c', 'review.assigned', '2027-11-08T15:00:00Z'),
      at('c', 'info.requested', '2027-11-08T16:00:00Z'),
      at('c', 'info.given', '2027-11-19T16:00:00Z'),
      at('c', 'review.approved', '2027-11-20T15:00:00Z'),
      at('d', 'review.assigned', '2027-11-08T15:00:00Z'),
      at('d', 'review.approved', '2027-11-20T15:00:00Z'),
      at('e', 'review.assigned', '2027-11-08T15:00:00Z'),
      at('e', 'info.requested', '2027-11-08T16:00:00Z'),
      at('f', 'landing.viewed', '2027-12-20T15:00:00Z'),
    ]);
    expect(handoffs['declined-to-refunded']).toMatchObject({ started: 2, kept: 1, missed: 1, recovered: 1 });
    expect(handoffs['review-to-decision']).toMatchObject({ started: 3, kept: 1, missed: 1, open: 1 });
  });
});
