import { describeViolation } from './check/violation';
import { checkWorlds, type CheckedRuns } from './check-worlds';
import { freshSeed } from './fresh-seed';
import { startHistoriesPostgres } from './own-servers';
import { PLANTED_FAULTS, plantFault, type PlantedFaultName } from './planted-faults';

const RUNS = 1_000;
const A_FEW = 120;
const MORE_RUNS = 1_200;
const AT_ONCE = 4;
/** Histories within which a planted fault must be found. */
const FOUND_WITHIN = 4_000;
/** What a process does not hear of, it only sees after a quarter of this, in milliseconds. */
const LONG_LEASE = 1_200;
/** Everything that can decide on a side, and what a fault does to an answer: without it a judge would have nothing to judge. */
const WANTED = [
  ...[
    'inShare',
    'outsideShare',
    'placedBefore',
    'previousPhase',
    'dayFull',
    'openFull',
    'committed',
    'limbo',
    'stale',
    'outOfReach',
  ],
].map((why) => `answered ${why}`);
const ALSO_WANTED = [
  'raised done',
  'rollback done',
  'committed done',
  'broughtBack',
  'declaredDead',
  'raised stale-epoch',
];

let stop: () => Promise<void>;
beforeAll(async () => {
  stop = await startHistoriesPostgres();
});
afterAll(async () => {
  await stop();
});

describe(`${RUNS} generated histories of ramps, rollbacks, restarts and outages, over three API processes`, () => {
  let checked: CheckedRuns;

  it('violate nothing: I1 to I4, I9, I14, numbers a day and caps', async () => {
    checked = await checkWorlds({ runs: RUNS, seed: freshSeed('histories'), atOnce: AT_ONCE });
    const told = checked.violations.map(
      ({ seed, history, violation }) => `${seed}/${history} ${describeViolation(violation)}`,
    );
    expect(told).toEqual([]);
    expect(checked.histories).toBe(RUNS);
  });

  it('have met everything that can decide on a side, and every kind of command', async () => {
    const missing = (): string[] => [...WANTED, ...ALSO_WANTED].filter((what) => !checked.seen.has(what));
    // A busy machine leaves no process out of reach for long enough: a few more, with room.
    for (let more = 0; missing().length > 0 && more < MORE_RUNS; more += A_FEW) {
      const { seen, violations } = await checkWorlds({ runs: A_FEW, seed: freshSeed('more histories'), atOnce: 2 });
      expect(violations.map(({ violation }) => describeViolation(violation))).toEqual([]);
      for (const [what, count] of seen) checked.seen.set(what, (checked.seen.get(what) ?? 0) + count);
    }
    expect(missing()).toEqual([]);
  });
});

describe('a fault of the protocol that is planted in the database', () => {
  const faults = Object.entries(PLANTED_FAULTS) as [PlantedFaultName, (typeof PLANTED_FAULTS)[PlantedFaultName]][];
  it.each(faults)('is found: %s', async (name, fault) => {
    const checked = await checkWorlds({
      ...{ runs: FOUND_WITHIN, seed: freshSeed(name), atOnce: AT_ONCE, untilFound: true, processLease: LONG_LEASE },
      plant: ({ db }) => plantFault(db, fault),
    });
    const [found] = checked.violations;
    process.stdout.write(
      `${fault.what}: found among ${checked.histories} histories, ${found?.violation.what ?? 'nothing'}\n`,
    );
    expect(checked.violations).not.toEqual([]);
  });
});
