import { EXIT } from '../../../cli/exit-codes';
import type { CrosswalkStatus } from '../../../domain/status/crosswalk-answers';
import type { FoundPatient } from '../../../domain/status/patient-standing';
import { CrosswalkSecrets } from '../../../platform/crosswalk-secrets';
import { retireKey } from '../../../store/crosswalk-keys';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { linkKeys } from '../../../store/key-links';
import { receiveVendorEvents } from '../../../store/vendor-events';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from '../api/running-api';
import { runCommand } from '../cli/run-command';
import { eventToStore, keys } from '../facts/test-stack';
import {
  CROSSWALK_PLAN,
  createCrosswalkWorld,
  customer,
  order,
  subscription,
  vendorEvent,
  type CrosswalkWorld,
} from './crosswalk-world';

const PAGES = CROSSWALK_PLAN.replace(
  'source: /legacy/billing }',
  "source: /legacy/billing, pages: { customer: 'https://billing.example/customers/{id}' } }",
);

const KEY = 'ab'.repeat(32);
let api: TestApi;
let world: CrosswalkWorld;
beforeEach(async () => {
  api = await startTestApi({
    temporalAddress: NOWHERE,
    payloadKey: KEY,
    crosswalkKeys: new Map([['own', Buffer.alloc(32, 7)]]),
  });
  world = await createCrosswalkWorld(api.db, { yaml: PAGES, payloadKey: KEY });
});
afterEach(() => api.stop());

const path = (rest: string) => `/v1/migrations/${world.migration.id}/crosswalk${rest}`;
const find = (sought: object, actor: ActorId = 'support-lead-1') => api.as(actor).post(path('/find'), sought);
const found = async (sought: object): Promise<FoundPatient> => (await find(sought).expect(200)).body as FoundPatient;
const told = (patient: number, more = {}) =>
  storeEvents(api.db, [eventToStore(world.migration.id, { patient, type: 'payment.succeeded', ...more })]);
const billing = (id: string, kind = 'customer') => ({ vendor: 'legacy-billing', id, kind });

