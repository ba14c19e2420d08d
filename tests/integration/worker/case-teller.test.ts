import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { Plan } from '../../../domain/plan/plan-schema';
import { advanceClock } from '../../../store/exception-clocks';
import { tellCases } from '../../../store/exception-tellings';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigration } from '../sides/started-migration';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const QUEUE = 'payment-not-routed';
const HANDOFF = 'payment-to-provider-routing';
const { plan: FIXTURE } = loadPlan(readFileSync(join(__dirname, '../../fixtures/plans/payment.yaml'), 'utf8'));

let database: TestDatabase;
let migration: string;
let plan: Plan;
let now: Date;
beforeEach(async () => {
  database = await createTestDatabase();
  migration = await startMigration(database.db);
  plan = structuredClone(FIXTURE);
  now = new Date('2027-03-03T17:00:00Z');
});
afterEach(() => database.drop());

/** Opens cases due in two hours, and runs their clocks; their numbers. */
async function open(count: number): Promise<string[]> {
  const { rows } = await database.db.query<{ id: string }>(
    `INSERT INTO exception (migration, cause, queue, handoff, phase, journey, subject, owner, opened_at, due_at)
     SELECT $1, 'handoff:' || gen_random_uuid(), $2, $3, 'payment', 'epi_of_somebody', 'pat_of_somebody', 'care-coordination',
            $5::timestamptz, $5::timestamptz + interval '2 hours' FROM generate_series(1, $4::int) RETURNING id`,
    [migration, QUEUE, HANDOFF, count, now],
  );
  const cases = rows.map(({ id }) => id);
  await run(cases);
  return cases;
}

async function run(cases: readonly string[]): Promise<void> {
  const parts = { now: () => Promise.resolve(now), planOf: () => Promise.resolve(plan) };
  for (const exception of cases) await advanceClock(database.db, { migration, exception }, parts);
}

function tell(): Promise<number> {
  const planOf = (): Promise<Plan> => Promise.resolve(plan);
  return tellCases(database.db, { planOf, now: () => Promise.resolve(now), gather: MINUTE / 4, again: 10 * MINUTE });
}

function later(wait: number): void {
  now = new Date(now.getTime() + wait);
}

interface Told {
  team: string;
  kind: string;
  urgency: string;
  message: string;
  state: string;
  incident: string;
}

async function told(): Promise<Told[]> {
  const { rows } = await database.db.query<Told & Record<string, unknown>>(
    `SELECT team, kind, urgency, message, incident_state AS state, incident FROM notice ORDER BY id`,
  );
  return rows;
}

async function resolve(cases: readonly string[]): Promise<void> {
  await database.db.query(
    `UPDATE exception SET state = 'resolved', resolved_at = clock_timestamp(), resolved_by = 'somebody', evidence = '[]' WHERE id = ANY ($1)`,
    [cases],
  );
}

