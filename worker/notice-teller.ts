import type { Notifier } from '../activities/notify/notifier';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import { takeUndelivered } from '../store/notices';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

const LOOK_EVERY: Milliseconds = 1_000;
const AT_ONCE = 20;

/**
 * Sends what was written down for any worker to send, and whatever whoever wrote it down could not deliver: again and again, each after a wait
 * that doubles up to five minutes, until it has arrived. A receiver that is away loses nothing.
 */
export function startNoticeTeller(parts: {
  db: Database;
  notifier: Notifier;
  logger: Logger;
  lookEvery?: Milliseconds;
}): Repeating {
  const { db, notifier, logger, lookEvery = LOOK_EVERY } = parts;
  return repeatUntilStopped(
    async () => {
      const notices = await takeUndelivered(db, AT_ONCE);
      for (const notice of notices) {
        await notifier.send(notice).catch((error: unknown) => {
          const { migration, kind, urgency } = notice;
          logger.warn(
            { migration, kind, urgency, failure: describeFailure(error) },
            'a notice was not delivered; it is sent again',
          );
        });
      }
      return notices.length < AT_ONCE ? lookEvery : 0;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'notices could not be looked for; trying again');
    },
  );
}
