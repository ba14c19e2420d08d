import { randomUUID } from 'node:crypto';
import type { SplitKey } from '../../../activities/traffic/traffic-router';
import type { Side } from '../../../domain/sides/side';
import type { UnitKeys, UnitKind } from '../../../domain/sides/units';
import { Database } from '../../../store/database';
import type { EarlierPhase } from '../../../store/earlier-units';
import { storeEvents } from '../../../store/events';
import type { PlacedUnit } from '../../../store/place-units';
import { placeUnit } from './place-unit';
import { bringBackUnits } from '../../../store/placements';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, PATIENCE, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { runOut, startMigration } from './started-migration';

const LEASE = 60_000;
const COHORT = 'everyone';
/** The phases of a journey in their order, with what moves in each. */
const PHASES = [
  ['landing', 'visitor'],
  ['intake', 'episode'],
  ['billing', 'subscription'],
  ['portal', 'patient'],
] as const;
type PhaseId = (typeof PHASES)[number][0];
const QUEUE = { id: 'record-mismatch', owner: 'care-coordination', slaMs: 7_200_000 };

let database: TestDatabase;
let db: Database;
let elsewhere: Database;
let migration: string;
let started = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  elsewhere = Database.connect({ url: database.url, applicationName: 'elsewhere', patience: PATIENCE });
});
afterAll(async () => {
  await elsewhere.close();
  await database.drop();
});
beforeEach(async () => {
  migration = await startMigration(db, { id: `journeys-${(started += 1)}` });
  for (const [phase] of PHASES) await createSplit(db, { ...keyOf(phase), lease: LEASE });
});

function keyOf(phase: PhaseId): SplitKey {
  return { migration, phase, cohort: COHORT };
}

async function shift(
  phase: PhaseId,
  share: number,
  mode: 'open' | 'returning' | 'committed' = 'open',
): Promise<number> {
  const expectedEpoch = (await readSplit(db, keyOf(phase)))?.epoch ?? 0;
  const cause = mode === 'committed' ? 'committed' : mode === 'open' ? 'raised' : 'rollback';
  const write = { ...keyOf(phase), expectedEpoch, share, perDay: null, mode, lease: LEASE, cause } as const;
  return (await changeSplit(db, write)).epoch;
}

interface Journey extends Required<Omit<UnitKeys, 'login'>> {
  readonly names: readonly UnitKind[];
}

function newJourney(known: Partial<UnitKeys> = {}): Journey {
  return {
    names: ['visitor', 'episode', 'subscription', 'patient'],
    ...{ visitor: `vis_${randomUUID()}`, episode: `ep_${randomUUID()}` },
    ...{ subscription: `sub_${randomUUID()}`, patient: `pat_${randomUUID()}` },
    ...known,
  };
}

/** Asks as a stack does that knows of the journey only the keys of those kinds, beside that of the phase's own unit. */
async function ask(
  phase: PhaseId,
  journey: Journey,
  { knows = journey.names, by = db }: { knows?: readonly UnitKind[]; by?: Database } = {},
): Promise<PlacedUnit> {
  const at = PHASES.findIndex(([id]) => id === phase);
  const unitKind = PHASES[at]?.[1] ?? 'visitor';
  const known = (kind: UnitKind): boolean => kind === unitKind || knows.includes(kind);
  const earlier: EarlierPhase[] = PHASES.slice(0, at).map(([id, kind]) => ({
    ...{ phase: id, kind, unit: known(kind) ? journey[kind] : undefined },
  }));
  const link = known('episode')
    ? { kind: 'episode' as const, unit: journey.episode }
    : { kind: unitKind, unit: journey[unitKind] };
  return placeUnit(by, { ...keyOf(phase), unit: journey[unitKind], earlier, link });
}

async function reported(journey: Journey, names: readonly UnitKind[] = journey.names): Promise<void> {
  const id = randomUUID();
  const units = Object.fromEntries(names.map((kind) => [kind, kind === 'login' ? '' : journey[kind]]));
  await storeEvents(db, [
    {
      ...{ migration, source: '/legacy/site', id, type: 'intake.started', journey: journey.episode },
      ...{ subject: journey.patient, units: { ...units, episode: journey.episode, patient: journey.patient } },
      ...{ time: Date.now(), sequence: 0, data: {}, contentHash: id, lateness: 60_000 },
    },
  ]);
}

