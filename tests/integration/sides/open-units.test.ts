import { randomUUID } from 'node:crypto';
import type { UnitKeys } from '../../../domain/sides/units';
import { closeUnits, unitsClosedBy, type UnitToClose } from '../../../store/close-units';
import { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { placeUnit, type PlacedUnit } from '../../../store/place-unit';
import { bringBackUnits, inFlightOnTarget } from '../../../store/placements';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { episodes, OTHERS, PAYMENT, startMigration } from './started-migration';

const LEASE = 60_000;
const QUEUE = { id: 'payment-not-routed', owner: 'care-coordination', slaMs: 7_200_000 };

let database: TestDatabase;
/** Three processes with connections of their own. */
let processes: Database[];
let db: Database;
let migration: string;
let pilot: { migration: string; phase: string; cohort: string };
let started = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  processes = Array.from({ length: 3 }, (_, index) =>
    Database.connect({ url: database.url, applicationName: `process-${index}`, connections: 8 }),
  );
});
afterAll(async () => {
  await Promise.all(processes.map((process) => process.close()));
  await database.drop();
});
beforeEach(async () => {
  migration = await startMigration(db, { id: `capped-${(started += 1)}` });
  pilot = { migration, ...PAYMENT };
  await createSplit(db, { ...pilot, lease: LEASE });
});

async function shift(
  maxOpen: number | null,
  { share = 100_000, perDay = null as number | null, key = pilot } = {},
): Promise<void> {
  const expectedEpoch = (await readSplit(db, key))?.epoch ?? 0;
  const write = { ...key, expectedEpoch, share, perDay, maxOpen, mode: 'open', lease: LEASE, cause: 'raised' } as const;
  await changeSplit(db, write);
}

function ask(unit: string, at = 0, key = pilot): Promise<PlacedUnit> {
  return placeUnit(processes[at % processes.length] ?? db, { ...key, unit });
}

async function arrive(units: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(units.map((unit, index) => ask(unit, index)));
  for (const { side, reason } of answers) {
    expect([`legacy openFull`, 'target inShare', 'target placedBefore', 'legacy placedBefore']).toContain(
      `${side} ${reason}`,
    );
  }
  return units.filter((_, index) => answers[index]?.side === 'target');
}

function closing(units: readonly string[], phase = PAYMENT.phase): UnitToClose[] {
  return units.map((unit) => ({ migration, phase, kind: 'episode', unit, journey: unit }));
}