describe('R46 a caller’s vendor id', () => {
  beforeEach(async () => {
    await told(1);
    await world.receive(
      vendorEvent({ type: null, ids: [customer('cus_1'), subscription('si_1')], keys: { patient: keys.patient(1) } }),
      vendorEvent({ type: null, ids: [order('77')], keys: { patient: keys.patient(1), episode: keys.episode(1) } }),
    );
    await api.db.query(
      `INSERT INTO placement (migration, phase, unit, cohort, side, epoch) VALUES ($1, 'payment', $2, 'everyone', 'target', 1)`,
      [world.migration.id, keys.subscription(1)],
    );
    await api.db.query(
      `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, to_side, started_at, deadline_at)
       VALUES ($1, 'payment-to-provider-routing', $2, 0, $3, 'payment', 'target', now(), now() + interval '1 hour')`,
      [world.migration.id, keys.episode(1), keys.patient(1)],
    );
  });

  it.each([
    ['a customer', { vendor: 'legacy-billing', id: 'cus_1' }],
    ['a subscription', billing('si_1', 'subscription')],
    ['an order of another system', { vendor: 'routing', id: '77' }],
    ['the patient’s key', { key: keys.patient(1) }],
    ['the episode’s key', { key: keys.episode(1) }],
    ['the subscription’s key', { key: keys.subscription(1) }],
  ])('leads from %s to side, stage, next step and what to say', async (_what, sought) => {
    const { patient } = await found(sought);
    expect(patient).toMatchObject({
      ...{ patient: keys.patient(1), keys: [keys.patient(1)], cases: [] },
      episodes: [{ episode: keys.episode(1), open: true, phase: 'payment', owner: 'billing-operations' }],
      sides: [{ phase: 'payment', side: 'target', unit: keys.subscription(1), closedAt: null }],
      nextSteps: [{ handoff: 'payment-to-provider-routing', expects: ['review.assigned'], owner: 'care-coordination' }],
    });
    expect(patient?.say.join(' ')).toMatch(/Next is review\.assigned.* on target\./);
    expect(patient?.vendorIds.find(({ kind }) => kind === 'customer')?.page).toBe(
      'https://billing.example/customers/cus_1',
    );
  });

  it('leads there by every key that stands for the patient, and shows open cases', async () => {
    await linkKeys(api.db, {
      ...{ migration: world.migration.id, planHash: world.migration.planHash, actor: 'engineer-1', verified: true },
      phases: [],
      links: [{ kind: 'patient', alias: keys.patient(1), unit: keys.patient(2), unitKind: 'patient' }],
    });
    await world.receive(
      vendorEvent({ ids: [customer('cus_9')], keys: { patient: keys.patient(9), episode: keys.episode(9) } }),
    );
    await world.receive(vendorEvent({ ids: [customer('cus_9'), customer('cus_1')] }));
    for (const sought of [{ key: keys.patient(1) }, { key: keys.patient(2) }, billing('cus_1')]) {
      const { patient } = await found(sought);
      expect(patient).toMatchObject({ patient: keys.patient(2), keys: [keys.patient(1), keys.patient(2)] });
      expect(patient?.episodes.map(({ episode }) => episode)).toEqual([keys.episode(1)]);
      expect(patient?.cases).toMatchObject([{ queue: 'duplicate-record' }]);
    }
  });

  it('of nobody says so, and what waits for somebody to say whose it is', async () => {
    await world.receive(vendorEvent({ ids: [customer('cus_5')] }));
    expect(await found(billing('cus_5'))).toEqual({
      found: [{ vendor: 'legacy-billing', kind: 'customer', names: 'patient', linkedTo: null, held: 1 }],
      patient: null,
    });
    const link = { ...billing('cus_5'), unit: keys.patient(1) };
    await api
      .as('support-lead-1')
      .post(path('/links'), { links: [link] })
      .expect(200);
    expect(await world.replay()).toMatchObject({ stored: 1 });
    expect((await found(billing('cus_5'))).patient?.patient).toBe(keys.patient(1));
  });

  it('is linked by people once: elsewhere is refused, and nothing of it is repeated', async () => {
    const links = [
      { ...billing('cus_1'), unit: keys.patient(1) },
      { ...billing('cus_1'), unit: keys.patient(2) },
      { ...billing('cus_7'), unit: keys.episode(1) },
    ];
    const { body } = await api.as('engineer-1').post(path('/links'), { links }).expect(207);
    expect(body).toMatchObject({
      ...{ linked: 1, alreadyLinked: 1, refused: 1 },
      results: [{ outcome: 'alreadyLinked' }, { code: 'vendor-id-linked-elsewhere' }, { outcome: 'linked' }],
    });
    expect(JSON.stringify(body)).not.toMatch(/cus_|pat_/);
    expect((await found(billing('cus_7'))).patient?.patient).toBe(keys.patient(1));
  });

  it.each([
    ['an id that nobody told of', billing('cus_404'), 404, 'unknown-vendor-id'],
    ['a key that nothing is known of', { key: keys.patient(404) }, 404, 'unknown-key'],
    ['another system', { vendor: 'elsewhere', id: 'cus_1' }, 400, 'no-vendor-id'],
    ['an address', billing('jane@example.com'), 400, 'no-vendor-id'],
    ['a phone number', billing('+15550100'), 400, 'no-vendor-id'],
    ['a name for a key', { key: 'Jane Doe' }, 400, 'key-outside-grammar'],
    ['nothing', {}, 400, 'bad-request'],
  ])('%s is refused, and not repeated', async (_what, sought, status, code) => {
    const { body } = await find(sought).expect(status);
    expect(body).toMatchObject({ code });
    expect(JSON.stringify(body)).not.toMatch(/cus_|jane|Jane|5550100|elsewhere"/);
  });

  it('is for people alone, who may look at patients', async () => {
    for (const actor of ['sandbox-stacks', 'gate-automation'] as const) await find(billing('cus_1'), actor).expect(403);
    for (const actor of ['engineer-1', 'clinical-lead-1', 'release-manager-1'] as const)
      await find(billing('cus_1'), actor).expect(200);
    for (const actor of ['engineer-1', 'sandbox-stacks'] as const) {
      await api
        .as(actor)
        .post('/v1/crosswalk/rotate', {})
        .expect(actor === 'engineer-1' ? 200 : 403);
    }
  });

  it('is shown on the command line, and linked there', async () => {
    const run = (...args: string[]) =>
      runCommand(args, { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['support-lead-1'] });
    const shown = await run('find', 'legacy-billing', 'cus_1');
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toMatch(new RegExp(`patient ${keys.patient(1)}`));
    expect(shown.stdout).toMatch(/Next is review\.assigned/);
    expect((await run('find', keys.episode(1))).stdout).toMatch(/payment +target/);
    expect((await run('find', 'legacy-billing', 'cus_404')).stderr).toMatch(/Nothing has come with this id yet/);
    const of = ['--vendor', 'legacy-billing', '--id-kind', 'customer'];
    expect((await run('link', ...of, '--id', 'cus_8', '--unit', keys.patient(1))).stdout).toMatch(/^1 linked/);
    expect((await run('link', ...of, '--unit', keys.patient(1))).exitCode).toBe(EXIT.usage);
    expect((await run('crosswalk', 'status')).stdout).toMatch(/legacy-billing +customer +patient +2 +2/);
  });
});

describe('R46 another key of the HMAC', () => {
  const status = async (): Promise<CrosswalkStatus> =>
    (await api.as('engineer-1').get(path('')).expect(200)).body as CrosswalkStatus;

  it('finds every id as before, at once and after the old one is gone, and changes no link', async () => {
    await told(1);
    await world.receive(vendorEvent({ ids: [customer('cus_1'), order('77')], keys: { patient: keys.patient(1) } }));
    const before = await world.links();
    const rotated = await api.as('engineer-1').post('/v1/crosswalk/rotate', { key: 'own' }).expect(200);
    expect(rotated.body).toEqual({ writing: 'own', hashed: 2, left: 0 });
    const secrets = new CrosswalkSecrets(KEY, new Map([['own', Buffer.alloc(32, 7)]]));
    expect(await world.links()).toEqual(before);
    expect((await found(billing('cus_1'))).patient?.patient).toBe(keys.patient(1));
    await api.as('engineer-1').post('/v1/crosswalk/retire', { key: 'own' }).expect(409);
    await api.as('engineer-1').post('/v1/crosswalk/retire', { key: '1' }).expect(204);
    await api.as('engineer-1').post('/v1/crosswalk/retire', { key: '1' }).expect(404);
    expect((await found(billing('cus_1'))).patient?.patient).toBe(keys.patient(1));
    expect((await status()).keys).toMatchObject([{ id: 'own', origin: 'environment', writing: true }]);
    // A process without the secret takes no known id for a new one.
    await expect(world.receive(vendorEvent({ ids: [customer('cus_1')] }))).rejects.toThrow(/HANDOFF_CROSSWALK_KEYS/);
    const event = vendorEvent({ ids: [customer('cus_1')] });
    const reception = { db: api.db, secrets, migration: world.migration, now: Date.now() };
    expect(await receiveVendorEvents(reception, [event])).toEqual([{ became: 'stored' }]);
  });

  it('retires no key under which an id came to be known alone while that was looked at', async () => {
    await told(1);
    await world.receive(vendorEvent({ ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }));
    await api.as('engineer-1').post('/v1/crosswalk/rotate', {}).expect(200);
    // Somebody who holds no lock, say an engineer in the database: just before anything is removed.
    const query: Database['query'] = (sql, values) => api.db.query(sql, values);
    const transaction: Database['transaction'] = (work) =>
      api.db.transaction((connection) =>
        work({
          query: async (sql, values) => {
            if (/\bDELETE FROM\b/.test(sql)) await api.db.query(`DELETE FROM vendor_id_hash WHERE key_id = '2'`);
            return connection.query(sql, values);
          },
        }),
      );
    const db = Object.assign(Object.create(api.db) as Database, { query, transaction });
    await expect(retireKey(db, { actor: 'engineer-1', verified: true }, '1')).rejects.toThrow(/Rotate first/);
    expect((await found(billing('cus_1'))).patient?.patient).toBe(keys.patient(1));
  });

  it('takes an id that is seen between two keys for the same one', async () => {
    await told(1);
    const ids = [customer('cus_1')];
    await world.receive(vendorEvent({ ids, keys: { patient: keys.patient(1) } }));
    await Promise.all([
      api.as('engineer-1').post('/v1/crosswalk/rotate', {}).expect(200),
      ...Array.from({ length: 6 }, (_, at) => world.receive(vendorEvent({ ids: [...ids, order(`o-${at % 2}`)] }))),
    ]);
    await api.as('engineer-1').post('/v1/crosswalk/rotate', {}).expect(200);
    await world.receive(vendorEvent({ ids: [...ids, order('o-0'), order('o-1')] }));
    expect((await status()).ids).toEqual([
      { vendor: 'legacy-billing', kind: 'customer', names: 'patient', ids: 1, linked: 1 },
      { vendor: 'routing', kind: 'order', names: 'episode', ids: 2, linked: 2 },
    ]);
    expect((await status()).keys.map(({ id, writing }) => [id, writing])).toEqual([
      ['1', false],
      ['2', false],
      ['3', true],
    ]);
  });

  it('is refused where its secret is not given, or it was made before', async () => {
    const rotate = (key: string) => api.as('engineer-1').post('/v1/crosswalk/rotate', { key });
    expect((await rotate('other').expect(409)).body).toMatchObject({ code: 'crosswalk-secret-not-given' });
    await rotate('own').expect(200);
    expect((await rotate('own').expect(409)).body).toMatchObject({ code: 'crosswalk-key-exists' });
  });
});

describe('I15 an id of a vendor', () => {
  it('stands nowhere in clear: no table, no log', async () => {
    const canary = 'cus_CANARY4711';
    await told(1);
    await world.receive(
      vendorEvent({ ids: [customer(canary)] }),
      vendorEvent({ ids: [customer('cus_1'), customer(canary)], keys: { patient: keys.patient(1) } }),
    );
    await find(billing(canary)).expect(200);
    await find(billing(`${canary}@x`)).expect(400);
    await api.as('engineer-1').post(path('/links'), { links: [{ ...billing(`${canary}x`), unit: keys.patient(1) }] });
    await api.as('engineer-1').post('/v1/crosswalk/rotate', {}).expect(200);
    expect(api.log()).not.toContain(canary);
    const { rows: tables } = await api.db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(30);
    const hex = Buffer.from(canary).toString('hex');
    for (const { name } of tables) {
      const { rows } = await api.db.query(
        `SELECT FROM "${name}" t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0 LIMIT 1`,
        [canary, hex],
      );
      expect([name, rows.length]).toEqual([name, 0]);
    }
  });
});
