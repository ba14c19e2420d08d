import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { readAudit } from '../../../store/audit-log';
import { storeEvents } from '../../../store/events';
import { linkKeys } from '../../../store/key-links';
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

let database: TestDatabase;
let world: CrosswalkWorld;
beforeEach(async () => {
  database = await createTestDatabase();
  world = await createCrosswalkWorld(database.db);
});
afterEach(() => database.drop());

const stated = (patient: number) => ({ patient: keys.patient(patient), episode: keys.episode(patient) });
/** Events of a patient's, by their own stack: from here on there is an episode of theirs. */
const told = (patient: number, more = {}) =>
  storeEvents(database.db, [eventToStore(world.migration.id, { patient, type: 'payment.succeeded', ...more })]);

/** As though whatever is held had waited for long enough. */
const makeAllDue = () =>
  database.db.query('UPDATE unlinked_event SET due_at = clock_timestamp() WHERE migration = $1 AND outcome IS NULL', [
    world.migration.id,
  ]);
/** In how many minutes each is judged again that is held; null: when something of it is linked. */
const dueIn = async (): Promise<(number | null)[]> => {
  const { rows } = await database.db.query<{ minutes: number | null }>(
    `SELECT round(extract(epoch FROM due_at - clock_timestamp()) / 60)::float8 AS minutes FROM unlinked_event
      WHERE migration = $1 AND outcome IS NULL ORDER BY due_at`,
    [world.migration.id],
  );
  return rows.map(({ minutes }) => minutes);
};

describe('R46 what a vendor says of somebody known', () => {
  it('is stored under the episode that the payload carries, and links its ids by it', async () => {
    const event = vendorEvent({ ids: [customer('cus_1'), subscription('sub_1')], keys: stated(1), time: 5_000 });
    expect(await world.receive(event)).toEqual([{ became: 'stored' }]);
    expect(await world.stored()).toEqual([
      {
        ...{ id: event.id, subject: keys.patient(1), journey: keys.episode(1), time: 5_000 },
        units: { patient: keys.patient(1), episode: keys.episode(1) },
      },
    ]);
    expect(await world.links()).toEqual([
      { kind: 'customer', unitKind: 'patient', unit: keys.patient(1), because: 'stated' },
      { kind: 'subscription', unitKind: 'episode', unit: keys.episode(1), because: 'filed' },
      { kind: 'subscription', unitKind: 'patient', unit: keys.patient(1), because: 'stated' },
    ]);
  });

  it('is stored under their only open episode, and files what it names there', async () => {
    await told(1);
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }));
    const event = vendorEvent({ ids: [customer('cus_1'), order('ord_1')] });
    expect(await world.receive(event)).toEqual([{ became: 'stored' }]);
    await world.receive(vendorEvent({ keys: { patient: keys.patient(1), episode: keys.episode(2) } }));
    const about = vendorEvent({ ids: [order('ord_1')] });
    expect(await world.receive(about)).toEqual([{ became: 'stored' }]);
    const journeys = new Map((await world.stored()).map(({ id, journey }) => [id, journey]));
    expect(journeys.get(event.id)).toBe(keys.episode(1));
    expect(journeys.get(about.id)).toBe(keys.episode(1));
  });

  it('I5 is stored once however often it comes, also at the same moment', async () => {
    const event = vendorEvent({ ids: [customer('cus_1')], keys: stated(1) });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => world.receive(event)));
    expect(
      outcomes
        .flat()
        .map(({ became }) => became)
        .sort(),
    ).toEqual([...Array<string>(7).fill('duplicate'), 'stored']);
    expect(await world.stored()).toHaveLength(1);
    expect(await world.receive({ ...event, time: 1 })).toMatchObject([
      { became: 'refused', refusal: { code: 'event-id-reused' } },
    ]);
  });

  it('is a duplicate too where its patient became another key’s meanwhile', async () => {
    const event = vendorEvent({ ids: [customer('cus_1')], keys: stated(1) });
    await world.receive(event);
    await linkKeys(database.db, {
      ...{ migration: world.migration.id, planHash: world.migration.planHash, actor: 'engineer-1', verified: true },
      phases: [],
      links: [{ kind: 'patient', alias: keys.patient(1), unit: keys.patient(2), unitKind: 'patient' }],
    });
    expect(await world.receive(event)).toEqual([{ became: 'duplicate' }]);
    const later = vendorEvent({ ids: [customer('cus_1')] });
    expect(await world.receive(later)).toEqual([{ became: 'stored' }]);
    expect((await world.stored()).map(({ subject }) => subject).sort()).toEqual([keys.patient(1), keys.patient(2)]);
  });

  it('is refused where the plan does not declare it, and leaves nothing of it', async () => {
    const outcomes = await world.receive(
      vendorEvent({ type: 'payment.invented', ids: [customer('cus_1')], keys: stated(1) }),
      vendorEvent({ data: { note: 'Jane Doe' }, ids: [customer('cus_1')], keys: stated(1) }),
      vendorEvent({ source: '/nowhere', ids: [customer('cus_1')] }),
      vendorEvent({ keys: { patient: 'jane@example.com' } }),
      vendorEvent({ time: Number.NaN }),
    );
    expect(outcomes.map((one) => (one.became === 'refused' ? one.refusal.code : one.became))).toEqual([
      ...['unknown-event-type', 'undeclared-field', 'unknown-event-source', 'key-outside-grammar', 'bad-event-time'],
    ]);
    expect(JSON.stringify(outcomes)).not.toMatch(/Jane|jane|cus_1|nowhere|invented/);
    const { rows } = await database.db.query('SELECT FROM vendor_id WHERE migration = $1', [world.migration.id]);
    expect(rows).toHaveLength(0);
  });
});

