import type { Logger } from '../../platform/logger';
import type { Queryable } from '../../store/database';
import { markDelivered, recordNotice } from '../../store/notices';
import type { Notice, Notifier } from './notifier';

/**
 * Where no receiver is configured: a notice becomes a line of the worker's log, at `warn` where a person must act. The line says what
 * happened and where; the message, which may hold what somebody typed, stays in the table `notice` (I15).
 */
export class LogNotifier implements Notifier {
  constructor(
    private readonly db: Queryable,
    private readonly logger: Logger,
  ) {}

  async send(notice: Notice): Promise<void> {
    const { id, alreadyDelivered } = await recordNotice(this.db, notice);
    if (alreadyDelivered) return;
    const { onceKey, migration, phase, cohort, kind, urgency } = notice;
    this.logger[urgency === 'page' ? 'warn' : 'info'](
      { onceKey, migration, phase, cohort, kind, urgency },
      'A notice for people; its message is in the table notice.',
    );
    await markDelivered(this.db, id);
  }
}
