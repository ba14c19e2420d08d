import { randomUUID } from 'node:crypto';
import type { UnitKeys } from '../../../domain/sides/units';
import { closeUnits, unitsClosedBy, type UnitToClose } from '../../../store/close-units';
import { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import type { PlacedUnit } from '../../../store/place-units';
import { placeUnit } from './place-unit';
import { bringBackUnits, inFlightOnTarget } from '../../../store/placements';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, PATIENCE, type TestDatabase } from '../../setup/test-database';
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
    Database.connect({ url: database.url, applicationName: `process-${index}`, connections: 8, patience: PATIENCE }),
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
  return units.map((unit) => ({ migration, phase, kind: 'episode', unit, journey: unit, closedBy: [] }));
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
    expect(inFlight).toMatchObject([{ milestone: null, people: 1 }]);
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
    const intake = { migration: 'm', phase: 'intake', kind: 'episode', journey: 'ep_1', closedBy: listed[0]?.closedBy };
    const billing = { ...intake, phase: 'billing', kind: 'subscription', closedBy: listed[2]?.closedBy };
    expect(unitsClosedBy(listed, { ...event, type: 'intake.submitted' })).toEqual([
      { ...intake, unit: 'ep_1' },
      { ...billing, unit: undefined },
    ]);
    // It closes nothing, but may name the unit of what came before it: but for an episode, which every event names.
    const naming = { ...event, units: { ...event.units, subscription: 'sub_1' } };
    expect(unitsClosedBy(listed, { ...naming, type: 'intake.started' })).toEqual([
      { ...billing, unit: undefined, names: 'sub_1' },
    ]);
    expect(unitsClosedBy(listed, { ...event, type: 'intake.started' })).toEqual([]);
  });

  describe('where the event does not name it', () => {
    const CLOSES = 'review.assigned';
    const phases = [{ id: PAYMENT.phase, unit: 'subscription' as const, closedBy: [CLOSES] }];
    const [journey = ''] = episodes(1, 5);
    const at = Date.now() - 60_000;

    /** One event of the journey, that many seconds after its start. */
    async function happens(type: string, second: number, units: UnitKeys = {}, of = journey): Promise<void> {
      const id = randomUUID();
      const event = {
        ...{ migration, source: '/legacy/billing', id, type, journey: of, subject: 'pat_1' },
        ...{ units: { episode: of, patient: 'pat_1', ...units }, time: at + second * 1_000, sequence: 0, data: {} },
        ...{ contentHash: id, lateness: 60_000 },
      };
      await storeEvents(db, [{ ...event, closes: unitsClosedBy(phases, event) }]);
    }

    async function closed(): Promise<string[]> {
      const { rows } = await db.query<{ unit: string }>(
        `SELECT unit FROM placement WHERE migration = $1 AND closed_at IS NOT NULL ORDER BY unit`,
        [migration],
      );
      return rows.map(({ unit }) => unit);
    }

    beforeEach(async () => {
      await shift(null);
      for (const unit of ['sub_1', 'sub_2', 'sub_3']) await ask(unit);
    });

    it('closes the one that was named last before it, of all that the journey names, and none of another journey', async () => {
      await happens('payment.succeeded', 1, { subscription: 'sub_1' });
      await happens('payment.succeeded', 2, { subscription: 'sub_2' });
      await happens('payment.succeeded', 5, { subscription: 'sub_3' });
      await happens(CLOSES, 4, {}, episodes(1, 6)[0]);
      expect(await closed()).toEqual([]);
      await happens(CLOSES, 4);
      expect(await closed()).toEqual(['sub_2']);
    });

    it('closes the unit when the event that names it comes after the one that closes it', async () => {
      await happens(CLOSES, 2);
      expect(await closed()).toEqual([]);
      await happens('payment.succeeded', 1, { subscription: 'sub_1' });
      expect(await closed()).toEqual(['sub_1']);
      // What happened after that means another round of the journey.
      await happens('payment.succeeded', 9, { subscription: 'sub_2' });
      expect(await closed()).toEqual(['sub_1']);
    });

    it('finds both in one message, in whichever order', async () => {
      await happens(CLOSES, 2);
      await happens(CLOSES, 8);
      await happens('payment.succeeded', 7, { subscription: 'sub_2' });
      // The first closing is before all that is known: the nearest after it.
      expect(await closed()).toEqual(['sub_2']);
    });
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
});