describe('R30 what teams hear of cases', () => {
  it('is one notice for 500 cases of one handoff, with a count, and each case knows the notice that told it', async () => {
    await open(300);
    await tell();
    expect(await told()).toEqual([]);
    later(10_000);
    await open(200);
    later(6_000);
    await Promise.all([tell(), tell()]);
    const notices = await told();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({ team: 'care-coordination', kind: 'casesOpened' });
    expect(notices[0]?.message).toMatch(
      /^Case \d+ and 499 more in queue payment-not-routed, of payment-to-provider-routing are new\./,
    );
    const { rows } = await database.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM exception_telling t JOIN notice n ON n.id = t.notice WHERE t.outcome = 'told'`,
    );
    expect(rows).toEqual([{ count: 500 }]);
  });

  it('is said again at a bounded rate, about the same thing, with how many there are in all', async () => {
    await open(3);
    later(MINUTE);
    await tell();
    for (let minute = 0; minute < 12; minute += 1) {
      later(MINUTE);
      await open(10);
      await tell();
    }
    later(10 * MINUTE);
    await tell();
    const notices = await told();
    expect(notices.map(({ message }) => message.replace(/^Case \d+/, 'Case n').split('.')[0])).toEqual([
      'Case n and 2 more in queue payment-not-routed, of payment-to-provider-routing are new',
      'Case n and 99 more in queue payment-not-routed, of payment-to-provider-routing are new since the last notice, 103 in all',
      'Case n and 19 more in queue payment-not-routed, of payment-to-provider-routing are new since the last notice, 123 in all',
    ]);
    expect(new Set(notices.map(({ incident }) => incident)).size).toBe(1);
  });

  it('ends with a word that all were taken, and one that all have ended; the next case is another incident', async () => {
    const cases = await open(2);
    later(MINUTE);
    await tell();
    await database.db.query(`UPDATE exception SET assigned_to = 'somebody' WHERE id = ANY ($1)`, [cases]);
    await tell();
    await tell();
    await resolve(cases);
    await tell();
    await tell();
    await open(1);
    later(MINUTE);
    await tell();
    const notices = await told();
    expect(notices.map(({ kind, state }) => [kind, state])).toEqual([
      ['casesOpened', 'open'],
      ['casesTaken', 'acknowledged'],
      ['casesEnded', 'resolved'],
      ['casesOpened', 'open'],
    ]);
    expect(new Set(notices.map(({ incident }) => incident)).size).toBe(2);
  });

  it('pages for what is overdue, and of a case that ended in between nobody hears', async () => {
    const [first = '', ended = ''] = await open(2);
    later(2 * HOUR);
    await resolve([ended]);
    await run([first, ended]);
    later(MINUTE);
    await tell();
    const notices = await told();
    // It is overdue: that it was new, and that time ran low, is no news any more.
    expect(notices.map(({ kind, urgency }) => [kind, urgency])).toEqual([['casesOverdue', 'page']]);
    expect(notices[0]?.message).toContain(`Case ${first} in queue`);
    const { rows } = await database.db.query<{ outcome: string | null }>(
      'SELECT DISTINCT outcome FROM exception_telling WHERE exception = $1',
      [ended],
    );
    expect(rows).toEqual([{ outcome: 'moot' }]);
  });

  it('goes to whom the handoff names as well, and to nobody who is not there: they hear of it when their shift begins', async () => {
    const handoff = plan.handoffs.find(({ id }) => id === HANDOFF);
    const owner = plan.owners.find(({ id }) => id === 'care-coordination');
    if (handoff === undefined || owner === undefined) throw new Error('The fixture plan has another handoff or team.');
    handoff.recipients = ['clinical-leads'];
    const shift = { id: 'morning', days: ['thu' as const], from: '09:00', to: '12:00' };
    owner.reach = { rota: 'the desk', timeZone: 'UTC', shifts: [shift], toldBy: ['chat'] };
    await open(1);
    later(MINUTE);
    await tell();
    expect((await told()).map(({ team }) => team)).toEqual(['clinical-leads']);
    now = new Date('2027-03-04T08:59:00Z');
    await tell();
    // Their rota changed meanwhile: they begin later.
    shift.from = '10:00';
    now = new Date('2027-03-04T09:30:00Z');
    await tell();
    expect(await told()).toHaveLength(1);
    now = new Date('2027-03-04T10:01:00Z');
    await tell();
    expect((await told()).map(({ team }) => team)).toEqual(['clinical-leads', 'care-coordination']);
    const { rows } = await database.db.query<{ kinds: string[] | null }>(
      `SELECT kinds FROM notice WHERE team = 'care-coordination'`,
    );
    expect(rows).toEqual([{ kinds: ['chat'] }]);
  });

  it('says that a case is overdue although it is put off again and again', async () => {
    const [exception = ''] = await open(1);
    later(2 * HOUR);
    await database.db.query(
      `UPDATE exception SET snoozed_until = $2, snooze_reason = 'waiting-for-patient', snoozed_by = 'somebody' WHERE id = $1`,
      [exception, new Date(now.getTime() + 24 * HOUR)],
    );
    await run([exception]);
    later(MINUTE);
    await tell();
    expect((await told()).map(({ kind }) => kind)).toEqual(['casesOverdue']);
  });

  it('says nothing of a case before the time that it was put off to', async () => {
    const [exception = ''] = await open(1);
    await database.db.query(
      `UPDATE exception SET snoozed_until = $2, snooze_reason = 'waiting-for-patient', snoozed_by = 'somebody' WHERE id = $1`,
      [exception, new Date(now.getTime() + HOUR)],
    );
    later(MINUTE);
    await tell();
    later(HOUR / 2);
    await tell();
    expect(await told()).toEqual([]);
    later(HOUR);
    await tell();
    expect(await told()).toHaveLength(1);
  });

  it('I15 holds nothing of a patient', async () => {
    await open(2);
    later(MINUTE);
    await tell();
    expect(JSON.stringify(await told())).not.toMatch(/of_somebody/);
  });
});
