import type { ChannelKind, Notice } from './notifier';

/** One way out to people: an address, and how it is spoken to. */
export interface Channel {
  /** By which deliveries are told apart; stable over restarts, and no address. */
  readonly name: string;
  readonly kind: ChannelKind | 'log';
  /**
   * Hands a notice over. The same notice is given again where nobody knows whether it arrived: by a key of the notice's own the
   * receiver knows the repetition, where its protocol has one. @throws NotDelivered
   */
  deliver(notice: Notice): Promise<void>;
}

/** What happened, in words: `limitCrossed` is `limit crossed`. */
export function kindWords({ kind }: Pick<Notice, 'kind'>): string {
  return kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Unique among all that is ever told: a once-key is unique within its migration. */
export function noticeKey({ migration, onceKey }: Pick<Notice, 'migration' | 'onceKey'>): string {
  return `${migration}/${onceKey}`;
}
