import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { Milliseconds } from '../../domain/time/duration';
import type { Channel } from './channel';
import { kindWords, noticeKey } from './channel';
import { NotDelivered } from './not-delivered';
import type { Notice } from './notifier';

export interface MailOptions {
  name: string;
  /** `smtp://user:password@host:587` or `smtps://…`. */
  url: string;
  from: string;
  to: readonly string[];
  timeout?: Milliseconds;
}

const DEFAULT_TIMEOUT: Milliseconds = 20_000;

/** Sends each notice as a mail of plain text. Its `Message-ID` is the same for a repetition, and notices about one incident are one thread. */
export class MailChannel implements Channel {
  readonly kind = 'mail';
  readonly name: string;

  constructor(private readonly options: MailOptions) {
    this.name = options.name;
  }

  async deliver(notice: Notice): Promise<void> {
    if (notice.incident?.state === 'acknowledged') return;
    const { url, from, to, name, timeout = DEFAULT_TIMEOUT } = this.options;
    const times = { connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout, dnsTimeout: timeout };
    const transport = createTransport({ url, ...times, disableFileAccess: true, disableUrlAccess: true });
    const { incident, migration } = notice;
    const thread = incident === undefined ? {} : { references: messageId(`${name} ${migration}/${incident.key}`) };
    try {
      await transport.sendMail({
        ...{ from, to: [...to], subject: subjectOf(notice), text: `${notice.message}\n` },
        messageId: messageId(`${name} ${noticeKey(notice)}`),
        ...thread,
        // Nobody's holiday reply is wanted.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      throw new NotDelivered(whatHappened(error));
    } finally {
      transport.close();
    }
  }
}

function subjectOf(notice: Notice): string {
  const { urgency, migration, team } = notice;
  return `${urgency === 'page' ? '[page] ' : ''}${migration}: ${kindWords(notice)}${team === undefined ? '' : ` (${team})`}`;
}

function messageId(key: string): string {
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@warm-handoff>`;
}

/** In a few words, and none of the server's, which may quote an address. */
function whatHappened(error: unknown): string {
  const status = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return typeof status === 'number' ? `answered ${status}` : 'could not be reached';
}
