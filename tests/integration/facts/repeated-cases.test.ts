import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { readAudit } from '../../../store/audit-log';
import { EVIDENCE, type FactsCases } from './facts-cases';
import { FACTS_PLAN } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';
import { withCasesOf } from './with-cases';

const MINUTE = 60_000;
const OPENS_ON = FACTS_PLAN.replace(
  '  - type: payment.retried\n',
  '  - type: payment.retried\n  - type: record.mismatched\n',
).replace(
  '  - { id: next-step-not-told',
  '  - { id: record-mismatch, owner: billing-operations, sla: 1h, path: [Compare], opensOn: [record.mismatched] }\n  - { id: next-step-not-told',
);

let db: Database;
let cases: FactsCases;
withCasesOf(OPENS_ON, (made) => {
  ({ db, cases } = made);
});

/** The patients pay once more, and nobody routes it. */
async function payAgain(...patients: number[]): Promise<void> {
  await storeEvents(
    db,
    patients.flatMap((patient) => [
      eventToStore(cases.migration, { patient, type: 'payment.succeeded' }),
      eventToStore(cases.migration, { patient, type: 'message.delivered' }),
    ]),
  );
  await letTimePass(db, cases.migration, 12 * MINUTE);
  await sweepAllDue(db);
}

/** How many cases each missed handoff has: as a case's own cause, or counted on one. */
async function casesOfEachMissed(): Promise<number[]> {
  const { rows } = await db.query<{ cases: number }>(
    `SELECT (SELECT count(*) FROM exception e WHERE e.migration = o.migration AND e.cause = 'handoff:' || o.id)::int
          + (SELECT count(*) FROM exception_cause c WHERE c.migration = o.migration AND c.cause = 'handoff:' || o.id)::int AS cases
       FROM handoff_occurrence o WHERE o.migration = $1 AND o.outcome = 'missed'`,
    [cases.migration],
  );
  return rows.map(({ cases: count }) => count);
}