async function bringBack(phase: PhaseId): Promise<number> {
  const epoch = await shift(phase, 0, 'returning');
  const unitKind = PHASES.find(([id]) => id === phase)?.[1] ?? 'visitor';
  return bringBackUnits(db, { ...keyOf(phase), unitKind, milestones: [], epoch, bringBack: [null], queue: QUEUE });
}

const TO_TARGET = { side: 'target', reason: 'inShare' };
const HELD_BACK = { side: 'legacy', reason: 'previousPhase' };

describe('whoever is on legacy in an earlier phase (I14)', () => {
  it('stays on legacy in the next one at any share, and after its commit too', async () => {
    for (const mode of ['open', 'committed'] as const) {
      await shift('intake', 100_000, mode);
      const journey = newJourney();
      expect(await ask('landing', journey)).toMatchObject({ side: 'legacy' });
      expect(await ask('intake', journey)).toMatchObject(HELD_BACK);
      expect(await ask('intake', newJourney())).toMatchObject({ side: 'target' });
    }
  });

  it('is judged by the nearest phase that has a side of theirs, whatever those before it say', async () => {
    const journey = newJourney();
    await ask('landing', journey);
    await shift('billing', 100_000);
    // Asked without a word of the visitor: nothing speaks against target.
    expect(await ask('billing', journey, { knows: [] })).toMatchObject(TO_TARGET);
    await shift('portal', 100_000);
    expect(await ask('portal', journey)).toMatchObject(TO_TARGET);
    expect(await ask('intake', journey)).toMatchObject({ side: 'legacy' });
  });

  it('goes from target to legacy as before: that is the bridge', async () => {
    await shift('landing', 100_000);
    const journey = newJourney();
    expect(await ask('landing', journey)).toMatchObject(TO_TARGET);
    expect(await ask('intake', journey)).toMatchObject({ side: 'legacy', reason: 'outsideShare' });
  });

  it('is known by the events where the context does not say who it was', async () => {
    await shift('portal', 100_000);
    for (const knows of [[], ['episode'], ['visitor'], ['subscription']] as UnitKind[][]) {
      const journey = newJourney();
      await ask('intake', journey);
      const other = newJourney();
      await ask('intake', other);
      await reported(journey);
      await reported(other, []);
      expect(await ask('portal', journey, { knows })).toMatchObject(HELD_BACK);
    }
    const unheardOf = newJourney();
    await ask('billing', unheardOf);
    await reported(unheardOf, ['visitor']);
    // No event names the subscription, and nobody else does.
    expect(await ask('portal', unheardOf, { knows: ['episode'] })).toMatchObject(TO_TARGET);
  });

  it('holds a patient back for any of the journeys that may be meant, each by its own nearest phase', async () => {
    await shift('portal', 100_000);
    const first = newJourney();
    const second = newJourney({ patient: first.patient });
    await ask('intake', first);
    await shift('billing', 100_000);
    expect(await ask('billing', second, { knows: [] })).toMatchObject(TO_TARGET);
    await reported(first);
    await reported(second);
    // The second's nearest is on target; the first's is not, though it is farther away.
    expect(await ask('portal', second, { knows: [] })).toMatchObject(HELD_BACK);
    const [third, fourth] = [newJourney(), newJourney()];
    const [alike, other] = [newJourney({ patient: third.patient }), newJourney({ patient: fourth.patient })];
    for (const each of [third, alike]) {
      await ask('billing', each, { knows: [] });
      await reported(each);
    }
    expect(await ask('portal', third, { knows: [] })).toMatchObject(TO_TARGET);
    // Where the episode is said, only its own journey counts.
    await ask('intake', other);
    await reported(other);
    await reported(fourth);
    await ask('billing', fourth, { knows: [] });
    expect(await ask('portal', fourth, { knows: ['episode'] })).toMatchObject(TO_TARGET);
  });

  it('is held back while the earlier phase is unattended, until somebody looks after it', async () => {
    await shift('landing', 100_000);
    await shift('intake', 100_000);
    const [before, during] = [newJourney(), newJourney()];
    for (const journey of [before, during]) expect(await ask('landing', journey)).toMatchObject(TO_TARGET);
    expect(await ask('intake', before)).toMatchObject(TO_TARGET);
    await runOut(db, keyOf('landing'));
    expect(await ask('intake', during)).toMatchObject(HELD_BACK);
    expect(await ask('intake', before)).toMatchObject({ side: 'target', reason: 'placedBefore' });
  });

  it('stays where they are in a later phase when an earlier one brings them back, and goes no further', async () => {
    for (const [phase] of PHASES.slice(0, 3)) await shift(phase, 100_000);
    const [ahead, behind] = [newJourney(), newJourney()];
    for (const journey of [ahead, behind]) await ask('landing', journey);
    await ask('intake', ahead);
    expect(await bringBack('landing')).toBe(2);
    expect(await ask('intake', ahead)).toMatchObject({ side: 'target', reason: 'placedBefore' });
    expect(await ask('intake', behind)).toMatchObject(HELD_BACK);
    expect(await ask('billing', ahead)).toMatchObject(TO_TARGET);
    expect(await ask('billing', behind)).toMatchObject(HELD_BACK);
  });
});

