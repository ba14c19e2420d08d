import type { VendorEvent } from '../../../domain/crosswalk/vendor-event';
import { replayUnlinked } from '../../../store/replay-unlinked';
import { receiveVendorEvents } from '../../../store/vendor-events';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { keys } from '../facts/test-stack';
import {
  createCrosswalkWorld,
  customer,
  order,
  subscription,
  vendorEvent,
  type CrosswalkWorld,
} from './crosswalk-world';
import { CutDatabase } from './cut-database';

let database: TestDatabase;
let world: CrosswalkWorld;
let cut: CutDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  world = await createCrosswalkWorld(database.db);
  cut = new CutDatabase(database.db);
});
afterEach(() => database.drop());

const stated = { patient: keys.patient(1), episode: keys.episode(1) };
const receive = (events: readonly VendorEvent[]) => {
  const { secrets, migration } = world;
  return receiveVendorEvents({ db: cut.db, secrets, migration, now: Date.now() }, events);
};

/** Sends until it is answered, as vendors do; dies at the nth statement. Gives whether it died. */
async function sendUntilAnswered(nth: number, events: readonly VendorEvent[]): Promise<boolean> {
  cut.diesAt(nth);
  await receive(events).catch(() => undefined);
  const died = cut.restarted();
  await receive(events);
  return died;
}

/** Replays until nothing is due, dying at the nth statement. */
async function replayDyingAt(nth: number): Promise<boolean> {
  cut.diesAt(nth);
  await replayUnlinked(cut.db, world.plans).catch(() => undefined);
  const died = cut.restarted();
  await database.db.query('UPDATE unlinked_event SET due_at = clock_timestamp() WHERE due_at IS NOT NULL');
  await replayUnlinked(database.db, world.plans);
  return died;
}

describe('I5 I11 a process that dies while it takes in what a vendor says', () => {
  it('leaves all of a payload or nothing: each event once, each link, one case, wherever it died', async () => {
    let died = true;
    let nth = 0;
    for (nth = 1; died; nth += 1) {
      const [one, other] = [customer(`cus_${nth}`), customer(`lost_${nth}`)];
      const events = [
        vendorEvent({ id: `linked-${nth}`, ids: [one, subscription(`sub_${nth}`)], keys: stated }),
        vendorEvent({ id: `held-${nth}`, ids: [other] }),
      ];
      died = await sendUntilAnswered(nth, events);
    }
    const tries = nth - 1;
    // It died at many statements, and then at none.
    expect(tries).toBeGreaterThan(12);
    const stored = (await world.stored()).map(({ id }) => id);
    expect(stored.sort()).toEqual(Array.from({ length: tries }, (_, at) => `linked-${at + 1}`).sort());
    expect(await world.cases()).toHaveLength(tries);
    // Of each customer that it is the patient's; of each subscription that too, and its episode.
    expect(await world.links()).toHaveLength(3 * tries);
    const { rows } = await database.db.query<{ held: number }>(
      `SELECT count(*)::integer AS held FROM unlinked_event WHERE outcome IS NULL`,
    );
    expect(rows[0]?.held).toBe(tries);
  });

  it('stores what was held once, in order, wherever it died between the link and the end of the replay', async () => {
    await world.receive(vendorEvent({ id: 'first', keys: stated, time: 500 }));
    let died = true;
    let tries = 0;
    while (died) {
      tries += 1;
      const ids = [customer(`cus_${tries}`)];
      const times = [3_000, 1_000, 2_000];
      await world.receive(...times.map((time) => vendorEvent({ id: `h-${tries}-${time}`, ids, time })));
      await world.receive(vendorEvent({ type: null, ids, keys: stated }));
      died = await replayDyingAt(tries);
    }
    expect(tries).toBeGreaterThan(10);
    const stored = (await world.stored()).map(({ id }) => id);
    expect(stored).toHaveLength(1 + 3 * tries);
    expect(new Set(stored).size).toBe(stored.length);
    for (let at = 1; at <= tries; at += 1) {
      expect(stored.filter((id) => id.startsWith(`h-${at}-`))).toEqual(
        [1_000, 2_000, 3_000].map((time) => `h-${at}-${time}`),
      );
    }
    expect((await world.cases()).every(({ recovered }) => recovered)).toBe(true);
    const { rows } = await database.db.query(`SELECT FROM unlinked_event WHERE outcome IS DISTINCT FROM 'stored'`);
    expect(rows).toHaveLength(0);
  });
});

describe('R46 payloads that come at the same moment', () => {
  it('link an id to one patient only, whichever is first; the others are held with a case', async () => {
    const ids = [customer('cus_1')];
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((patient) =>
        world.receive(vendorEvent({ ids, keys: { patient: keys.patient(patient), episode: keys.episode(patient) } })),
      ),
    );
    const became = outcomes.flat().map((one) => (one.became === 'held' ? one.because : one.became));
    expect(became.sort()).toEqual([...Array<string>(5).fill('contradiction'), 'stored']);
    const [link, ...others] = (await world.links()).filter(({ unitKind }) => unitKind === 'patient');
    expect(others).toEqual([]);
    const [event] = await world.stored();
    expect(link?.unit).toBe(event?.subject);
    expect(await world.cases()).toHaveLength(5);
  });

  it('wait for each other in no circle, in whatever order they name the same ids', async () => {
    await world.receive(vendorEvent({ id: 'first', keys: stated }));
    const all = Array.from({ length: 8 }, (_, at) => [customer(`c-${at}`), order(`o-${at}`)]).flat();
    const payloads = Array.from({ length: 24 }, (_, at) => {
      const turned = [...all.slice(at % all.length), ...all.slice(0, at % all.length)];
      return at % 2 === 0 ? turned : [...turned].reverse();
    });
    const outcomes = await Promise.all([
      ...payloads.map((ids, at) => world.receive(vendorEvent({ ids, ...(at % 3 === 0 && { keys: stated }) }))),
      world.replay(),
      world.replay(),
    ]);
    expect(outcomes).toHaveLength(26);
    await world.replay();
    expect(await world.stored()).toHaveLength(25);
    const { rows } = await database.db.query<{ ids: number }>('SELECT count(*)::integer AS ids FROM vendor_id');
    expect(rows[0]?.ids).toBe(all.length);
  });
});
