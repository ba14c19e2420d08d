import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Evaluation } from '../../../api/decisions/evaluate-flag';
import type { ExceptionPage } from '../../../domain/status/exception-page';
import type { CohortStanding, MigrationStatus } from '../../../domain/status/migration-status';
import { askAgain } from '../../../bench/load/ask-again';
import { packageRoot } from '../../../platform/package-root';
import { until } from '../../setup/until';
import type { BroughtBack, ExceptionsSeen, Recorded, Setting, SplitCommanded } from '../history';
import type { CrashPart } from './crash-script';
import type { CrashSystem } from './crash-system';

const PHASE = 'payment';
const PILOT = 'pilot';
const COHORTS = [PILOT, 'all-arrivals'] as const;
const SHARE = 50_000;
/** Where nobody shifts anything of its own accord: before the step, on it, or held for people. */
const AT_REST = ['watching', 'held', 'paused', 'rolledBack', 'awaitingGoNoGo', 'notReady'];
const COMES_WITHIN_MS = 120_000;
/** Questions of one migration that are under way at once, each a while after the one before. */
const ASKERS = 3;
const ASKS_EACH_MS = 25;

/** The example with a short lease, two cohorts, and half of them on target at once. */
function planOf({ inFlight }: CrashPart): string {
  const changes = [
    ['      - id: all-arrivals\n', '      - { id: pilot, when: { state: [WA] } }\n      - id: all-arrivals\n'],
    ['{ share: 10%, watch: 45m }', '{ share: 50%, watch: 45m }'],
    ['      - { share: 25%, watch: 45m }\n', ''],
    ['share: 50%\n        watch: 45m\n', 'share: 60%\n        watch: 45m\n'],
    ['    soak: 90m\n', '    lease: 4s\n    onUnknown: { beforeCommit: legacy, afterCommit: target }\n    soak: 90m\n'],
    ['      otherwise: finish\n', `      otherwise: ${inFlight}\n`],
    ['policy: finish', `policy: ${inFlight}`],
    ['    capacity: 200\n', '    capacity: 9000\n'],
  ] as const;
  const yaml = readFileSync(join(packageRoot(), 'examples', 'payment.yaml'), 'utf8');
  return changes.reduce((text, [find, put]) => {
    if (!text.includes(find)) throw new Error(`examples/payment.yaml does not have this: ${find}`);
    return text.replace(find, put);
  }, yaml);
}

/** One migration that ramps, is asked for sides all the time, and may be rolled back, while processes are killed around it. */
export class CrashHistory {
  readonly history: Recorded[] = [];
  readonly setting: Setting;
  /** What ends the asking. */
  private over = false;
  private readonly journeys: { state: string; keys: Setting['journeys'][number] }[] = [];
  private asking: Promise<unknown> = Promise.resolve();
  private broughtBack: BroughtBack[] = [];

  constructor(
    private readonly system: CrashSystem,
    private readonly id: string,
    private readonly part: CrashPart,
    /** The next moment of one clock. */
    private readonly tick: () => number,
  ) {
    const journeys: Setting['journeys'] = [];
    this.setting = { salt: null, phases: [{ id: PHASE, unit: 'subscription' }], journeys };
  }

  /** Ramps, and begins to ask. */
  async begin(): Promise<void> {
    await this.first('release-manager-1', '/v1/migrations', { plan: planOf(this.part), id: this.id });
    await this.comesTo(['awaitingGoNoGo']);
    // From here on the engine may raise by what people approved, again after each lapse that is short.
    for (const cohort of COHORTS) this.history.push(permitted(cohort, this.tick()));
    for (const actor of ['release-manager-2', 'clinical-lead-1']) await this.first(actor, this.pathOf('approve'), {});
    await this.comesTo(['watching']);
    await this.look();
    this.asking = Promise.all(Array.from({ length: ASKERS }, (_, asker) => this.goOnAsking(asker)));
  }

  /** Rolls back at its time, however long the answer takes: until it is there, the command is repeated. */
  async rollBack(): Promise<void> {
    const { rollbackAt, scope, inFlight } = this.part;
    if (rollbackAt === null) return;
    await delay(rollbackAt);
    const cohorts = scope === 'phase' ? COHORTS : [PILOT];
    const from = this.tick();
    const modes = inFlight === 'bringBack' ? (['returning', 'open'] as const) : (['open'] as const);
    const commands = cohorts.flatMap((cohort) => modes.map((mode) => lowered(cohort, mode, from)));
    this.history.push(...commands);
    if (inFlight === 'bringBack') {
      this.broughtBack = cohorts.map((cohort) => ({
        ...{ kind: 'broughtBack', from, to: Number.POSITIVE_INFINITY, phase: PHASE, cohort },
        epoch: Number.POSITIVE_INFINITY,
      }));
      this.history.push(...this.broughtBack);
    }
    const key = randomUUID();
    const body = scope === 'phase' ? { scope } : { scope, cohort: PILOT };
    await until('the rollback is answered', () => this.command('engineer-1', 'rollback', body, key), COMES_WITHIN_MS);
    // Answered: from here on nothing rises that was permitted before.
    const answered = this.tick();
    for (const cohort of cohorts) this.forbid(cohort, answered);
    await this.look(cohorts.map((cohort) => ({ cohort, share: 0 })));
  }

