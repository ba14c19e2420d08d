import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import pino from 'pino';
import type { CommandSender } from '../../../activities/queues/command-sender';
import { CommandWebhook } from '../../../adapters/webhook/command-webhook';
import type { OwedCommand } from '../../../domain/queues/redrive';
import type { ExceptionHistory, ExceptionRedrive } from '../../../domain/status/exception-page';
import { systemClock } from '../../../platform/system-clock';
import { readAudit } from '../../../store/audit-log';
import type { Database } from '../../../store/database';
import { readException } from '../../../store/exception-pages';
import { redriveException } from '../../../store/exception-redrive';
import { settleRedrive, takeRedrives, type TakenRedrive } from '../../../store/redrives';
import { startRedriver } from '../../../worker/redriver';
import type { Repeating } from '../../../worker/repeat-until-stopped';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { createFactsApi } from '../facts/facts-api';
import { FactsCases } from '../facts/facts-cases';
import { startMigrationOf } from '../facts/facts-plan';
import { keys } from '../facts/test-stack';
import { type LocalHttpServer, startLocalHttpServer } from '../local-http-server';

const SECRET = 'shared-by-both-ends';
const IN_PAYMENT = { phase: 'payment', unit: 'subscription' } as const;
const OWED: OwedCommand = {
  ...{ command: 'review.assign', system: 'routing', start: 'payment.succeeded' },
  ...{ from: IN_PAYMENT, to: IN_PAYMENT },
};
const logger = pino({ level: 'silent' });

let database: TestDatabase;
let db: Database;
let cases: FactsCases;
let receiver: LocalHttpServer;
let webhook: CommandSender;
let results: string[];
const running: Repeating[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  await db.query('TRUNCATE redrive');
  const migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration);
  cases = new FactsCases(db, await createFactsApi(db), migration);
  receiver = await startLocalHttpServer();
  webhook = new CommandWebhook({
    url: `${receiver.url}/commands?token=in-the-url`,
    secret: SECRET,
    clock: systemClock,
  });
  results = [];
});
afterEach(async () => {
  await stop();
  await receiver.stop();
});

function start(sender: CommandSender | undefined = webhook): void {
  const { migration } = cases;
  running.push(
    startRedriver({
      ...{ db, logger, lookEvery: 10, onResult: (state) => results.push(state) },
      senders: { known: [{ migration, system: OWED.system }], find: () => sender },
    }),
  );
}

/** A worker that knows no address. */
function startWithout(unclaimedFor: number): void {
  const senders = { known: [], find: () => undefined };
  running.push(
    startRedriver({ db, logger, lookEvery: 10, unclaimedFor, senders, onResult: (state) => results.push(state) }),
  );
}

const owedIn = (): { migration: string; system: string } => ({ migration: cases.migration, system: OWED.system });

/** Whoever looks has looked: what nobody needs any more is ended by any look. */
async function looked(): Promise<void> {
  const id = await cases.open(9);
  await ask(id);
  await db.query('UPDATE exception SET recovered_at = now() WHERE id = $1', [id]);
  await ended(id);
}

async function waitedFor(time: string, exception: string | null = null): Promise<void> {
  await db.query(
    `UPDATE redrive SET next_try_at = next_try_at - $1::interval WHERE state = 'waiting' AND exception = coalesce($2, exception)`,
    [time, exception],
  );
}

async function stop(): Promise<void> {
  await Promise.all(running.splice(0).map((one) => one.stop()));
}

function ask(exception: string, reason: 'never-arrived' | 'fault-mended' = 'never-arrived'): Promise<unknown> {
  const migration = { id: cases.migration, planHash: 'hash', timeScale: 1 };
  const request = { migration, queues: [], exception, actor: 'support-lead-1' };
  return redriveException(db, request, reason, (handoff) =>
    handoff === 'payment-to-provider-routing' ? OWED : undefined,
  );
}

async function redrives(exception: string): Promise<ExceptionRedrive[]> {
  const history: ExceptionHistory = await readException(db, { migration: cases.migration, exception }, []);
  return history.redrives;
}

async function ended(exception: string): Promise<ExceptionRedrive> {
  return until('its end', async () => (await redrives(exception)).find(({ state }) => state !== 'waiting'));
}

