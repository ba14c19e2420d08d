import type { Logger } from '../../platform/logger';
import type { Queryable } from '../../store/database';
import { markDelivered, recordNotice } from '../../store/notices';
import type { Notice, Notifier } from './notifier';

/** Where no receiver is configured: a notice becomes a line of the worker's log, at `warn` where a person must act. */
export class LogNotifier implements Notifier {
  constructor(
    private readonly db: Queryable,
    private readonly logger: Logger,
  ) {}

  async send(notice: Notice): Promise<void> {
    const { id, alreadyDelivered } = await recordNotice(this.db, notice);
    if (alreadyDelivered) return;
    const { onceKey, migration, phase, cohort, kind, urgency, message } = notice;
    this.logger[urgency === 'page' ? 'warn' : 'info']({ onceKey, migration, phase, cohort, kind, urgency }, message);
    await markDelivered(this.db, id);
  }
}
