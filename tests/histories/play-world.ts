import { createTestDatabase } from '../setup/test-database';
import { playHistory, type PlayedHistory } from './play-history';
import { worldScript } from './script';
import { World } from './world';

/** Of an API process, in milliseconds: how long a rollback waits at most for one that is cut off. One that only looks does so four times in it. */
const PROCESS_LEASE = 500;
/** How long the deeds and faults of a world are spread over, in milliseconds. */
const LASTS = 20_000;

export interface WorldOptions {
  seed: number;
  /** How many histories are played in it at once. */
  histories: number;
  /** Another lease of API processes. */
  processLease?: number;
  /** Changes the database before anything happens: a planted fault. */
  plant?: (world: World) => Promise<void>;
}

/** Plays the histories that a seed gives at the same time, over three API processes of their own and a database of their own. */
export async function playWorld(options: WorldOptions): Promise<PlayedHistory[]> {
  const { seed, histories, processLease = PROCESS_LEASE, plant } = options;
  const script = worldScript(seed, { histories, lasts: LASTS, processLease });
  const database = await createTestDatabase();
  try {
    const world = await World.open(database.url, { processLease, faults: script.faults });
    try {
      await plant?.(world);
      const playing = await Promise.all(script.histories.map((one, number) => playHistory(world, number, one)));
      await Promise.all([world.suffer(script.faults), ...playing.map((one) => one.play())]);
      await world.settle();
      await Promise.all(playing.map((one) => one.finish()));
      return playing;
    } finally {
      await world.close();
    }
  } finally {
    await database.drop();
  }
}
