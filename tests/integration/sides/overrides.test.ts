import type { Side } from '../../../domain/sides/side';
import type { Actor } from '../../../domain/phase/actor';
import { readAudit } from '../../../store/audit-log';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { readGateCounts } from '../../../store/handoffs';
import { bringBackUnits, countPlacements, inFlightOnTarget } from '../../../store/placements';
import { removeOverride, readOverrides, setOverride, UnknownOverride } from '../../../store/side-overrides';
import { changeSplit, createSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { letTimePass } from '../facts/let-time-pass';
import { sweepAllDue } from '../facts/sweep-all-due';
import { placeUnit } from './place-unit';
import { episodes, PAYMENT, startMigration } from './started-migration';

const LEASE = 60_000;
const ENGINEER: Actor = { id: 'engineer-1', roles: ['engineer'], verified: true };
const QUEUE = { id: 'record-mismatch', owner: 'care-coordination', slaMs: 7_200_000 };
const MILESTONES = [{ id: 'paid', reachedBy: 'payment.succeeded' }];

describe('a test unit that was given a side by name', () => {
  let database: TestDatabase;
  let db: Database;
  let migration: string;
  let key: { migration: string; phase: string; cohort: string };
  let started = 0;
  const [unit = '', another = '', ...many] = episodes(60);

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ db } = database);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    migration = await startMigration(db, { id: `overrides-${(started += 1)}` });
    key = { migration, ...PAYMENT };
    await createSplit(db, { ...key, lease: LEASE });
  });

  const raise = (change: { share?: number; perDay?: number | null; maxOpen?: number | null } = {}): Promise<unknown> =>
    changeSplit(db, {
      ...{ ...key, expectedEpoch: 1, share: 100_000, perDay: null, maxOpen: null, ...change },
      ...{ mode: 'open', lease: LEASE, cause: 'raised' },
    });
  const override = (side: Side, of = unit, more: { onceKey?: string; phase?: string } = {}) =>
    setOverride(db, {
      migration,
      planHash: 'p',
      phase: PAYMENT.phase,
      unit: of,
      side,
      actor: ENGINEER,
      reason: 'a test',
      ...more,
    });
  const remove = (of = unit, more: { onceKey?: string } = {}) =>
    removeOverride(db, {
      migration,
      planHash: 'p',
      phase: PAYMENT.phase,
      unit: of,
      actor: ENGINEER,
      reason: 'done',
      ...more,
    });
  const ask = (of = unit) => placeUnit(db, { ...key, unit: of });
  const placement = async (of = unit): Promise<unknown> => {
    const { rows } = await db.query(
      `SELECT side, cohort, moved_from AS "from", moved_because AS because FROM placement WHERE migration = $1 AND unit = $2`,
      [migration, of],
    );
    return rows[0];
  };
  /** What processes are to forget, with the version that they have seen then. */
  const dropped = async (): Promise<string[]> => {
    const { rows } = await db.query<{ unit: string }>(
      `SELECT c.unit FROM side_change c JOIN split_version v ON c.version <= v.version WHERE migration = $1 ORDER BY c.version`,
      [migration],
    );
    return rows.map((row) => row.unit);
  };

  it('has it before it is first asked for, whatever its split says, and says why', async () => {
    await override('target');
    expect(await ask()).toEqual({ side: 'target', reason: 'override', cohort: null, epoch: 0 });
    expect(await placement()).toEqual({ side: 'target', cohort: null, from: null, because: 'override' });
    expect(await dropped()).toEqual([]);
  });

  it('changes the side that it has already, and every process is to forget what it remembers', async () => {
    expect(await ask()).toMatchObject({ side: 'legacy' });
    await override('target');
    expect(await ask()).toMatchObject({ side: 'target', reason: 'override' });
    expect(await placement()).toEqual({ side: 'target', cohort: null, from: 'legacy', because: 'override' });
    await override('legacy');
    expect(await ask()).toMatchObject({ side: 'legacy', reason: 'override' });
    expect(await dropped()).toEqual([unit, unit]);
  });

  it('waits for nobody any more, whom a rollback had let wait', async () => {
    await raise();
    await ask();
    await db.query(`UPDATE placement SET paused_at = clock_timestamp() WHERE migration = $1`, [migration]);
    expect(await ask()).toMatchObject({ side: 'target', paused: true });
    await override('target');
    expect(await ask()).toEqual({ side: 'target', reason: 'override', cohort: null, epoch: 0 });
  });

  it('changes nothing when it is repeated, and carries out one request once, however late it comes again', async () => {
    await ask();
    const first = await override('target', unit, { onceKey: 'a' });
    expect(await override('target', unit, { onceKey: 'b' })).toEqual(first);
    await override('legacy', unit, { onceKey: 'c' });
    await override('target', unit, { onceKey: 'a' });
    expect(await ask()).toMatchObject({ side: 'legacy', reason: 'override' });
    await remove(unit, { onceKey: 'd' });
    await override('target');
    expect(await remove(unit, { onceKey: 'd' })).toMatchObject({ side: 'target' });
    expect(await readOverrides(db, migration)).toMatchObject([{ unit, side: 'target' }]);
  });

  it('is not bound by its journey (I14), and nobody else comes free by it', async () => {
    await createSplit(db, { migration, phase: 'later', cohort: PAYMENT.cohort, lease: LEASE });
    await changeSplit(db, {
      ...{ migration, phase: 'later', cohort: PAYMENT.cohort, expectedEpoch: 1, share: 100_000, perDay: null },
      ...{ mode: 'open', lease: LEASE, cause: 'raised' },
    });
    await ask();
    await ask(another);
    await override('target', unit, { phase: 'later' });
    const askLater = (of: string) =>
      placeUnit(db, {
        ...{ migration, phase: 'later', cohort: PAYMENT.cohort, unit: of },
        earlier: [{ phase: PAYMENT.phase, kind: 'episode', unit: of }],
      });
    expect(await askLater(unit)).toMatchObject({ side: 'target', reason: 'override' });
    expect(await askLater(another)).toMatchObject({ side: 'legacy', reason: 'previousPhase' });
  });

  it('takes no place of the number a day, and none of those that may be open at once', async () => {
    await raise({ perDay: 2, maxOpen: 2 });
    for (const which of many.slice(0, 5)) await override('target', which);
    const sides = [];
    for (const which of many.slice(5, 9)) sides.push((await ask(which)).reason);
    expect(sides).toEqual(['inShare', 'inShare', 'dayFull', 'dayFull']);
    // One that held a place gives it back.
    await override('legacy', many[5]);
    await override('target', many[6]);
    const { rows } = await db.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM placement WHERE migration = $1 AND cohort = $2 AND side = 'target' AND closed_at IS NULL`,
      [migration, PAYMENT.cohort],
    );
    expect(rows[0]?.open).toBe(0);
  });

  it('is neither brought back by a rollback nor counted by one', async () => {
    await raise();
    await override('target');
    await ask(another);
    const of = { ...key, unitKind: 'episode' as const, milestones: MILESTONES };
    expect(await inFlightOnTarget(db, of)).toMatchObject([{ milestone: null, people: 1 }]);
    expect(await countPlacements(db, migration)).toEqual([
      { phase: PAYMENT.phase, cohort: PAYMENT.cohort, legacy: 0, target: 1 },
    ]);
    const returning = await changeSplit(db, {
      ...{ ...key, expectedEpoch: 2, share: 0, perDay: null },
      ...{ mode: 'returning', lease: LEASE, cause: 'rollback' },
    });
    const moved = await bringBackUnits(db, { ...of, epoch: returning.epoch, bringBack: [null, 'paid'], queue: QUEUE });
    expect(moved).toBe(1);
    expect(await ask()).toMatchObject({ side: 'target', reason: 'override' });
    expect(await ask(another)).toMatchObject({ side: 'legacy' });
  });

  it('is no evidence for a gate: neither what starts under the override nor what was open when it came', async () => {
    await raise();
    const [open = '', counted = ''] = many;
    for (const which of [open, counted]) await ask(which);
    await override('target');
    await paid([unit, open, counted]);
    await override('legacy', open);
    await letTimePass(db, migration, 20 * 60_000);
    await sweepAllDue(db);
    const gate = { ...key, handoff: 'payment-to-provider-routing', epoch: 2, attemptEpoch: 1 };
    const { target, legacy } = await readGateCounts(db, gate);
    const { rows } = await db.query<{ ended: number }>(
      `SELECT count(*)::int AS ended FROM handoff_occurrence WHERE migration = $1 AND handoff = $2 AND final`,
      [migration, gate.handoff],
    );
    expect(rows[0]?.ended).toBe(3);
    expect(target.attempt).toEqual({ kept: 0, missed: 1, released: 0 });
    expect(legacy.attempt).toEqual({ kept: 0, missed: 0, released: 0 });
  });

  it('keeps its side when the override is removed, as placed before, and still counts for nothing', async () => {
    await raise();
    await override('target');
    expect(await remove()).toEqual({ phase: PAYMENT.phase, unit, side: 'target' });
    expect(await ask()).toEqual({ side: 'target', reason: 'placedBefore', cohort: null, epoch: 0 });
    expect(await dropped()).toEqual([unit]);
    expect(await countPlacements(db, migration)).toEqual([]);
    expect(await readOverrides(db, migration)).toEqual([]);
    await expect(remove()).rejects.toThrow(UnknownOverride);
  });

  it('wins over whoever places it at the same moment', async () => {
    await raise();
    const answers = await Promise.all(
      many.map(async (of) => {
        await Promise.all([ask(of), override('legacy', of), ask(of)]);
        return ask(of);
      }),
    );
    expect(new Set(answers.map(({ side, reason }) => `${side} ${reason}`))).toEqual(new Set(['legacy override']));
  });

  it('I13 is in the audit log with who gave it, why, and how the unit was placed before', async () => {
    await raise();
    await ask();
    await override('legacy');
    await remove();
    const { entries } = await readAudit(db, { migration, after: 0, limit: 100 });
    expect(entries.filter(({ action }) => action.startsWith('override.'))).toEqual([
      expect.objectContaining({
        ...{ action: 'override.set', actor: 'engineer-1', reason: 'a test', phase: PAYMENT.phase },
        evidence: {
          ...{ unit, to: 'legacy' },
          from: { side: 'target', cohort: PAYMENT.cohort, epoch: 2, because: null },
        },
      }),
      expect.objectContaining({ action: 'override.removed', reason: 'done', evidence: { unit, keeps: 'legacy' } }),
    ]);
  });

  /** Each paid: its handoff to a review is open from then on. */
  async function paid(journeys: readonly string[]): Promise<void> {
    await storeEvents(
      db,
      journeys.map((journey) => ({
        ...{ migration, type: 'payment.succeeded', journey, subject: journey.replace(/^epi/, 'pat') },
        ...{ source: '/legacy/billing', id: `paid-${journey}`, units: { episode: journey } },
        ...{ time: Date.now(), sequence: 0, data: {}, contentHash: 'hash', lateness: 60_000 },
      })),
    );
    await sweepAllDue(db);
  }
});