describe('R46 what a vendor says of nobody known', () => {
  it('is held with one case for each customer, however many events they have', async () => {
    const outcomes = await world.receive(
      vendorEvent({ ids: [customer('cus_1')] }),
      vendorEvent({ ids: [customer('cus_1'), subscription('sub_1')] }),
      vendorEvent({ ids: [customer('cus_2')] }),
    );
    expect(outcomes).toEqual(Array(3).fill({ became: 'held', because: 'nobodysId' }));
    await world.receive(vendorEvent({ ids: [customer('cus_1')] }));
    expect(await world.cases()).toMatchObject([
      { queue: 'unlinked-event', state: 'open' },
      { queue: 'unlinked-event', state: 'open' },
    ]);
    expect(await world.stored()).toEqual([]);
  });

  it('is held and counted where the plan has no queue for it', async () => {
    world = await createCrosswalkWorld(database.db, { yaml: CROSSWALK_PLAN.replace(/^.*unlinked-event.*\n/m, '') });
    const event = vendorEvent({ ids: [customer('cus_1')] });
    expect(await world.receive(event)).toEqual([{ became: 'held', because: 'nobodysId' }]);
    expect(await world.receive(event)).toEqual([{ became: 'duplicate' }]);
    expect(await world.cases()).toEqual([]);
  });

  it('is stored in order, at its own time and once, when somebody says whose it is', async () => {
    await told(1, { time: 500 });
    const held = [3_000, 1_000, 2_000].map((time) =>
      vendorEvent({ ids: [customer('cus_1')], time, id: `evt_${time}` }),
    );
    await world.receive(...held);
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }));
    expect((await Promise.all([world.replay(), world.replay()])).reduce((sum, { stored }) => sum + stored, 0)).toBe(3);
    expect((await world.stored()).slice(1).map(({ id, time }) => [id, time])).toEqual([
      ['evt_1000', 1_000],
      ['evt_2000', 2_000],
      ['evt_3000', 3_000],
    ]);
    expect(await world.replay()).toMatchObject({ judged: 0, stored: 0 });
    expect(await world.receive(...held)).toEqual(Array(3).fill({ became: 'duplicate' }));
    expect(await world.cases()).toMatchObject([{ queue: 'unlinked-event', state: 'open', recovered: true }]);
  });

  it('has a case that is recovered no longer once more of the same customer is held (I8)', async () => {
    await told(1);
    await world.receive(vendorEvent({ ids: [customer('cus_1')] }));
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }));
    await world.replay();
    expect(await world.cases()).toMatchObject([{ state: 'open', recovered: true }]);
    await world.receive(vendorEvent({ keys: { patient: keys.patient(1), episode: keys.episode(2) } }));
    const event = vendorEvent({ ids: [customer('cus_1'), order('ord_1')] });
    expect(await world.receive(event)).toEqual([{ became: 'held', because: 'severalEpisodes' }]);
    expect(await world.cases()).toMatchObject([{ state: 'open', recovered: false }]);
    await world.receive(vendorEvent({ type: null, ids: [order('ord_1')], keys: { episode: keys.episode(2) } }));
    await world.replay();
    expect(await world.cases()).toMatchObject([{ state: 'open', recovered: true }]);
    const { entries } = await readAudit(database.db, { migration: world.migration.id, after: 0, limit: 1_000 });
    expect(entries.map(({ action }) => action).filter((action) => /recovered|heldAgain/.test(action))).toEqual([
      ...['exception.recovered', 'exception.heldAgain', 'exception.recovered'],
    ]);
  });

  it('is linked by an id that was paired with its own before either was known', async () => {
    await told(1);
    await world.receive(vendorEvent({ type: null, ids: [subscription('sub_1'), customer('cus_1')] }));
    const event = vendorEvent({ ids: [subscription('sub_1')] });
    expect(await world.receive(event)).toEqual([{ became: 'held', because: 'nobodysId' }]);
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }));
    expect(await world.replay()).toMatchObject({ stored: 1 });
    expect((await world.stored()).map(({ id }) => id)).toContain(event.id);
  });

  it('is stored where a later item of the same delivery says whose its id is', async () => {
    await told(1);
    const event = vendorEvent({ ids: [customer('cus_1')] });
    await world.receive(
      event,
      vendorEvent({ type: null, ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }),
    );
    expect(await world.replay()).toMatchObject({ stored: 1 });
    expect((await world.stored()).map(({ id }) => id)).toContain(event.id);
  });

  it('is stored where what is judged again in the same go, after it, says whose its id is', async () => {
    const event = vendorEvent({ ids: [customer('cus_1')], time: 1_000 });
    await world.receive(
      event,
      vendorEvent({ ids: [customer('cus_1')], keys: { episode: keys.episode(1) }, time: 2_000 }),
    );
    await told(1);
    await makeAllDue();
    await world.replay();
    expect((await world.stored()).map(({ id }) => id)).toContain(event.id);
  });

  it('is judged again, ever more seldom, where it names an episode of ours that is nobody’s yet', async () => {
    const episode = { episode: keys.episode(1) };
    await world.receive(
      vendorEvent({ ids: [customer('cus_1')], keys: episode }),
      vendorEvent({ type: null, ids: [customer('cus_2')], keys: episode }),
      vendorEvent({ ids: [customer('cus_3')] }),
    );
    expect(await dueIn()).toEqual([1, 1, null]);
    await database.db.query(
      `UPDATE unlinked_event SET received_at = received_at - interval '50 minutes' WHERE migration = $1`,
      [world.migration.id],
    );
    await makeAllDue();
    expect(await world.replay()).toMatchObject({ judged: 3, stored: 0 });
    expect(await dueIn()).toEqual([5, 5, null]);
    await told(1);
    await makeAllDue();
    expect(await world.replay()).toMatchObject({ stored: 1 });
    expect(await world.links()).toMatchObject([{ unit: keys.patient(1) }, { unit: keys.patient(1) }]);
  });

  it('is not linked by an id that merely stands beside its own', async () => {
    await told(1);
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }));
    const other = { ...customer('lead_1'), kind: 'lead' };
    expect(await world.receive(vendorEvent({ ids: [customer('cus_1'), other] }))).toEqual([{ became: 'stored' }]);
    expect(await world.receive(vendorEvent({ ids: [other] }))).toEqual([{ became: 'held', because: 'nobodysId' }]);
  });

  it('waits for its patient’s episode, and is stored when there is one', async () => {
    const event = vendorEvent({ ids: [customer('cus_1')], keys: { patient: keys.patient(1) } });
    expect(await world.receive(event)).toEqual([{ became: 'held', because: 'noEpisode' }]);
    await told(1);
    await database.db.query(
      `UPDATE unlinked_event SET due_at = clock_timestamp() WHERE migration = $1 AND due_at IS NOT NULL`,
      [world.migration.id],
    );
    expect(await world.replay()).toMatchObject({ judged: 1, stored: 1 });
  });

  it('is held where several episodes are open: which one is nobody’s guess', async () => {
    await world.receive(
      vendorEvent({ ids: [customer('cus_1')], keys: stated(1) }),
      vendorEvent({ ids: [customer('cus_1')], keys: { patient: keys.patient(1), episode: keys.episode(2) } }),
    );
    const event = vendorEvent({ ids: [customer('cus_1'), order('ord_1')] });
    expect(await world.receive(event)).toEqual([{ became: 'held', because: 'severalEpisodes' }]);
    await world.receive(vendorEvent({ type: null, ids: [order('ord_1')], keys: { episode: keys.episode(2) } }));
    expect(await world.replay()).toMatchObject({ stored: 1 });
    expect((await world.stored()).find(({ id }) => id === event.id)?.journey).toBe(keys.episode(2));
  });

  it('opens another case where the last one was resolved and it goes on', async () => {
    await world.receive(vendorEvent({ ids: [customer('cus_1')] }));
    await database.db.query(
      `UPDATE exception SET state = 'resolved', resolved_at = now(), resolved_by = 'engineer-1', evidence = '[]' WHERE migration = $1`,
      [world.migration.id],
    );
    await world.receive(vendorEvent({ ids: [customer('cus_1')] }));
    expect((await world.cases()).map(({ state }) => state)).toEqual(['resolved', 'open']);
  });
});

