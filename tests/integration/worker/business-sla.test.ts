import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { Plan } from '../../../domain/plan/plan-schema';
import { mergeException } from '../../../store/exception-merge';
import { reopenException, resolveException } from '../../../store/exception-actions';
import { advanceClock, readMarks, type ClockStanding } from '../../../store/exception-clocks';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigration } from '../sides/started-migration';

const HOUR = 3_600_000;
const QUEUE = 'payment-not-routed';
const { plan: FIXTURE } = loadPlan(readFileSync(join(__dirname, '../../fixtures/plans/payment.yaml'), 'utf8'));
/** Two open hours before a day on which the clinic is closed, and a weekend: Thursday, three in the afternoon in New York. */
const OPENED = '2027-03-04T20:00:00.000Z';
const PLAIN = '2027-03-09T20:00:00.000Z';
/** Monday at ten, eleven and twelve. */
const [MONDAY_10, MONDAY_11, MONDAY_12] = [15, 16, 17].map((hour) => `2027-03-08T${hour}:00:00.000Z`);

let database: TestDatabase;
let migration: string;
let plan: Plan;
beforeEach(async () => {
  database = await createTestDatabase();
  migration = await startMigration(database.db);
  await runAt('2027-03-01T00:00:00Z', 1);
  plan = structuredClone(FIXTURE);
  plan.calendars = [
    {
      id: 'clinic',
      timeZone: 'America/New_York',
      open: [{ id: 'days', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
      closed: [{ id: 'founding-day', from: '2027-03-05', to: '2027-03-05' }],
    },
  ];
  promise('4bh');
});
afterEach(() => database.drop());

function promise(within: string): void {
  for (const queue of plan.queues.filter(({ id }) => id === QUEUE)) {
    queue.sla = 120 * HOUR;
    queue.businessTime = { within, calendar: 'clinic' };
    queue.escalation = [{ team: 'support-leads', after: HOUR }];
  }
}

async function runAt(startedAt: string, timeScale: number): Promise<void> {
  await database.db.query('UPDATE migration SET started_at = $2, time_scale = $3 WHERE id = $1', [
    migration,
    startedAt,
    timeScale,
  ]);
}

/** Opens a case as whoever opens cases does: due when 'sla' is over. */
async function open(at = OPENED, due = PLAIN): Promise<string> {
  const { rows } = await database.db.query<{ id: string }>(
    `INSERT INTO exception (migration, cause, queue, phase, journey, subject, owner, opened_at, due_at)
     VALUES ($1, 'handoff:' || gen_random_uuid(), $2, 'payment', 'epi_x', 'pat_x', 'care-coordination', $3, $4) RETURNING id`,
    [migration, QUEUE, at, due],
  );
  return rows[0]?.id ?? '';
}

function look(exception: string, at: string | undefined): Promise<ClockStanding> {
  const parts = { now: () => Promise.resolve(new Date(at ?? '')), planOf: () => Promise.resolve(plan) };
  return advanceClock(database.db, { migration, exception }, parts);
}

async function dueAt(exception: string): Promise<string | undefined> {
  const { rows } = await database.db.query<{ at: Date }>('SELECT due_at AS at FROM exception WHERE id = $1', [
    exception,
  ]);
  return rows[0]?.at.toISOString();
}

function request(exception: string): Parameters<typeof resolveException>[1] {
  const record = { id: migration, planHash: 'of-the-test', timeScale: 1 };
  return { migration: record, queues: plan.queues, exception, actor: 'coordinator' };
}

async function reopenedAt(exception: string, at: string): Promise<void> {
  await reopenException(database.db, request(exception), 'It was not.');
  await database.db.query(`UPDATE exception_action SET at = $2 WHERE exception = $1 AND action = 'reopened'`, [
    exception,
    at,
  ]);
}

describe('R30 an SLA in business time', () => {
  it('leaves out nights, weekends and the holiday: for the due time, and for the warning', async () => {
    const exception = await open();
    expect(await look(exception, OPENED)).toEqual({ over: false, nextAt: MONDAY_10 });
    expect(await dueAt(exception)).toBe(MONDAY_11);
    await look(exception, MONDAY_10);
    await look(exception, MONDAY_11);
    await look(exception, MONDAY_12);
    expect((await readMarks(database.db, exception)).map(({ kind, dueAt: at }) => [kind, at])).toEqual([
      ['opened', OPENED],
      ['warned', MONDAY_10],
      ['overdue', MONDAY_11],
      ['escalated', MONDAY_12],
    ]);
  });

  it('in days ends with the first open day after the one of its opening', async () => {
    promise('1bd');
    const exception = await open();
    await look(exception, OPENED);
    expect(await dueAt(exception)).toBe('2027-03-08T22:00:00.000Z');
  });

  it('is set although its clock comes late, and does all that it missed', async () => {
    const exception = await open();
    await look(exception, MONDAY_12);
    const done = await readMarks(database.db, exception);
    expect(done.map(({ kind, told }) => [kind, told])).toEqual([
      ['opened', true],
      ['warned', false],
      ['overdue', true],
      ['escalated', true],
    ]);
    expect(await dueAt(exception)).toBe(MONDAY_11);
  });

  it('goes by the planned time of a migration that runs sixty times as fast', async () => {
    await runAt('2027-03-01T00:00:00Z', 60);
    const exception = await open('2027-03-01T01:32:00Z', '2027-03-01T03:32:00Z');
    expect(await look(exception, '2027-03-01T01:32:00Z')).toMatchObject({ nextAt: '2027-03-01T03:03:00.000Z' });
    expect(await dueAt(exception)).toBe('2027-03-01T03:04:00.000Z');
  });

  it('is set once: who makes a case due at another time is heard', async () => {
    const exception = await open();
    await look(exception, OPENED);
    await database.db.query('UPDATE exception SET due_at = $2 WHERE id = $1', [exception, MONDAY_12]);
    await look(exception, '2027-03-05T20:00:00Z');
    expect(await dueAt(exception)).toBe(MONDAY_12);
  });

  it('begins anew when the case is opened again', async () => {
    const exception = await open();
    await look(exception, OPENED);
    const path = plan.queues.find(({ id }) => id === QUEUE)?.path ?? [];
    const evidence = path.map((_, index) => ({ step: index + 1, reference: `ticket-${index}` }));
    await resolveException(database.db, request(exception), evidence);
    await reopenedAt(exception, MONDAY_12 ?? '');
    expect(await look(exception, MONDAY_12)).toEqual({ over: false, nextAt: '2027-03-08T20:00:00.000Z' });
    expect(await dueAt(exception)).toBe('2027-03-08T21:00:00.000Z');
  });

  it('stays what it was of a case that was merged and parted again, and no later than what was merged into it', async () => {
    const [part, whole] = [await open(), await open('2027-03-08T14:00:00Z')];
    await look(part, OPENED);
    await mergeException(database.db, request(part), whole);
    await look(whole, MONDAY_10);
    expect(await dueAt(whole)).toBe(MONDAY_11);
    await reopenedAt(part, MONDAY_12 ?? '');
    await look(part, MONDAY_12);
    expect(await dueAt(part)).toBe(MONDAY_11);
  });

  it("is 'sla' by the clock where the calendar does not open any more", async () => {
    for (const calendar of plan.calendars ?? [])
      calendar.closed = [{ id: 'gone', from: '2027-03-01', to: '2099-12-31' }];
    const exception = await open();
    await look(exception, OPENED);
    expect(await dueAt(exception)).toBe(PLAIN);
  });
});
