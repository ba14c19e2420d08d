import type { Channel } from '../activities/notify/channel';
import { ChannelsNotifier } from '../activities/notify/channels-notifier';
import { ChatChannel } from '../activities/notify/chat-channel';
import { LogChannel } from '../activities/notify/log-notifier';
import { MailChannel } from '../activities/notify/mail-channel';
import type { Notice, Notifier } from '../activities/notify/notifier';
import { PagerChannel } from '../activities/notify/pager-channel';
import { WebhookChannel } from '../activities/notify/webhook-channel';
import type { Logger } from '../platform/logger';
import { systemClock } from '../platform/system-clock';
import type { Queryable } from '../store/database';
import type { ChannelEntry } from './channels-file';
import type { WorkerConfiguration } from './config';

/** Tells people by the channels that the environment declares; by the log alone where it declares none. */
export function notifierFor(
  { notify, channels = [] }: Pick<WorkerConfiguration, 'notify' | 'channels'>,
  db: Queryable,
  logger: Logger,
): Notifier {
  const declared = channels.map((entry) => ({ teams: entry.teams, channel: channelOf(entry) }));
  const everything = notify === undefined ? [] : [new WebhookChannel({ ...notify, clock: systemClock })];
  return new ChannelsNotifier(db, channelsFor(declared, everything, new LogChannel(logger)));
}

interface Declared {
  teams: readonly string[] | undefined;
  channel: Channel;
}

/**
 * Where a notice goes. One for a team: by the channels that lead to it, of the kinds that the plan names; where none of those kinds does, by all that
 * lead to it; where none leads to it at all, by those that lead to nobody in particular. Nothing is told to nobody: the log is the last.
 */
export function channelsFor(
  declared: readonly Declared[],
  everything: readonly Channel[],
  log: Channel,
): (notice: Notice) => readonly Channel[] {
  const general = declared.filter(({ teams }) => teams === undefined);
  return ({ team, kinds }) => {
    const own = team === undefined ? [] : declared.filter(({ teams }) => teams?.includes(team));
    const leading = (own.length > 0 ? own : general).map(({ channel }) => channel);
    const named = leading.filter(({ kind }) => kind !== 'log' && kinds?.includes(kind) === true);
    const chosen = [...(named.length > 0 ? named : leading), ...everything];
    return chosen.length > 0 ? chosen : [log];
  };
}

function channelOf(entry: ChannelEntry): Channel {
  switch (entry.kind) {
    case 'pager':
      return new PagerChannel(entry);
    case 'chat':
      return new ChatChannel(entry);
    case 'mail':
      return new MailChannel(entry);
    case 'webhook':
      return new WebhookChannel({ ...entry, clock: systemClock });
  }
}
