import { RunCounts } from '../../../activities/gates/run-counts';
import { SyntheticFigures } from '../../../activities/gates/synthetic-figures';
import type { MetricReading } from '../../../activities/gates/metric-source';
import type { GateSource } from '../../../domain/plan/plan-schema';
import type { RunOutcome } from '../../../domain/synthetic/synthetic-run';
import { claimRuns, endRun, tidyRuns } from '../../../store/synthetic-runs';
import { startMigration } from '../sides/started-migration';
import { itIsASourceForGates, type Fault, type RunningGateSource } from './gate-source-conformance';
import { startGateWorld, type GateWorld } from './gate-world';

type SyntheticSource = Extract<GateSource, { kind: 'synthetic' }>;

const STEPS = [{ get: '/front-door', status: 200 }];
const SOURCE: SyntheticSource = {
  ...{ kind: 'synthetic', connection: 'journey', every: 60_000, timeout: 5_000 },
  ...{ steps: STEPS, legacy: STEPS },
};

/** Its runs are its own: nothing of these comes from anybody else. */
const ITS_OWN = 'It counts rows of its own table: they are whole numbers, and there as soon as they are written.';
const STACKS = 'A stack that does so is what it looks for: that is a miss, and tested with the journeys.';
const CANNOT: Partial<Record<Fault, string>> = {
  ...{ 'gives NaN': ITS_OWN, 'gives an infinite number': ITS_OWN, 'gives null': ITS_OWN, 'gives text': ITS_OWN },
  ...{ 'gives a fraction': ITS_OWN, 'gives a negative number': ITS_OWN, 'gives a million rows': ITS_OWN },
  ...{ 'gives several where one is meant': ITS_OWN, 'gives more kept than there were': ITS_OWN },
  ...{ 'refuses the query': ITS_OWN, 'answers in part': ITS_OWN },
  ...{ 'has figures of the future': 'It goes by the clock of the database, which is the one that asks.' },
  ...{
    'has a clock that is an hour behind': 'There is one clock.',
    'has a clock that is an hour ahead': 'There is one clock.',
  },
  ...{ 'does not answer in time': STACKS, 'answers without end': STACKS, 'sends us elsewhere': STACKS },
  ...{ 'answers in another language': STACKS },
};

const BROUGHT: Partial<Record<Fault, string>> = {
  'gives nothing at all': 'DELETE FROM synthetic_run',
  'has old figures': `UPDATE synthetic_run SET ended_at = ended_at - interval '3 minutes'`,
  fails: 'ALTER TABLE synthetic_run RENAME TO nobody_knows_it',
};

let minute = 0;

/** A run that began now, of that side. */
async function addRun(
  { database: { db }, query }: GateWorld,
  side: 'target' | 'legacy',
  outcome: RunOutcome | null,
  { count = 1, cohort = query.cohort, over = '1 hour' } = {},
): Promise<void> {
  const { migration, phase, gate } = query;
  const from = minute;
  minute += count;
  await db.query(
    `INSERT INTO synthetic_run (migration, phase, cohort, gate, side, due_at, over_by, ended_at, outcome)
     SELECT $1, $2, $3, $4, $5, to_timestamp(60 * ($6 + n)), clock_timestamp() + $9::interval, CASE WHEN $7::text IS NULL THEN NULL ELSE clock_timestamp() END, $7
       FROM generate_series(1, $8::int) AS n`,
    [migration, phase, cohort, gate, side, from, outcome, count, over],
  );
}

function readOf(
  world: GateWorld,
  source = SOURCE,
  hasLegacy = true,
  runs = new RunCounts(world.database.db),
): Promise<MetricReading> {
  return world.read(() => new SyntheticFigures(runs, source, hasLegacy), source);
}

async function start(): Promise<RunningGateSource> {
  const world = await startGateWorld();
  const { db } = world.database;
  let ask = (): Promise<MetricReading> => readOf(world);
  return {
    read: () => ask(),
    add: async (figures) => {
      for (const side of ['target', 'legacy'] as const) {
        const { kept, missed } = figures[side];
        if (kept > 0) await addRun(world, side, 'kept', { count: kept });
        if (missed > 0) await addRun(world, side, 'missed', { count: missed });
      }
      // Another cohort's, which no gate of this one may see.
      await addRun(world, 'target', 'missed', { cohort: 'another' });
    },
    nextEpoch: () => world.nextEpoch(),
    bring: async (fault) => {
      const query = BROUGHT[fault];
      if (query !== undefined) await db.query(query);
      else if (fault === 'does not take the credentials') await addRun(world, 'target', 'untried');
      else if (fault === 'is not there') ask = () => world.read(() => undefined, SOURCE);
      else throw new Error(`Nothing brings it about: ${fault}`);
    },
    stop: () => world.stop(),
  };
}