  /** Everything is there again: where the phase has ended, and everybody is asked once more. Gives each cohort's status. */
  async end(): Promise<string[]> {
    const rested = await this.comesTo(AT_REST);
    await this.look();
    const returned = this.tick();
    for (const entry of this.broughtBack) {
      const standing = rested.find(({ cohort }) => cohort === entry.cohort);
      if (standing?.run?.status !== 'rolledBack') continue;
      entry.to = returned;
      entry.epoch = standing.split?.epoch ?? entry.epoch;
    }
    this.over = true;
    await this.asking;
    for (let journey = 0; journey < this.journeys.length; journey += 8) {
      await Promise.all(this.journeys.slice(journey, journey + 8).map((_, next) => this.ask(journey + next, next)));
    }
    await this.look();
    await this.lookAtExceptions();
    const key = randomUUID();
    const over = { reason: 'the history is over' };
    await until('the abort is answered', () => this.command('engineer-1', 'abort', over, key), COMES_WITHIN_MS);
    return rested.map(({ run }) => run?.status ?? 'not begun');
  }

  /** Nobody asks any more, also where it did not come to its end. */
  stop(): void {
    this.over = true;
  }

  /** Half of the questions are for somebody new. */
  private async goOnAsking(asker: number): Promise<void> {
    for (let turn = asker; !this.over; turn += 1) {
      const journey = turn % 2 === 0 || this.journeys.length === 0 ? this.arrival() : (turn * 7) % this.journeys.length;
      await Promise.all([this.ask(journey, turn), delay(ASKS_EACH_MS)]);
    }
  }

  private arrival(): number {
    const uuid = randomUUID();
    const keys = {
      ...{ visitor: `vis_${uuid}`, episode: `ep_${uuid}`, subscription: `sub_${uuid}` },
      ...{ patient: `pat_${uuid}`, login: `log_${uuid}` },
    };
    (this.setting.journeys as Setting['journeys'][number][]).push(keys);
    return this.journeys.push({ state: this.journeys.length % 3 === 0 ? 'WA' : 'CA', keys }) - 1;
  }

  private async ask(journey: number, turn: number): Promise<void> {
    const { state, keys } = this.journeys[journey] ?? never('a journey');
    const api = this.system.apis[turn % this.system.apis.length] ?? never('an API');
    const unit = keys.subscription;
    const of = {
      ...{ from: this.tick(), process: api.process, askedAt: Date.now(), journey, phase: PHASE, unit, named: [] },
    };
    try {
      const response = await this.send(api.url, 'sandbox-stacks', `/ofrep/v1/evaluate/flags/${this.id}.${PHASE}`, {
        context: { targetingKey: unit, state },
      });
      if (response.status === 503) {
        await response.arrayBuffer();
        this.history.push({ kind: 'unanswered', to: this.tick(), because: '503', ...of });
        return;
      }
      if (!response.ok) throw new WrongAnswer(`A question was answered ${response.status}.`);
      const { value: side, metadata } = (await response.json()) as Evaluation;
      const { why, cohort = null, epoch } = metadata;
      const stale = why === 'stale' || why === 'outOfReach';
      this.history.push({ kind: 'answered', to: this.tick(), ...of, side, why, cohort, epoch, day: 0, stale });
    } catch (error) {
      if (error instanceof WrongAnswer) throw error;
      this.history.push({ kind: 'unanswered', to: this.tick(), because: 'lost', ...of });
    }
  }

  /** The splits as the API tells them, and how many of each cohort are on target. */
  private async look(expected: readonly { cohort: string; share: number }[] = []): Promise<void> {
    const from = this.tick();
    const cohorts = await until('the status is told', () => this.standings(), COMES_WITHIN_MS);
    const to = this.tick();
    for (const { cohort, split, placements } of cohorts) {
      if (split === null) continue;
      const { epoch, share, perDay, mode } = split;
      const leaseUntil = split.leaseUntil === null ? null : Date.parse(split.leaseUntil);
      const told = { at: Date.now(), epoch, share, perDay, maxOpen: null, mode, leaseUntil };
      this.history.push({ kind: 'splitSeen', from, to, phase: PHASE, cohort, split: told, lapsed: false });
      // Its watcher goes on renewing it.
      const renewed = { kind: 'renewed', from, to: Number.POSITIVE_INFINITY, phase: PHASE, cohort, epoch } as const;
      this.history.push({ ...renewed, leaseUntil: Number.POSITIVE_INFINITY, split: undefined });
      this.history.push({ kind: 'counted', from, to, phase: PHASE, cohort, target: placements.target });
      const wanted = expected.find((one) => one.cohort === cohort);
      if (wanted !== undefined && share > wanted.share)
        throw new WrongAnswer(`A rollback was answered, and the share is ${share}.`);
    }
  }

