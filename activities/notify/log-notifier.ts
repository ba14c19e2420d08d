import type { Logger } from '../../platform/logger';
import type { Queryable } from '../../store/database';
import type { Channel } from './channel';
import { ChannelsNotifier } from './channels-notifier';
import type { Notice } from './notifier';

/**
 * Where no receiver is configured: a notice becomes a line of the worker's log, at `warn` where a person must act. The line says what
 * happened and where; the message, which may hold what somebody typed, stays in the table `notice` (I15).
 */
export class LogChannel implements Channel {
  readonly kind = 'log';
  readonly name = 'log';

  constructor(private readonly logger: Logger) {}

  deliver({ onceKey, migration, phase, cohort, kind, urgency, team }: Notice): Promise<void> {
    this.logger[urgency === 'page' ? 'warn' : 'info'](
      { onceKey, migration, phase, cohort, kind, urgency, ...(team !== undefined && { team }) },
      'A notice for people; its message is in the table notice.',
    );
    return Promise.resolve();
  }
}

/** Tells by the log alone. */
export class LogNotifier extends ChannelsNotifier {
  constructor(db: Queryable, logger: Logger) {
    const log = new LogChannel(logger);
    super(db, () => [log]);
  }
}