describe('R46 a payload that contradicts what is known', () => {
  beforeEach(async () => {
    await world.receive(
      vendorEvent({ ids: [customer('cus_1')], keys: stated(1) }),
      vendorEvent({ ids: [customer('cus_2')], keys: stated(2) }),
    );
  });

  it('links nothing, is held, and opens one case of a duplicate record', async () => {
    const before = await world.links();
    const both = [customer('cus_1'), customer('cus_2'), subscription('sub_9')];
    const contradiction = { became: 'held', because: 'contradiction' };
    expect(await world.receive(vendorEvent({ ids: both }), vendorEvent({ ids: both }))).toEqual([
      contradiction,
      contradiction,
    ]);
    expect(await world.receive(vendorEvent({ ids: [customer('cus_2')], keys: stated(1) }))).toEqual([contradiction]);
    expect(await world.links()).toEqual(before);
    expect(await world.cases()).toEqual([
      {
        ...{ queue: 'duplicate-record', state: 'open', recovered: false },
        ...{ subject: keys.patient(1), journey: keys.patient(2) },
      },
    ]);
  });

  it('is stored once the two are found to be one', async () => {
    await world.receive(
      vendorEvent({ ids: [customer('cus_1'), customer('cus_2')], keys: { episode: keys.episode(1) } }),
    );
    await linkKeys(database.db, {
      ...{ migration: world.migration.id, planHash: world.migration.planHash, actor: 'engineer-1', verified: true },
      phases: [],
      links: [{ kind: 'patient', alias: keys.patient(2), unit: keys.patient(1), unitKind: 'patient' }],
    });
    await database.db.query(`UPDATE unlinked_event SET due_at = clock_timestamp() WHERE migration = $1`, [
      world.migration.id,
    ]);
    expect(await world.replay()).toMatchObject({ stored: 1 });
  });
});