  private async lookAtExceptions(): Promise<void> {
    const exceptions: ExceptionsSeen['exceptions'][number][] = [];
    const from = this.tick();
    let after = '';
    do {
      const path = `/v1/migrations/${this.id}/exceptions?limit=500${after}`;
      const page = await until('the exceptions are told', () => this.get<ExceptionPage>(path), COMES_WITHIN_MS);
      exceptions.push(...page.exceptions.map(({ phase, journey, cause }) => ({ phase, journey, cause })));
      after = page.next === null ? '' : `&after=${encodeURIComponent(page.next)}`;
    } while (after !== '');
    this.history.push({ kind: 'exceptionsSeen', from, to: this.tick(), exceptions });
  }

  private forbid(cohort: string, moment: number): void {
    for (const entry of this.history) {
      if (entry.kind === 'commanded' && entry.cohort === cohort && entry.share > 0) entry.to = moment;
    }
  }

  private async comesTo(statuses: readonly string[]): Promise<CohortStanding[]> {
    const there = ({ run }: CohortStanding): boolean => run !== null && statuses.includes(run.status);
    return until(
      `the cohorts are ${statuses.join(' or ')}`,
      async () => {
        const cohorts = await this.standings();
        if (cohorts.length > 0 && cohorts.every(there)) return cohorts;
        throw new Error(JSON.stringify(cohorts.map(({ cohort, run, split }) => ({ cohort, run, split }))));
      },
      COMES_WITHIN_MS,
    );
  }

  private async standings(): Promise<CohortStanding[]> {
    const status = await this.get<MigrationStatus>(`/v1/migrations/${this.id}`);
    return status.phases[0]?.cohorts ?? [];
  }

  /** Whether it is done; one that is not, or that failed on the way, may be repeated with the same key. */
  private async command(actor: string, name: string, body: object, key: string): Promise<boolean> {
    const path = this.pathOf(name);
    const response = await this.post(actor, path, body, key);
    const text = await response.text();
    // Repeated after it was only taken: it has been done since.
    if (response.status === 409 && text.includes('"code":"nothing-to-roll-back"')) return true;
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`);
    // 202: taken, and not yet done.
    return response.status !== 202;
  }

  /** Before anything is killed: only where the API says when it is repeated. */
  private async first(actor: string, path: string, body: object): Promise<void> {
    const key = randomUUID();
    const response = await askAgain(() => this.post(actor, path, body, key), COMES_WITHIN_MS);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`);
  }

  private pathOf(command: string): string {
    return `/v1/migrations/${this.id}/phases/${PHASE}/${command}`;
  }

  private async get<Answer>(path: string): Promise<Answer> {
    const [api] = this.system.apis;
    const response = await fetch(`${api?.url ?? ''}${path}`, {
      headers: { authorization: `Bearer ${this.system.tokens['engineer-1'] ?? ''}` },
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text) as Answer;
  }

  private post(actor: string, path: string, body: object, key: string): Promise<Response> {
    const [api] = this.system.apis;
    return this.send(api?.url ?? '', actor, path, body, key);
  }

  private async send(url: string, actor: string, path: string, body: object, key?: string): Promise<Response> {
    return fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${this.system.tokens[actor] ?? ''}`, 'content-type': 'application/json' },
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
  }
}

/** The system answered what it must never answer, dead or alive. */
class WrongAnswer extends Error {}

const command = { kind: 'commanded', phase: PHASE, expectedEpoch: null, perDay: null, maxOpen: null } as const;

/** A raise that the engine may carry out at any time, once or again. */
function permitted(cohort: string, from: number): SplitCommanded {
  const rest = { cohort, cause: 'raised', share: SHARE, mode: 'open', outcome: { is: 'unknown' } } as const;
  return { ...command, ...rest, from, to: Number.POSITIVE_INFINITY };
}

/** To zero, in one write or in several: whoever is brought back passes through a mode of its own. */
function lowered(cohort: string, mode: 'open' | 'returning', from: number): SplitCommanded {
  const rest = { cohort, cause: 'rollback', share: 0, mode, outcome: { is: 'unknown' } } as const;
  return { ...command, ...rest, from, to: Number.POSITIVE_INFINITY };
}

function never(what: string): never {
  throw new Error(`The history has no such thing: ${what}.`);
}
