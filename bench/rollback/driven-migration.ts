import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CohortStatus } from '../../domain/phase/cohort-run';
import type { CohortStanding, MigrationStatus } from '../../domain/status/migration-status';
import { askAgain } from '../load/ask-again';

const ID = 'payment';
const PHASE = 'payment';
export const FLAG = `${ID}.${PHASE}`;
/** Ten minutes to a deadline become half a second. */
const TIME_SCALE = 1_200;
const COMES_WITHIN_MS = 60_000;

/** One missed handoff is one too many here: the outcome that crosses the limit is the first. */
function planText(): string {
  const yaml = readFileSync(join(__dirname, '..', '..', 'examples', 'payment.yaml'), 'utf8');
  const [tolerant, strict] = ['rule: { kind: zeroTolerance, missed: 10,', 'rule: { kind: zeroTolerance, missed: 0,'];
  if (!yaml.includes(tolerant)) throw new Error('examples/payment.yaml does not read as the benchmark expects.');
  return yaml.replace(tolerant, strict);
}

/** A migration of one phase, as people and stacks drive it over HTTP. */
export class DrivenMigration {
  private constructor(
    private readonly url: string,
    private readonly tokens: Readonly<Record<string, string>>,
  ) {}

  static async start(port: number, tokens: Readonly<Record<string, string>>): Promise<DrivenMigration> {
    const migration = new DrivenMigration(`http://127.0.0.1:${port}`, tokens);
    const plan = planText();
    await migration.post('release-manager-1', '/v1/migrations', { plan, id: ID, timeScale: TIME_SCALE });
    return migration;
  }

  /** Lets it begin, or go on after a rollback, until arrivals go to target. */
  async ramp(): Promise<void> {
    await this.comesTo('awaitingGoNoGo', 'rolledBack', 'notReady');
    if ((await this.standing())?.run?.status !== 'awaitingGoNoGo') {
      await this.command('release-manager-2', 'resume');
      await this.comesTo('awaitingGoNoGo');
    }
    await this.command('release-manager-2', 'approve');
    await this.command('clinical-lead-1', 'approve');
    await this.comesTo('watching');
  }

  async comesTo(...statuses: CohortStatus[]): Promise<void> {
    const deadline = Date.now() + COMES_WITHIN_MS;
    for (;;) {
      const status = (await this.standing())?.run?.status;
      if (status !== undefined && statuses.includes(status)) return;
      if (Date.now() > deadline)
        throw new Error(`The phase is ${String(status)}, and never came to ${statuses.join(' or ')}.`);
      await delay(100);
    }
  }

  async standing(): Promise<CohortStanding | undefined> {
    const headers = this.headersOf('engineer-1');
    const response = await askAgain(() => fetch(`${this.url}/v1/migrations/${ID}`, { headers }), COMES_WITHIN_MS);
    if (!response.ok) throw new Error(`The status was answered ${response.status}: ${await response.text()}`);
    const status = (await response.json()) as MigrationStatus;
    return status.phases[0]?.cohorts[0];
  }

  /** Rolls the phase back by hand; resolves with the answer. */
  async rollBack(): Promise<void> {
    await this.command('engineer-1', 'rollback', { scope: 'phase' });
  }

  /** A patient pays, and nothing follows. @returns the journey */
  async pays(subscription: string): Promise<string> {
    const journey = `ep_${randomUUID()}`;
    await this.post('sandbox-stacks', '/v1/events', {
      ...{ specversion: '1.0', id: randomUUID(), source: '/target/billing', type: 'payment.succeeded' },
      ...{ time: new Date().toISOString(), subject: `pat_${randomUUID()}`, journey, subscription, migration: ID },
      data: { program: 'weight', state: 'WA' },
    });
    return journey;
  }

  private async command(actor: string, name: string, body: object = {}): Promise<void> {
    await this.post(actor, `/v1/migrations/${ID}/phases/${PHASE}/${name}`, body);
  }

  private async post(actor: string, path: string, body: object): Promise<void> {
    const question = {
      method: 'POST',
      headers: {
        ...this.headersOf(actor),
        'Content-Type': path === '/v1/events' ? 'application/cloudevents+json' : 'application/json',
        'Idempotency-Key': randomUUID(),
      },
      body: JSON.stringify(body),
    };
    const response = await askAgain(() => fetch(`${this.url}${path}`, question), COMES_WITHIN_MS);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`);
  }

  private headersOf(actor: string): Record<string, string> {
    return { Authorization: `Bearer ${this.tokens[actor] ?? ''}` };
  }
}
