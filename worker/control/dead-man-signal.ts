import { request } from 'undici';
import type { Clock } from '../../domain/time/clock';
import type { Milliseconds } from '../../domain/time/duration';
import type { Logger } from '../../platform/logger';
import { SIGNATURE_HEADER, signText } from '../../platform/sign-text';
import type { ControlFinding } from './control-watch';

export interface DeadManReceiver {
  /** Where "control is whole" goes. May hold a secret, as most such services want it: it is never logged nor put into an error. */
  url: string;
  /** Where "control is gone" goes, for services that take it; without it the silence says so. */
  failUrl?: string;
  method: 'GET' | 'POST';
  /** Signs each signal, as notices are signed. */
  secret?: string;
  /** Between two signals. */
  every: Milliseconds;
}

/** What was said: that control is whole, or that it is gone. */
export type SignalKind = 'whole' | 'gone';
/** `sent`: answered 2xx. `refused`: answered otherwise. `unreached`: not answered in time. */
export type SignalResult = 'sent' | 'refused' | 'unreached';

export interface DeadManOptions extends DeadManReceiver {
  clock: Clock;
  logger: Logger;
  onSignal?: (kind: SignalKind, result: SignalResult) => void;
  /** For one exchange. */
  timeout?: Milliseconds;
  /** Time that only ever goes on, in milliseconds. */
  elapsed?: () => number;
}

const TIMEOUT: Milliseconds = 5_000;
/** Between two tries where the receiver is away. */
const AGAIN_AFTER: Milliseconds = 5_000;
/** Of an answer's body, read so that the other end can finish. */
const IGNORED_BYTES = 65_536;

/**
 * Tells a service outside, again and again, that control is whole, so that it pages somebody when it no longer hears so. A signal goes out
 * only with a finding that was made just before, never by a timer of its own: a process that lives and sees nothing is silent.
 */
export class DeadManSignal {
  private said: { kind: SignalKind; at: number } | undefined;
  private tried: { kind: SignalKind; at: number } | undefined;
  private wholeSeen: number;
  private failures = 0;

  constructor(private readonly options: DeadManOptions) {
    this.wholeSeen = this.elapsed();
  }

  /** Says what was found, where it is time to. Never throws. */
  async tell(finding: ControlFinding): Promise<void> {
    const now = this.elapsed();
    const whole = finding.gaps.length === 0;
    if (whole) this.wholeSeen = now;
    const kind = whole ? 'whole' : 'gone';
    const url = whole ? this.options.url : this.options.failUrl;
    if (url === undefined || (!whole && !this.isGone(finding, now)) || !this.isDue(kind, now)) return;
    this.tried = { kind, at: now };
    const result = await this.send(url, { control: kind, ...(!whole && { gaps: finding.gaps }) });
    this.options.onSignal?.(kind, result);
    if (result === 'sent') this.said = { kind, at: now };
    this.logFailures(result);
  }

  /**
   * One worker that sees nothing is no loss of control while another is whole. Where nobody knows (Postgres is away), its own last whole
   * finding counts.
   */
  private isGone({ wholeAgo }: ControlFinding, now: number): boolean {
    return Math.min(wholeAgo ?? Infinity, now - this.wholeSeen) >= this.options.every;
  }

  private isDue(kind: SignalKind, now: number): boolean {
    const { every } = this.options;
    const elapsed = (last: { kind: SignalKind; at: number } | undefined): number =>
      last?.kind === kind ? now - last.at : Infinity;
    return elapsed(this.said) >= every && elapsed(this.tried) >= Math.min(every, AGAIN_AFTER);
  }

  private async send(url: string, what: unknown): Promise<SignalResult> {
    const { method, secret, clock, timeout = TIMEOUT } = this.options;
    const body = method === 'POST' ? JSON.stringify(what) : '';
    const type = method === 'POST' && { 'content-type': 'application/json' };
    try {
      const response = await request(url, {
        method,
        ...(method === 'POST' && { body }),
        headers: {
          'user-agent': 'warm-handoff',
          ...type,
          ...(secret !== undefined && { [SIGNATURE_HEADER]: signText(body, secret, clock.now()) }),
        },
        reset: true,
        signal: AbortSignal.timeout(timeout),
      });
      await response.body.dump({ limit: IGNORED_BYTES }).catch(() => undefined);
      // A redirect is not followed: the signal is for the declared receiver alone.
      return response.statusCode >= 200 && response.statusCode <= 299 ? 'sent' : 'refused';
    } catch {
      return 'unreached';
    }
  }

  /** At the first failure, and when it is over: how many there were. */
  private logFailures(result: SignalResult): void {
    const { logger } = this.options;
    if (result === 'sent') {
      if (this.failures > 0) logger.info({ failures: this.failures }, 'the dead-man signal arrives again');
      this.failures = 0;
      return;
    }
    this.failures += 1;
    if (this.failures === 1 || this.failures % 20 === 0) {
      logger.warn(
        { result, failures: this.failures },
        'the dead-man signal did not arrive: check HANDOFF_DEADMAN_URL and the service behind it',
      );
    }
  }

  private elapsed(): number {
    return (this.options.elapsed ?? (() => performance.now()))();
  }
}