describe('figures of synthetic patients', () => {
  itIsASourceForGates(start, CANNOT);
});

describe('runs that count', () => {
  let world: GateWorld;
  beforeEach(async () => {
    world = await startGateWorld();
  });
  afterEach(() => world.stop());

  const counted = async (): Promise<unknown> => {
    const answer = await readOf(world);
    return answer.kind === 'reading'
      ? [answer.reading.target.attempt.kept, answer.reading.target.attempt.missed]
      : answer.kind;
  };

  it('are those before which all have ended: the quick ones come no sooner than the slow', async () => {
    await addRun(world, 'target', 'kept', { count: 3 });
    await addRun(world, 'target', null);
    await addRun(world, 'target', 'kept', { count: 5 });
    await addRun(world, 'target', 'missed', { count: 2 });
    expect(await counted()).toEqual([3, 0]);
    await world.database.db.query(
      `UPDATE synthetic_run SET outcome = 'missed', ended_at = clock_timestamp() WHERE outcome IS NULL`,
    );
    expect(await counted()).toEqual([8, 3]);
  });

  it('are held up by one of the epoch before too, so that none counts for an epoch and not for its attempt', async () => {
    await addRun(world, 'target', null);
    await world.nextEpoch();
    await addRun(world, 'target', 'kept', { count: 2 });
    expect(await counted()).toBe('noData');
    await world.database.db.query(
      `UPDATE synthetic_run SET outcome = 'kept', ended_at = clock_timestamp() WHERE outcome IS NULL`,
    );
    expect(await readOf(world)).toMatchObject({
      reading: { target: { attempt: { kept: 3 }, epoch: { kept: 2 } } },
    });
  });

  it('are not held up by one whose worker is gone', async () => {
    await addRun(world, 'target', null, { over: '-1 second' });
    await addRun(world, 'target', 'lost');
    await addRun(world, 'target', 'kept', { count: 2 });
    expect(await counted()).toEqual([2, 0]);
  });

  it('are none before the first has ended, whoever went through legacy', async () => {
    expect(await counted()).toBe('noData');
    await addRun(world, 'legacy', 'kept', { count: 9 });
    await addRun(world, 'target', null);
    expect(await counted()).toBe('noData');
  });

  it('are counted again once the stack takes the credentials again', async () => {
    await addRun(world, 'target', 'untried', { count: 4 });
    expect(await counted()).toBe('sourceError');
    await addRun(world, 'target', 'kept');
    expect(await counted()).toEqual([1, 0]);
  });

  it('cannot be had of a legacy that the connection does not have', async () => {
    await addRun(world, 'target', 'kept');
    expect(await readOf(world, SOURCE, false)).toMatchObject({
      kind: 'sourceError',
      message: expect.stringContaining('legacy'),
    });
  });

  it('are read once: what has ended for good is not counted again, and nothing is lost or counted twice by that', async () => {
    const { db } = world.database;
    await world.ago(3_600_000);
    const runs = new RunCounts(db);
    const counts = async (): Promise<unknown> => {
      const [kept, anew] = [await readOf(world, SOURCE, true, runs), await readOf(world)];
      expect(kept).toEqual(anew);
      return kept.kind === 'reading' ? kept.reading.target.attempt : kept.kind;
    };
    await addRun(world, 'target', 'kept', { count: 4 });
    await addRun(world, 'target', null);
    await db.query(`UPDATE synthetic_run SET began_at = began_at - interval '10 minutes'`);
    await addRun(world, 'target', 'missed', { count: 3 });
    expect(await counts()).toMatchObject({ kept: 4, missed: 0 });
    await db.query(`UPDATE synthetic_run SET outcome = 'missed', ended_at = clock_timestamp() WHERE outcome IS NULL`);
    expect(await counts()).toMatchObject({ kept: 4, missed: 4 });
    await addRun(world, 'target', 'kept', { count: 2 });
    expect(await counts()).toMatchObject({ kept: 6, missed: 4 });
    // What is settled is in no statement any more.
    await db.query(`DELETE FROM synthetic_run WHERE began_at < clock_timestamp() - interval '5 minutes'`);
    expect(await readOf(world, SOURCE, true, runs)).toMatchObject({
      reading: { target: { attempt: { kept: 6, missed: 4 } } },
    });
  });

  it('are kept for as long as their attempt is under way, others for a month', async () => {
    const { db } = world.database;
    await addRun(world, 'target', 'kept', { count: 2 });
    await addRun(world, 'target', 'kept', { cohort: 'another', count: 3 });
    await db.query(`UPDATE synthetic_run SET began_at = began_at - interval '31 days'`);
    await world.ago(40 * 86_400_000);
    await addRun(world, 'target', 'kept', { cohort: 'another' });
    expect(await tidyRuns(db)).toBe(3);
    expect(await counted()).toEqual([2, 0]);
  });
});