async function openOnTarget(cohort: string = pilot.cohort): Promise<number> {
  const { rows } = await db.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM placement WHERE migration = $1 AND cohort = $2 AND side = 'target' AND closed_at IS NULL`,
    [migration, cohort],
  );
  return rows[0]?.open ?? Number.NaN;
}

describe('a cap on the units that are open on target', () => {
  it('takes exactly as many of 90 who arrive at three processes at once; the overflow stays on legacy', async () => {
    await shift(7);
    const taken = await arrive(episodes(90));
    expect(taken).toHaveLength(7);
    expect(await openOnTarget()).toBe(7);
    expect(await ask(episodes(1, 1)[0] ?? '')).toMatchObject({ side: 'legacy', reason: 'openFull' });
  });

  it('has room again for each that closes, and for no more', async () => {
    await shift(5);
    const taken = await arrive(episodes(10));
    expect(await closeUnits(db, closing(taken.slice(0, 2)))).toBe(2);
    expect(await closeUnits(db, closing(taken.slice(0, 2)))).toBe(0);
    expect(await arrive(episodes(10, 1))).toHaveLength(2);
    expect(await openOnTarget()).toBe(5);
  });

  it('has room again for those who are brought back', async () => {
    await shift(5);
    const taken = await arrive(episodes(8));
    const epoch = (await readSplit(db, pilot))?.epoch ?? 0;
    const write = { ...pilot, expectedEpoch: epoch, share: 0, perDay: null, lease: LEASE, cause: 'rollback' } as const;
    await changeSplit(db, { ...write, mode: 'returning' });
    const back = {
      ...pilot,
      unitKind: 'episode',
      milestones: [],
      epoch: epoch + 1,
      bringBack: [null],
      queue: QUEUE,
    } as const;
    expect(await bringBackUnits(db, back)).toBe(5);
    await shift(3);
    expect(await arrive(episodes(8, 1))).toHaveLength(3);
    for (const unit of taken) expect(await ask(unit)).toMatchObject({ side: 'legacy', reason: 'placedBefore' });
  });

  it('is never passed while people arrive and leave at the same time', async () => {
    await shift(6);
    let seen = 0;
    const arrivals = episodes(120).map(async (unit, index) => {
      const { side } = await ask(unit, index);
      if (side !== 'target') return;
      seen = Math.max(seen, await openOnTarget());
      await closeUnits(processes[index % 3] ?? db, closing([unit]));
    });
    await Promise.all(arrivals);
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThanOrEqual(6);
    expect(await openOnTarget()).toBe(0);
  });

  it('moves nobody when it is lowered, and takes nobody until enough have left', async () => {
    await shift(6);
    const taken = await arrive(episodes(10));
    await shift(2);
    expect(await openOnTarget()).toBe(6);
    expect(await arrive(episodes(5, 1))).toEqual([]);
    await closeUnits(db, closing(taken.slice(0, 4)));
    expect(await arrive(episodes(5, 2))).toEqual([]);
    await closeUnits(db, closing(taken.slice(4, 5)));
    expect(await arrive(episodes(5, 3))).toHaveLength(1);
  });

  it('counts its own cohort only, and those who were there before the cap', async () => {
    const others = { migration, ...OTHERS };
    await createSplit(db, { ...others, lease: LEASE });
    await shift(null, { key: others });
    await shift(null);
    await Promise.all(episodes(9, 1).map((unit, index) => ask(unit, index, others)));
    await arrive(episodes(3));
    await shift(4);
    expect(await arrive(episodes(6, 2))).toHaveLength(1);
    expect(await openOnTarget(others.cohort)).toBe(9);
  });

  it('stands beside a number a day: neither is passed', async () => {
    await shift(4, { perDay: 6 });
    const first = await arrive(episodes(20));
    expect(first).toHaveLength(4);
    await closeUnits(db, closing(first));
    const answers = await Promise.all(episodes(20, 1).map((unit, index) => ask(unit, index)));
    expect(answers.filter(({ side }) => side === 'target')).toHaveLength(2);
    expect(new Set(answers.map(({ reason }) => reason))).toEqual(new Set(['inShare', 'dayFull']));
  });

  it('holds nobody up past the commit', async () => {
    await shift(1);
    await arrive(episodes(2));
    const expectedEpoch = (await readSplit(db, pilot))?.epoch ?? 0;
    const write = { ...pilot, expectedEpoch, share: 100_000, perDay: null, lease: LEASE } as const;
    await changeSplit(db, { ...write, mode: 'committed', cause: 'committed' });
    for (const unit of episodes(3, 1)) expect(await ask(unit)).toMatchObject({ side: 'target', reason: 'committed' });
  });
});

describe('the closing of a unit', () => {
  it('leaves it on its side, and takes it out of flight', async () => {
    await shift(null);
    const [unit = '', other = ''] = await arrive(episodes(2));
    await closeUnits(db, closing([unit]));
    expect(await ask(unit)).toMatchObject({ side: 'target', reason: 'placedBefore' });
    const inFlight = await inFlightOnTarget(db, { ...pilot, unitKind: 'episode', milestones: [] });
    expect(inFlight).toEqual([{ milestone: null, people: 1 }]);
    const epoch = (await readSplit(db, pilot))?.epoch ?? 0;
    const write = { ...pilot, expectedEpoch: epoch, share: 0, perDay: null, lease: LEASE, cause: 'rollback' } as const;
    await changeSplit(db, { ...write, mode: 'returning' });
    const back = {
      ...pilot,
      unitKind: 'episode',
      milestones: [],
      epoch: epoch + 1,
      bringBack: [null],
      queue: QUEUE,
    } as const;
    expect(await bringBackUnits(db, back)).toBe(1);
    expect(await ask(unit)).toMatchObject({ side: 'target' });
    expect(await ask(other)).toMatchObject({ side: 'legacy' });
  });

  it('is done for the phases that list the event, by the key of their unit', () => {
    const phases = [
      { id: 'intake', unit: 'episode', closedBy: ['intake.submitted', 'intake.abandoned'] },
      { id: 'portal', unit: 'patient', closedBy: [] },
      { id: 'billing', unit: 'subscription', closedBy: ['intake.submitted'] },
    ] as const;
    const event = { migration: 'm', journey: 'ep_1', units: { episode: 'ep_1', patient: 'pat_1' } };
    const listed = phases.map((phase) => ({ ...phase, closedBy: [...phase.closedBy] }));
    expect(unitsClosedBy(listed, { ...event, type: 'intake.submitted' })).toEqual([
      { migration: 'm', phase: 'intake', kind: 'episode', unit: 'ep_1', journey: 'ep_1' },
      { migration: 'm', phase: 'billing', kind: 'subscription', unit: undefined, journey: 'ep_1' },
    ]);
    expect(unitsClosedBy(listed, { ...event, type: 'intake.started' })).toEqual([]);
  });

  it('finds the unit by its journey where the event does not name it, and closes no other', async () => {
    const subscriptions = [1, 2, 3].map(() => `sub_${randomUUID()}`);
    const journeys = episodes(3, 5);
    await shift(null);
    for (const [index, journey] of journeys.entries()) {
      await ask(subscriptions[index] ?? '');
      await reported(journey, { subscription: subscriptions[index] ?? '' });
      await reported(journey, {});
    }
    const byJourney = { migration, phase: PAYMENT.phase, kind: 'subscription', unit: undefined } as const;
    expect(await closeUnits(db, [{ ...byJourney, journey: journeys[1] ?? '' }])).toBe(1);
    const { rows } = await db.query(`SELECT unit FROM placement WHERE migration = $1 AND closed_at IS NOT NULL`, [
      migration,
    ]);
    expect(rows).toEqual([{ unit: subscriptions[1] }]);
    expect(await closeUnits(db, [{ ...byJourney, journey: episodes(1, 6)[0] ?? '' }])).toBe(0);
    expect(await closeUnits(db, [])).toBe(0);
  });

  it('happens exactly if its event is stored: undone with the transaction', async () => {
    await shift(null);
    const [unit = ''] = await arrive(episodes(1));
    const failed = db.transaction(async (connection) => {
      expect(await closeUnits(connection, closing([unit]))).toBe(1);
      throw new Error('the events were not stored');
    });
    await expect(failed).rejects.toThrow('the events were not stored');
    expect(await openOnTarget()).toBe(1);
  });

  it('waits for nobody in a circle with a bringing back and with other closings', async () => {
    await shift(null);
    const taken = await arrive(episodes(150));
    const epoch = (await readSplit(db, pilot))?.epoch ?? 0;
    const write = { ...pilot, expectedEpoch: epoch, share: 0, perDay: null, lease: LEASE, cause: 'rollback' } as const;
    await changeSplit(db, { ...write, mode: 'returning' });
    const back = {
      ...pilot,
      unitKind: 'episode',
      milestones: [],
      epoch: epoch + 1,
      bringBack: [null],
      queue: QUEUE,
    } as const;
    const closings = [taken, [...taken].reverse(), taken.filter((_, index) => index % 2 === 0)];
    const [moved, ...closed] = await Promise.all([
      bringBackUnits(db, { ...back, batchSize: 40 }),
      ...closings.map((units, index) => closeUnits(processes[index] ?? db, closing(units))),
    ]);
    expect(closed.reduce((sum, count) => sum + count, 0)).toBe(150);
    expect(moved).toBeLessThanOrEqual(150);
    expect(await openOnTarget()).toBe(0);
  });

  async function reported(journey: string, units: UnitKeys): Promise<void> {
    const id = randomUUID();
    await storeEvents(db, [
      {
        ...{ migration, source: '/legacy/billing', id, type: 'payment.succeeded', journey, subject: 'pat_1' },
        ...{ units: { episode: journey, patient: 'pat_1', ...units }, time: Date.now(), sequence: 0, data: {} },
        ...{ contentHash: id, lateness: 60_000 },
      },
    ]);
  }
});