/** Another one of the same patient, that something else opened. */
async function otherCase(of: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO exception (migration, cause, queue, journey, subject, owner, opened_at, due_at)
     SELECT migration, 'event:/legacy/billing:other', queue, journey, subject, owner, now(), now() + interval '1 hour' FROM exception WHERE id = $1
     RETURNING id`,
    [of],
  );
  return rows[0]?.id ?? '';
}

describe('what happens again to a patient whose case is open (I6)', () => {
  it('is counted on that case, so that each missed handoff has exactly one; once it has ended, a new one is opened', async () => {
    const id = await cases.open();
    const due = (await cases.show(id)).exception.dueAt;
    await payAgain(1);
    const { exception, again } = await cases.show(id);
    expect(exception).toMatchObject({ state: 'open', occurrences: 2 });
    // The patient has waited since the first.
    expect(Date.parse(exception.dueAt)).toBeLessThanOrEqual(Date.parse(due));
    expect(again).toHaveLength(1);
    expect(await cases.board()).toMatchObject({ open: 1, overdue: 0 });
    expect(await casesOfEachMissed()).toEqual([1, 1]);
    const { entries } = await readAudit(db, { migration: cases.migration, after: 0, limit: 100 });
    expect(
      entries.filter(({ action }) => /^exception\.(opened|repeated)$/.test(action)).map(({ action }) => action),
    ).toEqual(['exception.opened', 'exception.repeated']);

    await cases.done(id, 'resolve', { evidence: EVIDENCE });
    await payAgain(1);
    expect(await casesOfEachMissed()).toEqual([1, 1, 1]);
    expect(await cases.board()).toMatchObject({ open: 1, resolved: 1 });
  });

  it('is a case of its own for another patient, and never counted twice, however often it is sent', async () => {
    await cases.open(1);
    const mismatched = (patient: number) => ({
      ...eventToStore(cases.migration, { patient, type: 'payment.retried' }),
      type: 'record.mismatched',
    });
    const [first, second, other] = [mismatched(1), mismatched(1), mismatched(2)];
    for (const events of [[first, second], [second, other], [first]]) {
      await storeEvents(db, events);
      await sweepAllDue(db);
    }
    const { rows } = await db.query(
      `SELECT subject, occurrences FROM exception WHERE migration = $1 AND queue = 'record-mismatch' ORDER BY subject`,
      [cases.migration],
    );
    expect(rows).toEqual([
      { subject: keys.patient(1), occurrences: 2 },
      { subject: keys.patient(2), occurrences: 1 },
    ]);
  });

  it('is news: the case is no longer put off nor to be accepted, and not recovered until all of it is', async () => {
    const id = await cases.open();
    const until = new Date(Date.now() + 60 * MINUTE).toISOString();
    await cases.done(id, 'snooze', { until, reason: 'waiting-for-provider' });
    await cases.done(id, 'accept', { reason: 'no-effect-on-patient' });
    await storeEvents(db, [eventToStore(cases.migration, { patient: 1, type: 'review.assigned' })]);
    await letTimePass(db, cases.migration, 2 * MINUTE);
    await sweepAllDue(db);
    expect((await cases.show(id)).exception.recoveredAt).not.toBeNull();
    await payAgain(1);
    expect((await cases.show(id)).exception).toMatchObject({
      ...{ snoozed: null, acceptance: null, occurrences: 2, recoveredAt: null },
    });
    expect(await cases.board()).toMatchObject({ recovered: 0 });
    await storeEvents(db, [eventToStore(cases.migration, { patient: 1, type: 'review.assigned' })]);
    await letTimePass(db, cases.migration, 2 * MINUTE);
    await sweepAllDue(db);
    expect((await cases.show(id)).exception.recoveredAt).not.toBeNull();
    expect((await cases.show(id)).again).toMatchObject([{ recoveredAt: expect.any(String) as string }]);
    expect(await cases.board()).toMatchObject({ recovered: 1 });
  });

  it('is not resolved by somebody who has seen only what came before', async () => {
    const id = await cases.open();
    await payAgain(1);
    expect(await cases.refused(id, 'resolve', { evidence: EVIDENCE, occurrences: 1 })).toEqual([409, 'happened-again']);
    expect(await cases.done(id, 'resolve', { evidence: EVIDENCE, occurrences: 2 })).toMatchObject({
      state: 'resolved',
    });
  });

  it('I8 is not resolved with another case that was merged into it since somebody looked', async () => {
    const id = await cases.open();
    const other = await otherCase(id);
    await cases.done(other, 'merge', { into: id });
    expect(await cases.refused(id, 'resolve', { evidence: EVIDENCE, occurrences: 1 })).toEqual([409, 'happened-again']);
    expect(await cases.refused(id, 'resolve', { evidence: EVIDENCE, merged: 0 })).toEqual([409, 'happened-again']);
    const seen = { occurrences: 1, merged: 1 };
    expect(await cases.done(id, 'resolve', { evidence: EVIDENCE, ...seen })).toMatchObject({ state: 'resolved' });
  });

  it('goes to the newer case where an older one of the same was reopened', async () => {
    const first = await cases.open();
    await cases.done(first, 'resolve', { evidence: EVIDENCE });
    await payAgain(1);
    await cases.done(first, 'reopen', { reason: 'It was not done.' });
    expect(await cases.board()).toMatchObject({ open: 2 });
    await payAgain(1);
    expect(await cases.board()).toMatchObject({ open: 2 });
    expect((await cases.show(first)).exception.occurrences).toBe(1);
    expect(await casesOfEachMissed()).toEqual([1, 1, 1]);
  });

  it('is accounted for once where cases are resolved and reopened while it is counted, by two sweepers', async () => {
    const patients = Array.from({ length: 12 }, (_, n) => n + 1);
    const first: string[] = [];
    for (const patient of patients) first.push(await cases.open(patient));
    await storeEvents(
      db,
      patients.flatMap((patient) => [
        eventToStore(cases.migration, { patient, type: 'payment.succeeded' }),
        eventToStore(cases.migration, { patient, type: 'message.delivered' }),
      ]),
    );
    await letTimePass(db, cases.migration, 12 * MINUTE);
    const people = first.map(async (id, n) => {
      await cases.done(id, 'resolve', { evidence: EVIDENCE });
      if (n % 2 === 0) await cases.done(id, 'reopen', { reason: 'Not yet.' });
    });
    await Promise.all([sweepAllDue(db), sweepAllDue(db), ...people]);
    await sweepAllDue(db);
    expect(await casesOfEachMissed()).toEqual(patients.flatMap(() => [1, 1]));
    const { rows } = await db.query<{ counted: number }>(
      'SELECT sum(occurrences)::int AS counted FROM exception WHERE migration = $1',
      [cases.migration],
    );
    expect(rows).toEqual([{ counted: 24 }]);
  });
});
