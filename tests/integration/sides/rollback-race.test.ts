import { bucketOf } from '../../../domain/sides/bucket';
import { decideSide } from '../../../domain/sides/decide-side';
import { Database } from '../../../store/database';
import { placeUnit, type PlacementQuestion } from './place-unit';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, PATIENCE, type TestDatabase } from '../../setup/test-database';
import { episodes, PAYMENT, startMigration } from './started-migration';

const ARRIVALS = 200;
const LEASE = 60_000;

let database: TestDatabase;
/** Three processes with connections of their own. */
let processes: Database[];
let started = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  processes = Array.from({ length: 3 }, (_, index) =>
    Database.connect({ url: database.url, applicationName: `process-${index}`, connections: 8, patience: PATIENCE }),
  );
});
afterAll(async () => {
  await Promise.all(processes.map((db) => db.close()));
  await database.drop();
});

type Place = (db: Database, question: PlacementQuestion) => Promise<unknown>;

interface Race {
  /** Placed on target when the rollback had been answered. */
  before: number;
  /** Placed on target only after that: what must never be. */
  late: number;
  /** Placed on legacy. */
  legacy: number;
}

/** 200 units arrive at a split at 100%; once `after` of them are placed it is rolled back to zero. */
async function rollBackAmongArrivals(place: Place, after: number): Promise<Race> {
  const { db } = database;
  const migration = await startMigration(db, { id: `race-${(started += 1)}` });
  const key = { migration, ...PAYMENT };
  await createSplit(db, { ...key, lease: LEASE });
  const write = { ...key, perDay: null, mode: 'open' as const, lease: LEASE };
  await changeSplit(db, { ...write, expectedEpoch: 1, share: 100_000, cause: 'raised' });

  const onTarget = async (): Promise<string[]> => {
    const { rows } = await db.query<{ unit: string }>(
      `SELECT unit FROM placement WHERE migration = $1 AND side = 'target' ORDER BY unit`,
      [migration],
    );
    return rows.map(({ unit }) => unit);
  };
  let placed = 0;
  let enough: () => void = () => undefined;
  const thatMany = new Promise<void>((resolve) => (enough = resolve));
  if (after === 0) enough();
  const arrivals = episodes(ARRIVALS).map(async (unit, index) => {
    await place(processes[index % processes.length] ?? db, { ...key, unit });
    placed += 1;
    if (placed === after) enough();
  });
  const everyone = Promise.all(arrivals);
  await Promise.race([everyone, thatMany]);
  await changeSplit(db, { ...write, expectedEpoch: 2, share: 0, cause: 'rollback' });
  // The rollback is answered. Whoever is on target from here on was seen now, or is late.
  const answered = new Set(await onTarget());
  await everyone;
  const atTheEnd = await onTarget();
  const late = atTheEnd.filter((unit) => !answered.has(unit)).length;
  return { before: answered.size, late, legacy: ARRIVALS - atTheEnd.length };
}

const MOMENTS = [0, 1, 5, 20, 60, 100, 140, 180];

/** The same with the fault that I2 guards against: the epoch is looked at before the insert, not in it. */
async function placeCarelessly(db: Database, { migration, phase, cohort, unit }: PlacementQuestion): Promise<void> {
  const split = await readSplit(db, { migration, phase, cohort: cohort ?? '' });
  if (split === undefined) throw new Error('There is no split.');
  const { side } = decideSide({
    cohort,
    split: { ...split, unattended: split.lapsed },
    bucket: bucketOf('salt-of-the-tests', unit),
    takenToday: 0,
    openNow: 0,
  });
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (migration, phase, unit) DO NOTHING`,
    [migration, phase, unit, cohort, side, split.epoch],
  );
}

describe('a rollback among 200 arrivals (I2)', () => {
  it('leaves nobody who is placed on target after it was answered, whenever it comes', async () => {
    const races: Race[] = [];
    for (const after of MOMENTS) races.push(await rollBackAmongArrivals(placeUnit, after));
    expect(races.map(({ late }) => late)).toEqual(MOMENTS.map(() => 0));
    // They were races: some arrived before the rollback, some after it.
    expect(races.some(({ before, legacy }) => before > 0 && legacy > 0)).toBe(true);
  });

  it('is found by this test where the epoch is checked before the insert', async () => {
    let late = 0;
    for (const after of MOMENTS) late += (await rollBackAmongArrivals(placeCarelessly, after)).late;
    expect(late).toBeGreaterThan(0);
  });
});
