import type { Queryable } from '../../store/database';
import { deliveriesOf, markDelivered, markHandedOver, recordNotice } from '../../store/notices';
import type { Channel } from './channel';
import type { Notice, Notifier } from './notifier';

/**
 * Tells people by one channel or several. A notice is recorded before it is sent, and each channel that took it is noted, so that one that is
 * away keeps no other from being told, and is given the notice alone when it is tried again. Repeating after NotDelivered is the caller's.
 */
export class ChannelsNotifier implements Notifier {
  /** @param channelsFor where a notice goes: never nowhere */
  constructor(
    private readonly db: Queryable,
    private readonly channelsFor: (notice: Notice) => readonly Channel[],
  ) {}

  async send(notice: Notice): Promise<void> {
    const { id, alreadyDelivered } = await recordNotice(this.db, notice);
    if (alreadyDelivered) return;
    const taken = await deliveriesOf(this.db, id);
    const failures: unknown[] = [];
    for (const channel of this.channelsFor(notice)) {
      if (taken.has(channel.name)) continue;
      try {
        await channel.deliver(notice);
        await markHandedOver(this.db, id, channel.name);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    await markDelivered(this.db, id);
  }
}