describe('two phases of one journey at the same time (I14)', () => {
  /** A session that has done `sql` and does not end its transaction until it is told to. */
  async function inTransaction(sql: string, values: readonly unknown[]): Promise<{ end(): Promise<void> }> {
    let end = (): void => undefined;
    let begun = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const holding = new Promise<void>((resolve) => (begun = resolve));
    const transaction = elsewhere.transaction(async (connection) => {
      await connection.query(sql, values);
      begun();
      await ended;
    });
    await Promise.race([holding, transaction]);
    return {
      end: async () => {
        end();
        await transaction;
      },
    };
  }

  async function waiting(locktype: 'advisory' | 'transactionid'): Promise<boolean> {
    const { rows } = await db.query(
      `SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = $1 AND NOT l.granted AND a.datname = current_database()`,
      [locktype],
    );
    return rows.length > 0;
  }

  it('waits for a bringing back that is under way, and follows it', async () => {
    await shift('landing', 100_000);
    await shift('intake', 100_000);
    const journey = newJourney();
    await ask('landing', journey);
    const moving = await inTransaction(
      `UPDATE placement SET side = 'legacy', moved_from = 'target', moved_at = clock_timestamp() WHERE migration = $1 AND unit = $2`,
      [migration, journey.visitor],
    );
    const answer = ask('intake', journey);
    await until('the placing to wait', () => waiting('transactionid'));
    await moving.end();
    expect(await answer).toMatchObject(HELD_BACK);
  });

  it('waits for a first placement on legacy that is under way, and follows it', async () => {
    await shift('intake', 100_000);
    const journey = newJourney();
    const placing = await inTransaction(
      `WITH held AS MATERIALIZED (SELECT hold_unit_keys($1, ARRAY[$2::text]))
       INSERT INTO placement (migration, phase, unit, cohort, side, epoch) SELECT $1, 'landing', $2, '${COHORT}', 'legacy', 1 FROM held`,
      [migration, journey.visitor],
    );
    const answer = ask('intake', journey);
    await until('the placing to wait', () => waiting('advisory'));
    await placing.end();
    expect(await answer).toMatchObject(HELD_BACK);
  });

  it('answers both, in whichever order: never legacy first and target after it', async () => {
    await shift('intake', 100_000);
    const orders = new Set<string>();
    for (let round = 0; round < 120; round += 1) {
      const journey = newJourney();
      const asks = [ask('landing', journey), ask('intake', journey, { by: elsewhere })];
      await Promise.all(round % 2 ? asks : asks.reverse());
      const { rows } = await db.query<{ phase: PhaseId; side: Side }>(
        `SELECT phase, side FROM placement WHERE migration = $1 AND unit = ANY ($2) ORDER BY xmin::text::bigint`,
        [migration, [journey.visitor, journey.episode]],
      );
      orders.add(rows.map(({ phase, side }) => `${phase} ${side}`).join(', '));
    }
    for (const order of orders) {
      expect(['landing legacy, intake legacy', 'intake target, landing legacy']).toContain(order);
    }
  });

  it('lets phases of the same and of crossed units wait for nobody in a circle', async () => {
    for (const [phase] of PHASES) await shift(phase, 50_000);
    const patient = `pat_${randomUUID()}`;
    const journeys = Array.from({ length: 12 }, () => newJourney({ patient }));
    for (const journey of journeys) await reported(journey);
    const returning = (async () => {
      await until('somebody to be placed', async () => {
        const { rows } = await db.query(`SELECT 1 FROM placement WHERE migration = $1 AND side = 'target' LIMIT 1`, [
          migration,
        ]);
        return rows.length > 0;
      });
      await bringBack('intake');
    })();
    const asked = journeys.flatMap((journey, index) =>
      PHASES.map(([phase]) =>
        ask(phase, journey, { by: index % 2 ? db : elsewhere, knows: index % 3 ? journey.names : [] }),
      ),
    );
    const answers = await Promise.all(asked);
    await returning;
    expect(answers).toHaveLength(48);
  });
});