/** The next try is now: its wait, or the claim of whoever died over it, is over. */
async function waitIsOver(): Promise<void> {
  await db.query(`UPDATE redrive SET next_try_at = clock_timestamp() WHERE state = 'waiting'`);
}

async function place(patient: number, side: 'legacy' | 'target'): Promise<void> {
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at)
     VALUES ($1, 'payment', $2, 'everyone', $3, 1, clock_timestamp() - interval '1 hour')`,
    [cases.migration, keys.subscription(patient), side],
  );
}

async function bringBack(patient: number): Promise<void> {
  await db.query(
    `UPDATE placement SET side = 'legacy', moved_from = 'target', moved_at = clock_timestamp(), moved_because = 'bringBack'
      WHERE migration = $1 AND unit = $2`,
    [cases.migration, keys.subscription(patient)],
  );
}

const sentKeys = (): (string | string[] | undefined)[] =>
  receiver.received.map(({ headers }) => headers['idempotency-key']);

/** As a receiver checks it, by the documentation. */
function signatureHolds(header: string, body: string): boolean {
  const { t, v1 } = Object.fromEntries(header.split(',').map((part) => part.split('='))) as Record<'t' | 'v1', string>;
  return createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex') === v1;
}

async function audited(): Promise<unknown[]> {
  const { entries } = await readAudit(db, { migration: cases.migration, after: 0, limit: 100 });
  return entries
    .filter(({ action }) => action.startsWith('exception.redriv'))
    .map(({ action, actor }) => [actor, action]);
}

describe('R30 a missing command that is sent again', () => {
  it('reaches the system that owes it, signed, with keys and codes and nothing else; the case stays open', async () => {
    const id = await cases.open();
    await ask(id);
    start();
    expect(await ended(id)).toMatchObject({
      ...{ state: 'sent', command: 'review.assign', system: 'routing', tries: 1, status: 200, why: null },
      ...{ reason: 'never-arrived', askedBy: 'support-lead-1', nextTryAt: null },
    });
    const [request] = receiver.received;
    expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
    expect(signatureHolds(String(request?.headers['handoff-signature']), request?.body ?? '')).toBe(true);
    expect(signatureHolds(String(request?.headers['handoff-signature']), `${request?.body} `)).toBe(false);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      ...{ command: 'review.assign', key: request?.headers['idempotency-key'], system: 'routing' },
      ...{ migration: cases.migration, case: id, handoff: 'payment-to-provider-routing' },
      ...{ side: 'legacy', journey: keys.episode(1), subject: keys.patient(1) },
      start: {
        ...{ source: '/legacy/billing', type: 'payment.succeeded' },
        ...{ id: expect.any(String) as string, at: expect.stringMatching(/Z$/) as string },
      },
    });
    const { exception, actions } = await readException(db, { migration: cases.migration, exception: id }, []);
    expect(exception).toMatchObject({ state: 'open', recoveredAt: null, redrive: { state: 'sent' } });
    expect(actions.map(({ action, details }) => [action, details])).toEqual([
      ['redriven', { reason: 'never-arrived' }],
    ]);
    expect(await audited()).toEqual([
      ['support-lead-1', 'exception.redriven'],
      ['system:redriver', 'exception.redriveSent'],
    ]);
  });

  it('is tried until the system is back, each time by the same key and with the same body', async () => {
    const id = await cases.open();
    await ask(id);
    for (const behaviour of ['hangUp', ...[503, 429, 408, 409, 425].map((status) => ({ status }))] as const) {
      receiver.behave(behaviour);
      const before = results.length;
      start();
      await until('a try in vain', () => results.length > before);
      await stop();
      await waitIsOver();
    }
    expect(await redrives(id)).toMatchObject([{ state: 'waiting', tries: 6, why: 'answered', status: 425 }]);
    receiver.behave({ status: 202 });
    start();
    expect(await ended(id)).toMatchObject({ state: 'sent', tries: 7, status: 202 });
    expect(receiver.received).toHaveLength(7);
    expect(new Set(sentKeys()).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  });

  it.each([400, 404, 410, 422])(
    'is given up at once where the system refuses it with %d, and says so',
    async (status) => {
      const id = await cases.open();
      await ask(id);
      receiver.behave({ status, body: 'patient Zebra is not known' });
      start();
      expect(await ended(id)).toMatchObject({ state: 'refused', tries: 1, why: 'answered', status, nextTryAt: null });
      expect((await audited()).at(-1)).toEqual(['system:redriver', 'exception.redriveRefused']);
      const { rows } = await db.query('SELECT * FROM redrive');
      expect(JSON.stringify(rows)).not.toContain('Zebra');
    },
  );

  it('has an end: after its last try it has failed, with why', async () => {
    const id = await cases.open();
    await ask(id);
    await db.query('UPDATE redrive SET tries = 9');
    receiver.behave({ status: 500 });
    start();
    expect(await ended(id)).toMatchObject({ state: 'failed', tries: 10, why: 'answered', status: 500 });
    expect((await audited()).at(-1)).toEqual(['system:redriver', 'exception.redriveFailed']);
  });

  it('waits for a worker that knows an address of the system, whichever others come first', async () => {
    const id = await cases.open();
    await ask(id);
    await waitedFor('1 day');
    startWithout(60_000);
    await looked();
    expect(await redrives(id)).toMatchObject([{ state: 'waiting', tries: 0 }]);
    start();
    expect(await ended(id)).toMatchObject({ state: 'sent', tries: 1 });
  });

  it('has failed where no worker that knows an address has come for as long as tries would take, and says so', async () => {
    const [early, late] = [await cases.open(1), await cases.open(2)];
    for (const id of [early, late]) await ask(id);
    await waitedFor('1 day', early);
    startWithout(100);
    expect(await ended(early)).toMatchObject({ state: 'failed', tries: 0, why: 'noEndpoint', status: null });
    expect(await ended(late)).toMatchObject({ state: 'failed', tries: 0, why: 'noEndpoint', status: null });
    expect((await audited()).at(-1)).toEqual(['system:redriver', 'exception.redriveFailed']);
    expect(results).toEqual(['failed', 'failed']);
  });

  it('waits on where a worker sends to that system, and has much to do', async () => {
    const [behind, ended] = [await cases.open(1), await cases.open(2)];
    for (const id of [behind, ended]) await ask(id);
    await db.query(
      `UPDATE redrive SET state = 'sent', taken_at = clock_timestamp(), ended_at = clock_timestamp() WHERE exception = $1`,
      [ended],
    );
    await waitedFor('1 day', behind);
    await takeRedrives(db, 4, [], { known: [], unclaimedFor: 60_000 });
    expect(await redrives(behind)).toMatchObject([{ state: 'waiting' }]);
    await db.query(`UPDATE redrive SET taken_at = taken_at - interval '2 minutes'`);
    await takeRedrives(db, 4, [], { known: [owedIn()], unclaimedFor: 60_000 });
    expect(await redrives(behind)).toMatchObject([{ state: 'waiting' }]);
    await takeRedrives(db, 4, [], { known: [], unclaimedFor: 60_000 });
    expect(await redrives(behind)).toMatchObject([{ state: 'failed', why: 'noEndpoint' }]);
  });

  it('is sent again by the same key where the worker died before it wrote down that it was sent', async () => {
    const id = await cases.open();
    await ask(id);
    // Gone between the answer and the note of it: nobody settles this try.
    start({
      send: async (command) => {
        await webhook.send(command);
        throw new Error('killed');
      },
    });
    await until('the first arrival', () => receiver.received.length === 1);
    await stop();
    expect(await redrives(id)).toMatchObject([{ state: 'waiting', tries: 1, why: null }]);
    start();
    await waitIsOver();
    expect(await ended(id)).toMatchObject({ state: 'sent', tries: 2 });
    expect(receiver.received).toHaveLength(2);
    expect(new Set(sentKeys()).size).toBe(1);
  });

  it('reaches a receiver that knows keys once, with the process that sent it killed before it heard the answer', async () => {
    const ids = [await cases.open(1), await cases.open(2)];
    for (const id of ids) await ask(id);
    receiver.behave('silent');
    const hook = join(__dirname, '..', 'facts', 'typescript-hook.cjs');
    const program = join(__dirname, 'redriver-process.ts');
    const killed = spawn(process.execPath, [
      '--require',
      hook,
      program,
      ...[database.url, receiver.url, SECRET],
      ...[cases.migration, OWED.system],
    ]);
    const gone = once(killed, 'exit');
    try {
      await until('both to arrive', () => receiver.received.length === ids.length);
    } finally {
      killed.kill('SIGKILL');
      await gone;
    }
    receiver.behave({ status: 200 });
    start();
    await waitIsOver();
    for (const id of ids) expect(await ended(id)).toMatchObject({ state: 'sent', tries: 2 });
    expect(receiver.received).toHaveLength(2 * ids.length);
    expect(new Set(sentKeys()).size).toBe(ids.length);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(ids.length);
  });

  it('has failed where every worker died over it, and says that nobody knows', async () => {
    const id = await cases.open();
    await ask(id);
    await db.query('UPDATE redrive SET tries = 10');
    start();
    expect(await ended(id)).toMatchObject({ state: 'failed', tries: 10, why: 'noWord' });
    expect(receiver.received).toEqual([]);
  });

  it('is sent once by any number of workers, while one of them is about it', async () => {
    const ids: string[] = [];
    for (let patient = 1; patient <= 10; patient += 1) ids.push(await cases.open(patient));
    for (const id of ids) await ask(id);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let asked = 0;
    const slow: CommandSender = {
      send: async (command) => {
        asked += 1;
        await held;
        return webhook.send(command);
      },
    };
    for (let worker = 0; worker < 3; worker += 1) start(slow);
    await until('all under way', () => asked === ids.length);
    letGo();
    for (const id of ids) expect(await ended(id)).toMatchObject({ state: 'sent', tries: 1 });
    expect(new Set(sentKeys()).size).toBe(ids.length);
    expect(receiver.received).toHaveLength(ids.length);
  });

  it('waits for no other system that hangs', async () => {
    const ids: string[] = [];
    for (let patient = 1; patient <= 30; patient += 1) ids.push(await cases.plant(patient));
    const behind = await cases.open(31);
    await db.query(
      `INSERT INTO redrive (key, migration, exception, cause, system, side, command, body, units, reason, asked_by, plan_hash)
       SELECT gen_random_uuid(), $1, unnest($2::bigint[]), 'x', 'hanging', 'legacy', 'x', '{}', '{"phase":"payment","startedAt":0,"endPhase":"payment"}',
              'never-arrived', 'x', 'x'`,
      [cases.migration, ids],
    );
    await ask(behind);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const hanging: CommandSender = {
      send: async () => {
        await held;
        return { kind: 'taken', status: 200 };
      },
    };
    running.push(
      startRedriver({
        db,
        logger,
        lookEvery: 10,
        senders: {
          known: [owedIn(), { ...owedIn(), system: 'hanging' }],
          find: ({ system }) => (system === 'hanging' ? hanging : webhook),
        },
      }),
    );
    expect(await ended(behind)).toMatchObject({ state: 'sent' });
    letGo();
  });

  it('is the same one by its key for whoever asks, on its way and afterwards: the system carries it out once', async () => {
    const id = await cases.open();
    await Promise.all([ask(id), ask(id, 'fault-mended'), ask(id)]);
    expect(await redrives(id)).toHaveLength(1);
    start();
    await ended(id);
    await ask(id, 'fault-mended');
    await until('both sent', async () => (await redrives(id)).filter(({ state }) => state === 'sent').length === 2);
    expect(receiver.received).toHaveLength(2);
    expect(new Set(sentKeys()).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(await audited()).toHaveLength(4);
  });

  it.each(['timedOut', 'unreachable', 'noWord'])(
    'has its key still where it has failed (%s), since it may have been carried out',
    async (why) => {
      const id = await cases.open();
      await ask(id);
      const { rows } = await db.query<{ key: string }>(
        `UPDATE redrive SET state = 'failed', why = $1, ended_at = clock_timestamp() RETURNING key`,
        [why],
      );
      await ask(id);
      start();
      await until('it to be sent', async () => (await redrives(id)).at(-1)?.state === 'sent');
      expect(sentKeys()).toEqual([rows[0]?.key]);
    },
  );

  it('is another one once the system refused it', async () => {
    const id = await cases.open();
    receiver.behave({ status: 422 });
    await ask(id);
    start();
    expect(await ended(id)).toMatchObject({ state: 'refused' });
    receiver.behave({ status: 200 });
    await ask(id);
    await until('it to be sent', async () => (await redrives(id)).at(-1)?.state === 'sent');
    expect(new Set(sentKeys()).size).toBe(2);
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as { key: string }).key)).toEqual(sentKeys());
  });

  it('goes to nobody once the patient was brought back to the other side, whenever that was', async () => {
    const patients = [1, 2, 3] as const;
    for (const patient of patients) await place(patient, 'target');
    const [waiting, tried, stays] = [await cases.open(1), await cases.open(2), await cases.open(3)];
    for (const id of [waiting, tried, stays]) await ask(id);
    await db.query(`UPDATE redrive SET tries = 2, why = 'unreachable' WHERE exception = $1`, [tried]);
    for (const patient of [1, 2]) await bringBack(patient);
    start();
    expect(await ended(waiting)).toMatchObject({ state: 'dropped', side: 'target', tries: 0, why: 'sideMoved' });
    expect(await ended(tried)).toMatchObject({ state: 'dropped', side: 'target', tries: 2, why: 'sideMoved' });
    expect(await ended(stays)).toMatchObject({ state: 'sent', side: 'target' });
    expect(receiver.received).toHaveLength(1);
    expect(results.sort()).toEqual(['dropped', 'dropped', 'sent']);
    await expect(ask(waiting)).rejects.toMatchObject({ code: 'side-moved', status: 409 });
  });

  it.each<[string, string, string]>([
    [
      'somebody ended the case',
      `state = 'resolved', resolved_at = now(), resolved_by = 'x', evidence = '[]'`,
      'caseEnded',
    ],
    ['what was missing came', `recovered_at = now()`, 'recovered'],
  ])('is sent no more where %s', async (_what, change, why) => {
    const id = await cases.open();
    await ask(id);
    await db.query(`UPDATE exception SET ${change} WHERE id = $1`, [id]);
    start();
    expect(await ended(id)).toMatchObject({ state: 'dropped', tries: 0, why });
    expect(receiver.received).toEqual([]);
    expect((await audited()).at(-1)).toEqual(['system:redriver', 'exception.redriveDropped']);
    expect(results).toEqual(['dropped']);
  });

  it('is refused for a case that has ended, that recovered, that no handoff opened, and of which the plan says nothing', async () => {
    const [done, recovered, reported] = [await cases.open(1), await cases.open(2), await cases.plant(3)];
    await db.query(
      `UPDATE exception SET state = 'resolved', resolved_at = now(), resolved_by = 'x', evidence = '[]' WHERE id = $1`,
      [done],
    );
    await db.query(`UPDATE exception SET recovered_at = now() WHERE id = $1`, [recovered]);
    await expect(ask(done)).rejects.toMatchObject({ code: 'already-resolved', status: 409 });
    await expect(ask(recovered)).rejects.toMatchObject({ code: 'already-recovered', status: 409 });
    await expect(ask(reported)).rejects.toMatchObject({ code: 'no-redrive', status: 409 });
    const other = await cases.open(4);
    await db.query(`UPDATE exception SET handoff = 'another' WHERE id = $1`, [other]);
    await expect(ask(other)).rejects.toMatchObject({ code: 'no-redrive', status: 409 });
    const { rows } = await db.query('SELECT FROM redrive');
    expect(rows).toEqual([]);
  });

  it('leaves it to the worker that has taken it since, whatever came late of an earlier try, but that it was sent', async () => {
    const id = await cases.open();
    await ask(id);
    const take = async (): Promise<TakenRedrive> => {
      await waitIsOver();
      const { taken } = await takeRedrives(db, 1, [owedIn()]);
      const [one] = taken;
      if (one === undefined) throw new Error('Nothing was due.');
      return one;
    };
    const [early, late] = [await take(), await take()];
    expect(await settleRedrive(db, early, { kind: 'refused', status: 422 })).toBe('waiting');
    expect(await redrives(id)).toMatchObject([{ state: 'waiting', tries: 2, status: null }]);
    expect(await settleRedrive(db, early, { kind: 'taken', status: 200 })).toBe('sent');
    expect(await settleRedrive(db, late, { kind: 'refused', status: 422 })).toBe('sent');
    expect(await redrives(id)).toMatchObject([{ state: 'sent', status: 200 }]);
    expect(await audited()).toHaveLength(2);
  });

  it('is found by an index, however many were sent before', async () => {
    const { rows } = await db.query<Record<string, unknown>>(
      `EXPLAIN (FORMAT JSON) SELECT FROM redrive WHERE state = 'waiting' AND next_try_at <= clock_timestamp() ORDER BY next_try_at LIMIT 10`,
    );
    expect(JSON.stringify(rows)).toContain('redrive_due');
  });
});
