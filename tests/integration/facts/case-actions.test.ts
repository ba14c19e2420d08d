import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';
import { until } from '../../setup/until';
import type { FactsApi } from './facts-api';
import { EVIDENCE, type FactsCases } from './facts-cases';
import { FACTS_PLAN } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { withCasesOf } from './with-cases';

const MINUTE = 60_000;

let db: Database;
let api: FactsApi;
let cases: FactsCases;
withCasesOf(FACTS_PLAN, (made) => {
  ({ db, api, cases } = made);
});

const soon = (minutes = 60): string => new Date(Date.now() + minutes * MINUTE).toISOString();
const revision = async (id: string): Promise<{ revision: string; news: boolean }> => {
  const { rows } = await db.query<{ revision: string; news: boolean }>(
    'SELECT revision, clock_revision < revision AS news FROM exception WHERE id = $1',
    [id],
  );
  return rows[0] ?? { revision: '', news: false };
};

async function waitsForLock(): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rowCount !== 0;
}

describe('a case that is put off (I8)', () => {
  it('stays open, and is overdue when it would have been: its SLA goes on', async () => {
    const id = await cases.open();
    const before = (await cases.show(id)).exception;
    const later = soon();
    const put = await cases.done(id, 'snooze', { until: later, reason: 'waiting-for-pharmacy' }, 'engineer-1');
    expect(put).toMatchObject({
      state: 'open',
      dueAt: before.dueAt,
      snoozed: { until: later, reason: 'waiting-for-pharmacy', by: 'engineer-1' },
    });
    await letTimePass(db, cases.migration, 45 * MINUTE);
    expect((await cases.show(id)).exception).toMatchObject({ overdue: true });
    expect(await cases.board()).toMatchObject({ open: 1, overdue: 1, snoozed: 1 });
    expect(await cases.audited()).toEqual(['engineer-1 exception.snoozed waiting-for-pharmacy']);
  });

  it('is taken up again by hand, or by itself when the moment has come', async () => {
    const id = await cases.open();
    await cases.done(id, 'snooze', { until: soon(), reason: 'out-of-hours' });
    expect(await cases.done(id, 'wake', {})).toMatchObject({ snoozed: null, state: 'open' });
    expect(await cases.refused(id, 'wake', {})).toEqual([409, 'not-snoozed']);
    await cases.done(id, 'snooze', { until: soon(), reason: 'out-of-hours' });
    await db.query(`UPDATE exception SET snoozed_until = clock_timestamp() - interval '1 second' WHERE id = $1`, [id]);
    expect((await cases.show(id)).exception.snoozed).toBeNull();
    expect(await cases.board()).toMatchObject({ open: 1, snoozed: 0 });
  });

  it('is put off to no moment that is past or too far off, for no reason but a code, and not once it has ended', async () => {
    const id = await cases.open();
    const reason = 'waiting-for-vendor';
    expect(await cases.refused(id, 'snooze', { until: soon(-1), reason })).toEqual([400, 'snooze-out-of-bounds']);
    expect(await cases.refused(id, 'snooze', { until: soon(31 * 24 * 60), reason })).toEqual([
      400,
      'snooze-out-of-bounds',
    ]);
    const answer = await cases.act(id, 'snooze', { until: soon(), reason: 'zebra is on holiday' });
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([400, 'bad-request']);
    expect(answer.text + api.logged()).not.toContain('zebra');
    await cases.done(id, 'resolve', { evidence: EVIDENCE });
    expect(await cases.refused(id, 'snooze', { until: soon(), reason })).toEqual([409, 'already-resolved']);
    expect((await cases.show(id)).exception.snoozed).toBeNull();
  });
});