describe('the price of looking back', () => {
  it('is a handful of index look-ups among 100,000 placements and 40,000 events', async () => {
    await db.query(
      `INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
       SELECT $1, p, k || '_' || md5(n::text), 'everyone', CASE WHEN n % 3 = 0 THEN 'legacy' ELSE 'target' END, 1
         FROM generate_series(1, 25000) n, unnest($2::text[], $3::text[]) AS u (p, k)`,
      [migration, PHASES.map(([phase]) => phase), ['vis', 'ep', 'sub', 'pat']],
    );
    // In parts: a statement has ten seconds, and this index takes each row at once.
    for (let first = 1; first < 40_000; first += 5_000) {
      await db.query(
        `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
       SELECT $1, '/legacy/site', n::text, 'intake.started', 'ep_' || md5(n::text), 'pat_' || md5(n::text),
              jsonb_build_object('visitor', 'vis_' || md5(n::text), 'episode', 'ep_' || md5(n::text), 'patient', 'pat_' || md5(n::text)),
              now(), 0, now(), '{}', now()
         FROM generate_series($2::int, $2::int + 4999) n`,
        [migration, first],
      );
    }
    await db.query('ANALYZE placement, event');
    for (const [phase] of PHASES) await shift(phase, 100_000);
    // One connection, and one transaction, whose own counters are looked at.
    const counted = await db.transaction(async (connection) => {
      const single = {
        query: connection.query.bind(connection),
        queryPrepared: (_: string, sql: string, values: readonly unknown[]) => connection.query(sql, values),
      } as unknown as Database;
      const read = async (): Promise<{ rows: number; indexed: number }> => {
        const { rows } = await connection.query<{ rows: number; indexed: number }>(
          `SELECT sum(seq_tup_read)::float8 AS rows, sum(idx_scan)::float8 AS indexed FROM pg_stat_xact_all_tables
            WHERE relname IN ('placement', 'event')`,
        );
        return rows[0] ?? { rows: Number.NaN, indexed: Number.NaN };
      };
      const costs: { rows: number; indexed: number }[] = [];
      for (const planned of ['force_custom_plan', 'force_generic_plan']) {
        await connection.query(`SELECT set_config('plan_cache_mode', $1, true)`, [planned]);
        for (const knows of [['visitor', 'episode', 'subscription', 'patient'], ['episode'], []] as UnitKind[][]) {
          const before = await read();
          await ask('portal', newJourney(), { knows, by: single });
          const after = await read();
          costs.push({ rows: after.rows - before.rows, indexed: after.indexed - before.indexed });
        }
      }
      return costs;
    });
    expect(counted).toHaveLength(6);
    for (const { rows, indexed } of counted) {
      expect(rows).toBe(0);
      expect(indexed).toBeGreaterThan(0);
      expect(indexed).toBeLessThan(40);
    }
  });
});