describe('a run', () => {
  let world: GateWorld;
  beforeEach(async () => {
    world = await startGateWorld();
  });
  afterEach(() => world.stop());

  const wanted = (longest = 5_000) => {
    const { migration, phase, cohort, gate } = world.query;
    return [{ migration, phase, cohort, gate, side: 'target', every: 3_600_000, longest } as const];
  };

  it('is claimed once, whoever asks at the same time', async () => {
    const { db } = world.database;
    // Twice at most, where the hour of its grid ends just now.
    const all = await Promise.all(Array.from({ length: 8 }, () => claimRuns(db, wanted(), 10)));
    const { rows } = await db.query('SELECT DISTINCT due_at FROM synthetic_run');
    expect(all.flat()).toHaveLength(rows.length);
    expect(rows.length).toBeGreaterThanOrEqual(1);
  });

  it('is of the migration first that has the fewest under way, and never more than its part are of one', async () => {
    const { db } = world.database;
    const { migration, ...of } = world.query;
    await startMigration(db, { id: 'another' });
    await db.query(
      `INSERT INTO split (migration, phase, cohort, epoch, attempt_epoch, share, mode, lease_ms, lease_until)
       SELECT 'another', phase, cohort, epoch, attempt_epoch, share, mode, lease_ms, lease_until FROM split WHERE migration = $1`,
      [migration],
    );
    const { phase, cohort } = of;
    const many = Array.from({ length: 9 }, (_, n) => ({ migration, phase, cohort, gate: `gate-${n}` }));
    const all = [...many, { migration: 'another', phase, cohort, gate: 'only' }].map((one) => ({
      ...one,
      ...({ side: 'target', every: 3_600_000, longest: 5_000 } as const),
    }));
    const fair = { underWay: new Map([[migration, 4]]), most: 6 };
    const first = await claimRuns(db, all, 1, fair);
    expect(first.map(({ gate }) => gate)).toEqual(['only']);
    expect((await claimRuns(db, all.slice(0, 9), 20, fair)).length).toBe(2);
  });

  it('is nobody’s once its split takes no arrivals', async () => {
    const { db } = world.database;
    await db.query(`UPDATE split SET share = 0, lease_until = NULL`);
    expect(await claimRuns(db, wanted(), 10)).toEqual([]);
    await db.query(`UPDATE split SET share = 10000, lease_until = clock_timestamp() - interval '1 second'`);
    expect(await claimRuns(db, wanted(), 10)).toEqual([]);
    await db.query(`UPDATE split SET lease_until = clock_timestamp() + interval '1 minute'`);
    expect(await claimRuns(db, wanted(), 10)).toHaveLength(1);
  });

  it('stays lost where its end comes too late to be believed', async () => {
    const { db } = world.database;
    const [run] = await claimRuns(db, wanted(), 1);
    await db.query(`UPDATE synthetic_run SET over_by = clock_timestamp() - interval '1 second'`);
    await endRun(db, run?.id ?? '', { outcome: 'kept', step: null, why: null, status: 200 });
    const { rows } = await db.query('SELECT outcome FROM synthetic_run');
    expect(rows).toEqual([{ outcome: 'lost' }]);
  });
});
