import type { Notice, Notifier } from '../activities/notify/notifier';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import { leaveUndelivered, takeUndelivered } from '../store/notices';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

const LOOK_EVERY: Milliseconds = 1_000;
const AT_ONCE = 20;

/**
 * Sends what was written down for any worker to send, and whatever whoever wrote it down could not deliver: again and again, each after a wait
 * that doubles up to five minutes, until it has arrived. A receiver that is away loses nothing, and what goes to others does not wait for it.
 */
export function startNoticeTeller(parts: {
  db: Database;
  notifier: Notifier;
  logger: Logger;
  lookEvery?: Milliseconds;
}): Repeating {
  const { db, notifier, logger, lookEvery = LOOK_EVERY } = parts;
  const underWay = new Set<Promise<void>>();
  const send = async (notice: Notice): Promise<void> => {
    try {
      await notifier.send(notice);
    } catch (error) {
      const { migration, kind, urgency } = notice;
      logger.warn(
        { migration, kind, urgency, failure: describeFailure(error) },
        'a notice was not delivered; it is sent again',
      );
      // Where that fails too, it is sent again when its claim has ended.
      await leaveUndelivered(db, notice).catch((failed: unknown) => {
        logger.warn(
          { migration, kind, failure: describeFailure(failed) },
          'a notice is sent again later than it should',
        );
      });
    }
  };
  const looking = repeatUntilStopped(
    async () => {
      const free = AT_ONCE - underWay.size;
      const notices = await takeUndelivered(db, free);
      for (const notice of notices) {
        const sending = send(notice).finally(() => underWay.delete(sending));
        underWay.add(sending);
      }
      if (underWay.size < AT_ONCE) return lookEvery;
      await Promise.race(underWay);
      return 0;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'notices could not be looked for; trying again');
    },
  );
  return {
    stop: async () => {
      await looking.stop();
      await Promise.all(underWay);
    },
  };
}