describe('a case that is left as it is (I8)', () => {
  const reason = 'cannot-be-corrected';

  it('is accepted by two people: who asked, who agreed, when and why', async () => {
    const id = await cases.open();
    expect(await cases.done(id, 'accept', { reason }, 'engineer-1')).toMatchObject({
      state: 'open',
      acceptance: { reason, askedBy: 'engineer-1' },
      resolvedAt: null,
    });
    expect(await cases.done(id, 'approve-acceptance', { reason }, 'clinical-lead-1')).toMatchObject({
      state: 'accepted',
      acceptance: { reason, askedBy: 'engineer-1' },
      resolvedBy: 'clinical-lead-1',
      resolvedAt: expect.any(String) as string,
      overdue: false,
    });
    expect(await cases.audited()).toEqual([
      `engineer-1 exception.acceptanceAsked ${reason}`,
      `clinical-lead-1 exception.accepted ${reason}`,
    ]);
    expect(await cases.board()).toMatchObject({ open: 0, resolved: 1, outflow: { hour: 1, day: 1 } });
  });

  it('is accepted by nobody alone, by nobody of another role, and not for another reason than was asked', async () => {
    const id = await cases.open();
    expect(await cases.refused(id, 'approve-acceptance', { reason })).toEqual([409, 'acceptance-not-asked']);
    await cases.done(id, 'accept', { reason });
    expect(await cases.refused(id, 'approve-acceptance', { reason })).toEqual([403, 'accepted-by-asker']);
    expect(await cases.refused(id, 'approve-acceptance', { reason }, 'engineer-1')).toEqual([403, 'role-missing']);
    expect(await cases.refused(id, 'approve-acceptance', { reason: 'patient-declined' }, 'clinical-lead-1')).toEqual([
      409,
      'acceptance-not-asked',
    ]);
    expect(await cases.refused(id, 'accept', { reason: 'patient-declined' }, 'clinical-lead-1')).toEqual([
      409,
      'acceptance-asked',
    ]);
    expect((await cases.show(id)).exception).toMatchObject({ state: 'open', acceptance: { reason } });
  });

  it('stays open where it is refused, and may be asked for anew', async () => {
    const id = await cases.open();
    await cases.done(id, 'accept', { reason }, 'engineer-1');
    expect(await cases.done(id, 'refuse-acceptance', { reason }, 'clinical-lead-1')).toMatchObject({
      state: 'open',
      acceptance: null,
    });
    expect(await cases.refused(id, 'approve-acceptance', { reason })).toEqual([409, 'acceptance-not-asked']);
    await cases.done(id, 'accept', { reason: 'patient-declined' }, 'engineer-1');
  });

  it('is accepted once by two who agree at the same moment, and reopened as any other', async () => {
    const id = await cases.open();
    await cases.done(id, 'accept', { reason }, 'engineer-1');
    const answers = await Promise.all(
      (['support-lead-1', 'clinical-lead-1'] as const).map((as) => cases.act(id, 'approve-acceptance', { reason }, as)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await cases.done(id, 'reopen', { reason: 'It can be corrected.' })).toMatchObject({
      state: 'open',
      acceptance: null,
      reopened: 1,
      resolvedBy: null,
    });
  });
});

describe('a case that is part of another (I8)', () => {
  it('is merged into one of the same patient, which is then due no later; its evidence is kept', async () => {
    const [one, two] = [await cases.open(), await cases.plant(1, { dueIn: '2 hours' })];
    await cases.done(one, 'steps', { step: 1, reference: 'charge:ch_19a' });
    const due = (await cases.show(one)).exception.dueAt;
    expect(await cases.done(one, 'merge', { into: two })).toMatchObject({
      state: 'merged',
      mergedInto: two,
      resolvedBy: 'support-lead-1',
      steps: [{ reference: 'charge:ch_19a' }, { reference: null }],
    });
    const survivor = await cases.show(two);
    expect(survivor.exception).toMatchObject({ state: 'open', dueAt: due });
    expect(survivor.merged).toEqual([one]);
    expect(survivor.actions.map(({ action, details }) => [action, details])).toEqual([['tookIn', { merged: one }]]);
    expect(await cases.board()).toMatchObject({ open: 1 });

    const parted = await cases.done(one, 'reopen', { reason: 'They are two after all.' });
    expect(parted).toMatchObject({ state: 'open', mergedInto: null, dueAt: due });
    expect(parted.steps[0]?.reference).toBe('charge:ch_19a');
    expect((await cases.show(two)).merged).toEqual([]);
  });

  it('is accepted with no other by who agreed before it was merged, and wakes the one that it is merged into', async () => {
    const [one, two] = [await cases.open(), await cases.plant(1, { dueIn: '2 hours' })];
    const reason = 'corrected-elsewhere';
    await cases.done(two, 'snooze', { until: soon(), reason: 'out-of-hours' });
    await cases.done(two, 'accept', { reason }, 'engineer-1');
    await cases.done(one, 'merge', { into: two });
    expect(await cases.refused(two, 'approve-acceptance', { reason }, 'clinical-lead-1')).toEqual([
      409,
      'acceptance-not-asked',
    ]);
    expect((await cases.show(two)).exception).toMatchObject({ state: 'open', acceptance: null, snoozed: null });
  });

  it('is merged into no case of another patient, none that has ended, none that is not there, and not into itself', async () => {
    const [one, other, ended] = [await cases.open(1), await cases.open(2), await cases.plant(1)];
    await cases.done(ended, 'resolve', { evidence: EVIDENCE });
    expect(await cases.refused(one, 'merge', { into: other })).toEqual([409, 'cannot-merge']);
    expect(await cases.refused(one, 'merge', { into: ended })).toEqual([409, 'cannot-merge']);
    expect(await cases.refused(one, 'merge', { into: one })).toEqual([409, 'cannot-merge']);
    expect(await cases.refused(one, 'merge', { into: '999999' })).toEqual([404, 'unknown-exception']);
    expect((await cases.show(one)).exception.state).toBe('open');
  });

  it('is not merged where somebody waits for it: only its own end lets them go on', async () => {
    const waited = await cases.plant(1, { cause: `pause:payment:${randomUUID()}` });
    const other = await cases.plant(1);
    expect(await cases.refused(waited, 'merge', { into: other })).toEqual([409, 'cannot-merge']);
    await cases.done(other, 'merge', { into: waited });
  });

  it('never takes itself in by way of another: of two merged into each other at once, one is left', async () => {
    const [one, two] = [await cases.plant(1), await cases.plant(1)];
    const answers = await Promise.all([
      cases.act(one, 'merge', { into: two }),
      cases.act(two, 'merge', { into: one }, 'engineer-1'),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await cases.board()).toMatchObject({ open: 1 });
  });
});

describe('the steps of a case (R30)', () => {
  it('are noted one by one; it is resolved with those noted and those given, and not before all are', async () => {
    const id = await cases.open();
    await cases.done(id, 'steps', EVIDENCE[0] ?? {}, 'engineer-1');
    expect(await cases.refused(id, 'resolve', {})).toEqual([400, 'evidence-missing']);
    expect(await cases.refused(id, 'steps', { step: 3, reference: 'ticket-1' })).toEqual([400, 'no-such-step']);
    expect(await cases.refused(id, 'steps', { step: 1, reference: 'zebra was told' })).toEqual([400, 'bad-request']);
    const resolved = await cases.done(id, 'resolve', { evidence: [EVIDENCE[1]] });
    expect(resolved.steps.map(({ reference }) => reference)).toEqual(EVIDENCE.map(({ reference }) => reference));
    expect((await cases.show(id)).actions.map(({ action, actor }) => [actor, action])).toEqual([
      ['engineer-1', 'stepDone'],
      ['support-lead-1', 'resolved'],
    ]);
    expect(await cases.refused(id, 'steps', EVIDENCE[0] ?? {})).toEqual([409, 'already-resolved']);
  });

  it('are noted each by two people at once, and neither is lost', async () => {
    const id = await cases.open();
    await Promise.all([
      cases.done(id, 'steps', EVIDENCE[0] ?? {}, 'engineer-1'),
      cases.done(id, 'steps', EVIDENCE[1] ?? {}),
    ]);
    expect(await cases.done(id, 'resolve', {})).toMatchObject({ state: 'resolved' });
  });
});

describe('many cases at once (R30)', () => {
  it('are each done with or refused for itself', async () => {
    const [one, two] = [await cases.open(1), await cases.open(2)];
    await cases.done(two, 'resolve', { evidence: EVIDENCE });
    const answer = await cases.bulk({ action: 'assign', to: 'engineer-1', exceptions: [one, two, '999999'] });
    expect(answer).toMatchObject({
      results: [
        { exception: one, state: 'open' },
        { exception: two, code: 'already-resolved' },
        { exception: '999999', code: 'unknown-exception' },
      ],
      done: 1,
      refused: 2,
      left: 0,
    });
    expect((await cases.show(one)).exception.assignedTo).toBe('engineer-1');
  });

  it('found by a filter, are the same ones again when the request is repeated with its key', async () => {
    const [one, two] = [await cases.open(1), await cases.open(2)];
    await cases.done(two, 'assign', { to: 'clinical-lead-1' });
    const key = randomUUID();
    const filter = { queue: 'payment-not-routed', assignedTo: null };
    const asked = { action: 'assign', to: 'engineer-1', filter };
    const first = await cases.bulk(asked, 'support-lead-1', key);
    expect(first.results).toEqual([{ exception: one, state: 'open' }]);
    await cases.done(one, 'assign', { to: 'clinical-lead-1' });
    const three = await cases.open(3);
    expect(await cases.bulk(asked, 'support-lead-1', key)).toEqual(first);
    expect((await cases.show(three)).exception.assignedTo).toBeNull();
    expect((await cases.show(one)).exception.assignedTo).toBe('clinical-lead-1');
    const other = await cases.post('exceptions-bulk', { ...asked, to: 'support-lead-1' }, 'support-lead-1', key);
    expect([other.status, (other.body as { code: string }).code]).toEqual([409, 'idempotency-key-reused']);
  });

  it('are resolved with one reference for all, and put off together', async () => {
    const ids = [await cases.open(1), await cases.open(2)];
    const put = await cases.bulk({ action: 'snooze', until: soon(), reason: 'waiting-for-fix', exceptions: ids });
    expect(put.done).toBe(2);
    expect(await cases.board()).toMatchObject({ open: 2, snoozed: 2 });
    const resolved = await cases.bulk({ action: 'resolve', evidence: EVIDENCE, exceptions: ids });
    expect(resolved.results.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
    expect((await cases.audited()).filter((entry) => entry.includes('resolved'))).toHaveLength(2);
  });

  it('are bounded: the rest is told, and beyond the limit none can be named', async () => {
    await db.query(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at)
       SELECT $1, 'event:many:' || n, 'payment-not-routed', 'ep_' || n, 'pat_' || n, 'care-coordination', clock_timestamp() + n * interval '1 second'
         FROM generate_series(1, 205) n`,
      [cases.migration],
    );
    const filter = { queue: 'payment-not-routed' };
    const answer = await cases.bulk({ action: 'assign', to: 'engineer-1', filter });
    expect([answer.done, answer.left]).toEqual([200, 5]);
    // What was done leaves them where they are: the rest is after them, and nobody has it done to theirs twice.
    const after = answer.next ?? 'none';
    const rest = await cases.bulk({ action: 'assign', to: 'engineer-1', filter: { ...filter, after } });
    expect([rest.done, rest.left, rest.next]).toEqual([5, 0, null]);
    const all = [...answer.results, ...rest.results].map(({ exception }) => exception);
    expect(new Set(all).size).toBe(205);
    const lost = await cases.post('exceptions-bulk', {
      action: 'assign',
      to: 'engineer-1',
      filter: { ...filter, after: 'x' },
    });
    expect([lost.status, (lost.body as { code: string }).code]).toEqual([400, 'bad-cursor']);
    const exceptions = Array.from({ length: 201 }, (_, n) => String(n + 1));
    const named = await cases.post('exceptions-bulk', { action: 'assign', to: 'engineer-1', exceptions });
    expect(named.status).toBe(400);
  });

  it('are not done with where it is not said which, or said twice', async () => {
    for (const which of [{}, { exceptions: ['1'], filter: { queue: 'payment-not-routed' } }, { exceptions: [] }]) {
      const answer = await cases.post('exceptions-bulk', { action: 'assign', to: 'engineer-1', ...which });
      expect(answer.status).toBe(400);
    }
  });
});

describe('what the SLA clock watches (I8)', () => {
  it('is news with each change of state, due time, putting off, owner, person and queue, and with no other', async () => {
    const id = await cases.open();
    expect(await revision(id)).toEqual({ revision: '0', news: true });
    await db.query('UPDATE exception SET clock_revision = revision WHERE id = $1', [id]);
    expect(await revision(id)).toEqual({ revision: '0', news: false });
    await cases.done(id, 'steps', EVIDENCE[0] ?? {});
    await cases.done(id, 'accept', { reason: 'no-effect-on-patient' });
    expect(await revision(id)).toMatchObject({ news: false });
    let seen = 0;
    for (const [action, body] of [
      ['assign', { to: 'engineer-1' }],
      ['snooze', { until: soon(), reason: 'waiting-for-patient' }],
      ['wake', {}],
      ['resolve', { evidence: EVIDENCE }],
      ['reopen', { reason: 'Not yet.' }],
    ] as const) {
      await cases.done(id, action, body);
      seen += 1;
      expect(await revision(id)).toEqual({ revision: String(seen), news: true });
    }
    await db.query(`UPDATE exception SET owner = 'on-call-1' WHERE id = $1`, [id]);
    expect(await revision(id)).toMatchObject({ revision: String(seen + 1) });
  });

  it('is found by an index, however many cases there are', async () => {
    await db.query(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at, clock_revision)
       SELECT $1, 'event:seen:' || n, 'payment-not-routed', 'ep_' || n, 'pat_' || n, 'care-coordination', clock_timestamp(), 0
         FROM generate_series(1, 20000) n`,
      [cases.migration],
    );
    await db.query('ANALYZE exception');
    const { rows } = await db.query(
      'EXPLAIN (FORMAT JSON) SELECT id FROM exception WHERE clock_revision < revision ORDER BY id LIMIT 100',
    );
    expect(JSON.stringify(rows)).toContain('exception_unclocked');
  });
});

describe('a case that is recovered while somebody works on it', () => {
  it('is ended all the same where a sweeper held the two cases in the other order', async () => {
    const [one, two] = [await cases.plant(1), await cases.plant(1)];
    // As a sweeper that recovers both: the later first.
    let merged: Promise<unknown> = Promise.resolve();
    const sweeper = db.transaction(async (connection) => {
      await connection.query('UPDATE exception SET recovered_at = clock_timestamp() WHERE id = $1', [two]);
      merged = cases.done(one, 'merge', { into: two });
      await until('whoever merges waits for a row', waitsForLock);
      await connection.query('UPDATE exception SET recovered_at = clock_timestamp() WHERE id = $1', [one]);
    });
    const [swept] = await Promise.allSettled([sweeper]);
    await merged;
    expect(swept.status === 'fulfilled' || (swept.reason as { code: string }).code === '40P01').toBe(true);
    expect((await cases.show(one)).exception.state).toBe('merged');
  });
});
