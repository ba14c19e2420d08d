import { Database } from '../../../store/database';
import { HandoffMetricSource } from '../../../activities/gates/handoff-metric-source';
import { writeOccurrences } from '../../../store/occurrence-rows';
import { FAULTS, itIsASourceForGates, type Fault, type RunningGateSource } from './gate-source-conformance';
import { startGateWorld } from './gate-world';

let journeys = 0;

async function start(): Promise<RunningGateSource> {
  const world = await startGateWorld();
  const reader = Database.connect({ url: world.database.url, applicationName: 'gate' });
  const { query } = world;
  let handoff = query.handoff;
  const add = async (side: 'legacy' | 'target', outcome: 'kept' | 'missed', count: number): Promise<void> => {
    const startedAt = Date.now() - 3_600_000;
    const rows = Array.from({ length: count }, () => {
      journeys += 1;
      const { migration, phase, cohort } = query;
      return {
        ...{ migration, phase, cohort, handoff: query.handoff, side, toSide: side, ordinal: 0, outcome },
        ...{ journey: `ep_${journeys}`, subject: `pat_${journeys}`, epoch: String(query.epoch) },
        ...{ startedAt, deadlineAt: startedAt + 600_000, endedAt: startedAt + 1_000, final: true },
        ...{
          recoveredAt: null,
          repeated: 0,
          pausedSince: null,
          secondEnds: 0,
          why: null,
          recoveredBy: null,
          maturesAt: null,
        },
      };
    });
    await writeOccurrences(world.database.db, rows);
  };
  return {
    read: () => new HandoffMetricSource(reader).read({ ...query, handoff }),
    add: async ({ target, legacy }) => {
      for (const [side, { kept, missed }] of [['target', target] as const, ['legacy', legacy] as const]) {
        await add(side, 'kept', kept);
        await add(side, 'missed', missed);
      }
    },
    nextEpoch: () => world.nextEpoch(),
    bring: async (fault) => {
      if (fault === 'is not there') await reader.close();
      else handoff = 'nobody-started-it';
    },
    stop: async () => {
      await reader.close().catch(() => undefined);
      await world.stop();
    },
  };
}

/** Its rows are this product's own, counted by Postgres; that they come late has a test of its own, beside the source's. */
const NOT_ITS_OWN = Object.fromEntries(
  (Object.keys(FAULTS) as Fault[])
    .filter((fault) => fault !== 'is not there' && fault !== 'gives nothing at all')
    .map((fault) => [fault, 'Its figures are counted from rows of this schema.']),
);

describe("the outcomes of a migration's own handoffs", () => {
  itIsASourceForGates(start, NOT_ITS_OWN);
});
