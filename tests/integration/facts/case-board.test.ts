import type { CaseBoard } from '../../../domain/status/case-board';
import { foldCaseFlow } from '../../../store/case-flow';
import type { Database } from '../../../store/database';
import { EVIDENCE, type FactsCases } from './facts-cases';
import { FACTS_PLAN } from './facts-plan';
import { withCasesOf } from './with-cases';

const HOUR = 3_600_000;
const PLAN = FACTS_PLAN.replace(
  'owners: [',
  `owners: [{ id: desk, reach: { rota: desk, timeZone: UTC, shifts: [{ id: always, days: [mon, tue, wed, thu, fri, sat, sun], from: '00:00', to: '24:00', capacity: 2 }] } }, `,
).replace('- { id: next-step-not-told, owner: billing-operations', '- { id: next-step-not-told, owner: desk');

let db: Database;
let cases: FactsCases;
withCasesOf(PLAN, (made) => {
  ({ db, cases } = made);
});

interface Planted {
  /** Hours ago. */
  opened: number;
  side?: string;
  phase?: string;
  cohort?: string;
  queue?: string;
}

/** A case that was opened then, on no path of its own. */
async function plant({ opened, side, phase, cohort, queue = 'next-step-not-told' }: Planted): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO exception (migration, cause, queue, side, phase, cohort, journey, subject, owner, opened_at, due_at)
     VALUES ($1, 'event:planted:' || gen_random_uuid(), $2, $3, $4, $5, 'ep_1', 'pat_1', 'desk',
             clock_timestamp() - $6 * interval '1 hour', clock_timestamp() - $6 * interval '1 hour' + interval '4 hours') RETURNING id`,
    [cases.migration, queue, side ?? null, phase ?? null, cohort ?? null, opened],
  );
  return rows[0]?.id ?? '';
}

const board = async (query = ''): Promise<CaseBoard> => (await cases.get(`board${query}`)) as CaseBoard;
const NEXT_STEP = [{ step: 1, reference: 'ticket-4711' }];

describe('the board (R30)', () => {
  it('tells the open cases apart by queue, side, phase and cohort, with their ages and what came and went', async () => {
    for (const opened of [1, 2, 3, 4, 5, 6, 7, 8, 9, 30])
      await plant({ opened, side: opened % 2 === 0 ? 'target' : 'legacy', phase: 'payment', cohort: 'pilot-states' });
    const gone = await plant({ opened: 2, queue: 'payment-not-routed' });
    await cases.done(gone, 'resolve', { evidence: EVIDENCE });
    const { queues, by } = await board();
    const queue = queues.find((one) => one.queue === 'next-step-not-told');
    expect(queue).toMatchObject({ open: 10, overdue: 7, resolved: 0, inflow: { day: 9 }, outflow: { day: 0 } });
    const hours = (ms: number | null | undefined): number => Math.round((ms ?? 0) / HOUR);
    expect([queue?.medianAgeMs, queue?.p90AgeMs, queue?.oldestAgeMs].map(hours)).toEqual([5, 9, 30]);
    expect(by.side.map(({ value, open, inflow, outflow }) => [value, open, inflow.day, outflow.day])).toEqual([
      ['legacy', 5, 5, 0],
      ['target', 5, 4, 0],
      [null, 0, 1, 1],
    ]);
    expect(by.phase.map(({ value, open }) => [value, open])).toEqual([
      ['payment', 10],
      [null, 0],
    ]);
    expect(by.cohort[0]).toMatchObject({ value: 'pilot-states', open: 10, overdue: 7 });
    expect(hours(by.side[1]?.oldestAgeMs)).toBe(30);
  });

  it('draws what came in and ended day by day, with what was open when each was over, whether it is added up yet or not', async () => {
    const [first, second] = [await plant({ opened: 49 }), await plant({ opened: 49 }), await plant({ opened: 25 })];
    await cases.done(first, 'resolve', { evidence: NEXT_STEP });
    await foldCaseFlow(db);
    await cases.done(first, 'reopen', { reason: 'Not yet.' });
    await cases.done(second, 'accept', { reason: 'patient-declined' });
    await cases.done(second, 'approve-acceptance', { reason: 'patient-declined' }, 'clinical-lead-1');
    const today = { opened: 0, reopened: 1, resolved: 1, accepted: 1, merged: 0, open: 2 };
    const seen = await board('?days=4');
    expect(seen.days.map(({ day: _, ...one }) => one)).toEqual(
      expect.arrayContaining([expect.objectContaining(today)]) as object,
    );
    expect(seen.days).toHaveLength(4);
    expect(seen.days.reduce((sum, { opened }) => sum + opened, 0)).toBe(3);
    expect(seen.days.at(-2)?.open).toBe(3);
    await foldCaseFlow(db);
    expect((await board('?days=4')).days).toEqual(seen.days);
    expect((await cases.board('next-step-not-told'))?.resolved).toBe(1);
    const { rows } = await db.query('SELECT FROM exception_flow WHERE migration = $1', [cases.migration]);
    expect(rows).toEqual([]);
  });

  it('says when a queue is worked off by the shifts of its owner, and when it never is', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => plant({ opened: 3 })));
    await db.query(`UPDATE migration SET started_at = clock_timestamp() - interval '4 hours' WHERE id = $1`, [
      cases.migration,
    ]);
    const clearOf = async (queue: string) => (await board()).queues.find((one) => one.queue === queue)?.clear;
    expect(await clearOf('next-step-not-told')).toMatchObject({
      ...{ at: null, because: 'nothingEnded', onShift: { shifts: ['always'], capacity: 2 }, shiftsKnown: true },
    });
    expect(await clearOf('payment-not-routed')).toMatchObject({ because: 'nothingOpen', shiftsKnown: false });
    for (const id of ids.slice(0, 4)) await cases.done(id, 'resolve', { evidence: NEXT_STEP });
    // Six came in four hours, and four ended.
    expect(await clearOf('next-step-not-told')).toMatchObject({ at: null, because: 'moreComes' });
    const [older] = [await plant({ opened: 30 }), await plant({ opened: 30 })];
    for (const id of [older, ...ids.slice(4)]) await cases.done(id, 'resolve', { evidence: NEXT_STEP });
    // Seven ended in eight hours of capacity, so a quarter of a case an hour more than come; one is open.
    const clear = await clearOf('next-step-not-told');
    expect(clear).toMatchObject({ because: null, at: expect.any(String) as string });
    expect(clear?.perHour).toBeCloseTo(7 / 8, 2);
    expect((clear?.inMs ?? 0) / HOUR).toBeCloseTo(4, 1);
  });

  it('takes no other days than it has', async () => {
    for (const days of ['0', '91', 'x']) {
      await expect(board(`?days=${days}`)).rejects.toThrow();
    }
  });
});
