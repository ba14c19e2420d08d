import type { CommandSenders, SystemOf } from '../activities/queues/command-sender';
import { ALL_TRIES_TAKE, type RedriveState } from '../domain/queues/redrive';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import { settleRedrive, takeRedrives, type TakenRedrive } from '../store/redrives';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

export interface RedriverOptions {
  db: Database;
  /** It sends to none but these: others have the rest. */
  senders: CommandSenders;
  logger: Logger;
  lookEvery?: Milliseconds;
  /** For so long it waits for somebody who knows the system. */
  unclaimedFor?: Milliseconds;
  /** Told of each try and each end: `waiting` is a try in vain that is made again. */
  onResult?: (state: RedriveState) => void;
}

const LOOK_EVERY: Milliseconds = 1_000;
const AT_ONCE = 20;
/**
 * After an outage there may be thousands: a system that has just come back is not run over, and one that hangs holds up no other. From so many on it gets no
 * more; and so many are taken at a time.
 */
const OF_ONE_SYSTEM = 4;

/**
 * R30: sends the commands that people had sent again to the systems that owe them, each until it was taken or refused, or had its last try. At least once: what
 * became of a try that nobody wrote down is not known, so it is made again, by the same key. Any number of workers may do it; each sends others.
 */
export function startRedriver({
  db,
  senders,
  logger,
  lookEvery = LOOK_EVERY,
  unclaimedFor = ALL_TRIES_TAKE,
  onResult,
}: RedriverOptions): Repeating {
  const startedAt = performance.now();
  const underWay = new Map<TakenRedrive, Promise<void>>();
  const send = async (taken: TakenRedrive): Promise<void> => {
    const { id, key, body, migration, exception, system, command, tries } = taken;
    try {
      const sender = senders.find({ migration, system });
      if (sender === undefined) throw new Error('A system that is known has no address.');
      const became = await sender.send({ key, body });
      const state = await settleRedrive(db, taken, became);
      onResult?.(state);
      const told = { migration, exception, redrive: id, system, command, tries, state };
      if (state === 'sent') logger.info(told, 'a missing command was sent again');
      else logger.warn(told, 'a missing command was not taken');
    } catch (error) {
      // Nobody knows what became of it: it is sent again when its claim has ended.
      logger.error(
        { migration, exception, redrive: id, failure: describeFailure(error) },
        'what became of a missing command could not be written down; it is sent again',
      );
    }
  };
  const looking = repeatUntilStopped(
    async () => {
      const limit = Math.min(AT_ONCE - underWay.size, OF_ONE_SYSTEM);
      // Whoever has just started cannot tell whether others only start as well.
      const others = performance.now() - startedAt >= unclaimedFor ? { known: senders.known, unclaimedFor } : undefined;
      const { taken, ended } = await takeRedrives(db, limit, idle(senders.known, [...underWay.keys()]), others);
      for (const state of ended) onResult?.(state);
      for (const one of taken) {
        underWay.set(
          one,
          send(one).finally(() => underWay.delete(one)),
        );
      }
      if (underWay.size >= AT_ONCE) await Promise.race(underWay.values());
      return taken.length < limit ? lookEvery : 0;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'missing commands could not be looked for; trying again');
    },
  );
  return {
    stop: async () => {
      await looking.stop();
      await Promise.all(underWay.values());
    },
  };
}

/** The systems that have not enough to do. */
function idle(known: readonly SystemOf[], underWay: readonly TakenRedrive[]): SystemOf[] {
  return known.filter(
    ({ migration, system }) =>
      underWay.filter((one) => one.migration === migration && one.system === system).length < OF_ONE_SYSTEM,
  );
}
