import type { CommandSender, CommandToSend } from '../../activities/queues/command-sender';
import { judgeStatus, type HandedOver } from '../../domain/queues/redrive';
import type { Clock } from '../../domain/time/clock';
import type { Milliseconds } from '../../domain/time/duration';
import { postOnce } from '../../platform/post-once';
import { SIGNATURE_HEADER, signText } from '../../platform/sign-text';

export interface CommandWebhookOptions {
  /** Where commands are posted to. */
  url: string;
  /** Signs each of them (see `signText`). */
  secret: string;
  clock: Clock;
  timeout?: Milliseconds;
}

/** Posts each command as JSON to one URL, signed; a repetition has the same body and `Idempotency-Key`, and a signature of its own time. */
export class CommandWebhook implements CommandSender {
  constructor(private readonly options: CommandWebhookOptions) {}

  async send({ key, body }: CommandToSend): Promise<HandedOver> {
    const { url, secret, clock, timeout } = this.options;
    const answered = await postOnce({
      ...{ url, body, ...(timeout !== undefined && { timeout }) },
      headers: { 'idempotency-key': key, [SIGNATURE_HEADER]: signText(body, secret, clock.now()) },
    });
    return typeof answered === 'number' ? judgeStatus(answered) : { kind: 'away', why: answered, status: null };
  }
}
