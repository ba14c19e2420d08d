import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Notice } from '../../../activities/notify/notifier';
import { askAgain } from '../../../bench/load/ask-again';
import type { AuditEntry, AuditPage } from '../../../domain/status/audit-page';
import type { GateOfCohort, GatesOfPhase } from '../../../domain/status/gates-of-phase';
import type { CohortStanding, MigrationStatus } from '../../../domain/status/migration-status';
import type { DroppedAnswer, RunOrder } from '../../../sandbox/control/control-contract';
import type { DroppedEvent } from '../../../sandbox/events/event-tally';
import type { Fault } from '../../../sandbox/stacks/fault';
import type { RunningSystem } from '../../../supervisor/running-system';
import { startSystem } from '../../../supervisor/start-system';
import { startLocalHttpServer, type LocalHttpServer } from '../../integration/local-http-server';
import { ensureBuilt } from '../../setup/built-system';
import { until } from '../../setup/until';
import { livePlan, PHASE, TIME_SCALE, type LivePlan } from './live-plan';

/** For as long as a machine with other work may take. */
const PATIENCE_MS = 150_000;

export interface Answer {
  status: number;
  body: unknown;
}

export interface LiveMigration {
  id: string;
  plan: LivePlan;
  /** Who comes a second of the wall clock, on both sides together. */
  patients: number;
  /** The parts of the journey that the phase moves. */
  parts: readonly (keyof Extract<RunOrder, { kind: 'journey' }>['phases'])[];
}

/** The whole system as it is built, with its stacks and their patients, and a receiver of its notices. */
export class LiveSystem {
  private faults: Fault[] = [];

  private constructor(
    private readonly folder: string,
    private readonly system: RunningSystem,
    private readonly receiver: LocalHttpServer,
  ) {}

  static async start(): Promise<LiveSystem> {
    ensureBuilt();
    const folder = mkdtempSync(join(tmpdir(), 'handoff-gates-'));
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o711 });
    const receiver = await startLocalHttpServer();
    const channels = join(folder, 'channels.json');
    const channel = { name: 'people', kind: 'webhook', urlFrom: 'PEOPLE_URL', secretFrom: 'PEOPLE_SECRET' };
    writeFileSync(channels, JSON.stringify({ channels: [channel] }));
    const system = await startSystem({
      ...{ home, quiet: true },
      environment: {
        ...process.env,
        SANDBOX_DEMO: 'off',
        HANDOFF_CHANNELS_FILE: channels,
        PEOPLE_URL: `${receiver.url}/notices`,
        PEOPLE_SECRET: 'secret-of-the-test-receiver',
      },
    });
    return new LiveSystem(folder, system, receiver);
  }

  async stop(): Promise<void> {
    await this.system.stop();
    await this.receiver.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a command of the CLI needs to speak as somebody. */
  environmentOf(actor: string): Record<string, string> {
    return { HANDOFF_URL: this.system.apiUrl, HANDOFF_TOKEN: this.system.tokens[actor] ?? '' };
  }

  async ask(actor: string, path: string, body?: unknown): Promise<Answer> {
    const question = {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${this.system.tokens[actor] ?? ''}`,
        'content-type': 'application/json',
        ...(body !== undefined && { 'idempotency-key': randomUUID() }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const response = await askAgain(() =>
      fetch(`${this.system.apiUrl}/v1/migrations${path}`, { ...question, signal: AbortSignal.timeout(20_000) }),
    );
    return { status: response.status, body: await response.json() };
  }

  /** @throws Error where it is refused */
  private async done<Body>(actor: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.ask(actor, path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Body;
  }

  /** Starts it, lets two people say go, and lets patients come. */
  async launch({ id, plan, patients, parts }: LiveMigration): Promise<void> {
    const text = JSON.stringify(livePlan(plan));
    await this.done('release-manager-1', '', { plan: text, id, timeScale: TIME_SCALE });
    await this.waitFor(`${id} to ask for the go`, async () =>
      (await this.cohorts(id)).every(({ run }) => run?.request?.kind === 'goNoGo'),
    );
    for (const actor of ['release-manager-2', 'clinical-lead-1'])
      await this.done(actor, `/${id}/phases/${PHASE}/approve`, {});
    const subscribed = plan.kind === 'portalRefills';
    await this.sandbox('POST', '/runs', {
      kind: 'journey',
      migration: id,
      timeScale: TIME_SCALE,
      seed: `seed of ${id}`,
      phases: Object.fromEntries(parts.map((part) => [part, PHASE])),
      visitorsPerHour: (patients * 3_600) / TIME_SCALE,
      prefixes: { visitor: 'vis', patient: 'pat', episode: 'ep', subscription: 'sub' },
      mix: {
        state: { CA: 1, FL: 1, NY: 1, TX: 1, WA: 1 },
        relation: subscribed ? { existing: 1 } : { new: 1 },
      },
    } satisfies RunOrder);
  }

  /** Nobody new comes. */
  async rest(id: string): Promise<void> {
    await this.sandbox('DELETE', `/runs/${id}`);
  }

  /** Besides those that there are. */
  async plant(...faults: Fault[]): Promise<void> {
    this.faults.push(...faults);
    await this.sandbox('PUT', '/faults', { faults: this.faults });
  }

  /** What target did wrong, by the stacks' own record. */
  async planted(what: 'dropped' | 'repeated' | 'misstated', id: string): Promise<readonly DroppedEvent[]> {
    return (await this.sandbox<DroppedAnswer>('GET', `/${what}/${id}`)).target;
  }

  private async sandbox<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await fetch(new URL(path, this.system.sandboxUrl), {
      ...{ method, headers: { 'content-type': 'application/json' } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  status(id: string): Promise<MigrationStatus> {
    return this.done<MigrationStatus>('engineer-1', `/${id}`);
  }

  async cohorts(id: string): Promise<CohortStanding[]> {
    return (await this.status(id)).phases[0]?.cohorts ?? [];
  }

  async cohort(id: string, cohort: string): Promise<CohortStanding> {
    const found = (await this.cohorts(id)).find((one) => one.cohort === cohort);
    if (found === undefined) throw new Error(`${id} has no ${cohort}.`);
    return found;
  }

  /** The page. */
  async gate(id: string, cohort: string, gate: string): Promise<GateOfCohort> {
    const query = new URLSearchParams({ cohort, gate }).toString();
    const { gates } = await this.done<GatesOfPhase>('engineer-1', `/${id}/phases/${PHASE}/gates?${query}`);
    const [found] = gates;
    if (found === undefined || gates.length !== 1) throw new Error(`${id} has ${gates.length} gates ${gate}.`);
    return found;
  }

  async audit(id: string): Promise<AuditEntry[]> {
    const entries: AuditEntry[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: AuditPage = await this.done<AuditPage>('engineer-1', `/${id}/audit?after=${after}`);
      entries.push(...page.entries);
      after = page.next;
    }
    return entries;
  }

  /** What people were told of a migration. */
  told(id: string): Notice[] {
    return this.receiver.received
      .map(({ body }) => JSON.parse(body) as Notice)
      .filter(({ migration }) => migration === id);
  }

  /** Says what it was like at last where it waits in vain. */
  waitFor<Found>(
    what: string,
    ask: () => Found | undefined | false | Promise<Found | undefined | false>,
  ): Promise<Found> {
    return until(what, ask, PATIENCE_MS);
  }
}
