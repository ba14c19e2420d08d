import type { RunOrder, DroppedAnswer, SandboxState, ToldAnswer } from '../../sandbox/control/control-contract';
import type { RunState } from '../../sandbox/runs/run-state';
import type { Fault } from '../../sandbox/stacks/fault';
import { rehearsalFailed } from './rehearsal-failure';

/** Speaks to the sandbox's control server. Failures are CliFailures. */
export class SandboxClient {
  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal,
  ) {}

  state(): Promise<SandboxState> {
    return this.ask('GET', '/state');
  }

  /** Replaces all faults. */
  async setFaults(faults: readonly Fault[]): Promise<void> {
    await this.ask('PUT', '/faults', { faults });
  }

  async startRun(request: RunOrder): Promise<RunState> {
    return (await this.ask<{ run: RunState }>('POST', '/runs', request)).run;
  }

  async stopRun(migration: string): Promise<void> {
    await this.ask('DELETE', `/runs/${encodeURIComponent(migration)}`);
  }

  dropped(migration: string): Promise<DroppedAnswer> {
    return this.ask('GET', `/dropped/${encodeURIComponent(migration)}`);
  }

  /** What everyone was told, by phase and unit. */
  async told(migration: string): Promise<ToldAnswer['told']> {
    return (await this.ask<ToldAnswer>('GET', `/told/${encodeURIComponent(migration)}`)).told;
  }

  private async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(new URL(path, this.url), {
        method,
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(10_000)]),
        ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      answer = await response.json();
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw rehearsalFailed('no-sandbox', 'The sandbox does not answer. See its log, logs/sandbox.log, in .handoff.');
    }
    if (response.ok) return answer as Answer;
    const detail = typeof answer === 'object' && answer !== null && 'detail' in answer ? String(answer.detail) : '';
    throw rehearsalFailed('sandbox-refused', `The sandbox refused (HTTP ${response.status}). ${detail}`);
  }
}
