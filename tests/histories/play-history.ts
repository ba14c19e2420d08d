import { setTimeout as delay } from 'node:timers/promises';
import type { ObservedSplit, SplitChange, SplitKey } from '../../activities/traffic/traffic-router';
import { PostgresTrafficRouter } from '../../activities/traffic/postgres-traffic-router';
import { DomainError } from '../../domain/domain-error';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import { loadPlan } from '../../domain/plan/load-plan';
import { UNIT_KINDS, type UnitKind } from '../../domain/sides/units';
import { unreachable } from '../../domain/unreachable';
import { closeUnits } from '../../store/close-units';
import { storeEvents } from '../../store/events';
import { listExceptions } from '../../store/exception-pages';
import { createMigration } from '../../store/migration-records';
import { bringBackUnits, countPlacements } from '../../store/placements';
import { isOutOfReach } from '../../store/out-of-reach';
import { savePlan } from '../../store/plans';
import { ProcessesBehind } from '../../store/api-processes';
import { createSplit, readSplit } from '../../store/splits';
import { PLAN_TEXT } from '../integration/sides/started-migration';
import type {
  BroughtBack,
  Closed,
  LeaseRenewed,
  Recorded,
  Reported,
  Setting,
  SplitCommanded,
  SplitTold,
} from './history';
import { COHORTS, SEATS, type Cohort, type Deed, type Question, type Script } from './script';
import type { World } from './world';

const LEASE = 60_000;
const LOWERING: readonly string[] = ['lowered', 'rollback'];
/** Well under what a placement waits for a lock, in milliseconds. */
const SQUEEZED_FOR = 500;
const QUEUE = { id: 'record-mismatch', owner: 'care-coordination', slaMs: 7_200_000 };
const PREFIXES: Record<UnitKind, string> = {
  visitor: 'vis',
  episode: 'ep',
  subscription: 'sub',
  patient: 'pat',
  login: 'log',
};
/** What is answered in an outage, so that there is something to keep, and to give back. */
const SIDES = { beforeCommit: 'legacy', afterCommit: 'target' } as const;
/** The least that a plan needs to have sides in: every process reads it for each history. */
const TEMPLATE = leastOf(loadPlan(PLAN_TEXT).plan);

export interface PlayedHistory {
  history: Recorded[];
  setting: Setting;
}

/** Plays one script in the world, and gives what was seen by those who asked and commanded. */
export async function playHistory(world: World, number: number, script: Script): Promise<Playing> {
  const playing = new Playing(world, number, script);
  await playing.start();
  return playing;
}

interface KnownSplit {
  split: SplitTold;
  commands: SplitChange[];
}

/** A migration under way: whoever commands it, and whoever asks. */
class Playing {
  readonly history: Recorded[] = [];
  readonly setting: Setting;
  private readonly id: string;
  private readonly router: PostgresTrafficRouter;
  private readonly known = new Map<string, KnownSplit>();
  private readonly asked = new Map<string, { journey: number; phase: number }>();
  private readonly onTarget = new Map<string, { journey: number; phase: number }>();
  private readonly asksAgain: Promise<void>[] = [];
  private day = 0;

  constructor(
    private readonly world: World,
    number: number,
    private readonly script: Script,
  ) {
    this.id = `generated-${number}`;
    this.router = new PostgresTrafficRouter(world.db);
    this.setting = {
      salt: this.id,
      phases: script.units.map((unit, index) => ({ id: `phase-${index + 1}`, unit })),
      journeys: script.journeys.map(({ patient }, index) => keysOf(number, index, patient)),
    };
  }

  async start(): Promise<void> {
    const { db } = this.world;
    const hash = `shape-${this.script.units.join('-')}`;
    const [template = never('a phase')] = TEMPLATE.phases;
    const cohorts: PlanPhase['cohorts'] = [
      { id: 'pilot', when: { state: ['CO'] } },
      { id: 'everyone-else', when: {} },
    ];
    const phases: PlanPhase[] = this.setting.phases.map(({ id, unit }) => ({
      ...template,
      id,
      unit,
      cohorts,
      onUnknown: SIDES,
    }));
    await savePlan(db, { hash, plan: { ...TEMPLATE, phases }, source: '' });
    const migration = { id: this.id, planHash: hash, salt: this.id, timeScale: 1, startedBy: 'release-manager-1' };
    await createMigration(db, migration);
    this.world.onLapse((lapsed, from, to) => {
      for (const split of lapsed.filter(({ migration: of }) => of === this.id)) this.see(split, from, to, true);
    });
  }

  /** Each round at its time. */
  async play(): Promise<void> {
    const began = Date.now();
    for (const { at, deeds, questions, dayEnds } of this.script.rounds) {
      await delay(Math.max(0, at - (Date.now() - began)));
      await Promise.all([
        ...deeds.map((deed) => afterwards(deed.after, () => this.perform(deed))),
        ...questions.map((question) => afterwards(question.after, () => this.ask(question))),
      ]);
      await Promise.all(this.asksAgain.splice(0));
      if (dayEnds) await this.endDay();
    }
  }

  /** When all is mended: everybody is asked for once more, and everything is looked at. */
  async finish(): Promise<void> {
    await this.askAgain();
    await Promise.all(this.asksAgain.splice(0));
    for (const key of this.known.keys()) {
      const { phase, cohort } = JSON.parse(key) as SplitKey;
      await this.look({ migration: this.id, phase, cohort });
    }
    await this.count();
    const from = this.world.tick();
    const { exceptions } = await listExceptions(this.world.db, { migration: this.id, limit: 1_000 }, []);
    const seen = exceptions.map(({ phase, journey, cause }) => ({ phase, journey, cause }));
    this.history.push({ kind: 'exceptionsSeen', from, to: this.world.tick(), exceptions: seen });
    this.history.push(...this.world.declaredDead);
  }

  private async ask({ journey, phase, named, seat }: Omit<Question, 'after'>, repeated = false): Promise<void> {
    const asked = this.setting.phases[phase] ?? never('a phase');
    const keys = this.setting.journeys[journey] ?? never('a journey');
    const unit = keys[asked.unit];
    const context = {
      targetingKey: unit,
      state: journey % 2 ? 'CO' : 'TX',
      ...Object.fromEntries(named.map((kind) => [kind, keys[kind]])),
    };
    const from = this.world.tick();
    const sent = this.world.ask(seat, `${this.id}.${asked.id}`, context);
    if (sent === undefined) return;
    this.asked.set(`${phase} ${unit}`, { journey, phase });
    const of = { from, process: sent.process, askedAt: Date.now(), journey, phase: asked.id, unit, named };
    try {
      const answer = await sent.answer;
      const to = this.world.tick();
      if (answer !== 'died' && answer.value === 'target') this.onTarget.set(`${phase} ${unit}`, { journey, phase });
      if (answer === 'died') {
        this.history.push({ kind: 'unanswered', to, because: 'died', ...of });
        return;
      }
      const { why, cohort = null, epoch } = answer.metadata;
      // Whoever was answered out of reach goes on, and their next question reaches another process.
      if (why === 'outOfReach' && !repeated)
        this.asksAgain.push(this.ask({ journey, phase, named, seat: seat + 1 }, true));
      const stale = why === 'stale' || why === 'outOfReach';
      this.history.push({ kind: 'answered', to, ...of, side: answer.value, why, cohort, epoch, day: this.day, stale });
    } catch (error) {
      const because = error instanceof DomainError ? error.code : databaseCode(error);
      if (error instanceof DomainError && error.status !== 503) throw error;
      this.history.push({ kind: 'unanswered', to: this.world.tick(), because, ...of });
    }
  }

  /** What Postgres did not answer may have been done all the same: it is noted before it is sent. */
  private async perform(deed: Deed): Promise<void> {
    try {
      await this.carryOut(deed);
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
    }
  }

  private async carryOut(deed: Deed): Promise<void> {
    switch (deed.do) {
      case 'raise': {
        const { share, perDay, maxOpen, lease } = deed;
        await this.write(deed, { share, perDay, maxOpen, mode: 'open', cause: 'raised', lease });
        return;
      }
      case 'lower':
        return this.lower(deed);
      case 'commit': {
        const whole = { share: 100_000, perDay: null, maxOpen: null, lease: LEASE };
        const raised = await this.write(deed, { ...whole, mode: 'open', cause: 'raised' });
        if (raised !== undefined) await this.write(deed, { ...whole, mode: 'committed', cause: 'committed' });
        return;
      }
      case 'bringBack':
        return this.bringBack(deed);
      case 'renew':
        return this.renew(deed);
      case 'runOut':
        return this.runOut(deed);
      case 'sweep':
        return this.world.sweep();
      case 'repeat': {
        const { commands } = await this.splitOf(deed);
        const command = commands.at(-1 - deed.before);
        if (command !== undefined) await this.send(command);
        return;
      }
      case 'squeeze':
        return this.squeeze(deed);
      case 'report':
        return this.report(deed.journey, deed.named);
      case 'close': {
        const { id: phase, unit: kind } = this.setting.phases[deed.phase] ?? never('a phase');
        const keys = this.setting.journeys[deed.journey] ?? never('a journey');
        const closing = { migration: this.id, phase, kind, unit: keys[kind], journey: keys.episode, closedBy: [] };
        await this.noted<Closed>({ kind: 'closed', phase, unit: keys[kind] }, () =>
          closeUnits(this.world.db, [closing]),
        );
        return;
      }
      default:
        return unreachable(deed);
    }
  }

  private async bringBack(deed: Extract<Deed, { do: 'bringBack' }>): Promise<void> {
    const zero = { share: 0, perDay: null, maxOpen: null, lease: LEASE, cause: 'rollback' as const };
    await this.open(deed);
    await Promise.all(deed.first.map((journey, seat) => this.ask({ journey, phase: deed.phase, named: [], seat })));
    // Each process has them in memory when they are brought back, as far as it may.
    await this.askEverywhere(deed.phase);
    const returning = await this.write(deed, { ...zero, mode: 'returning' });
    if (returning === undefined) return;
    const { epoch } = returning;
    const key = this.keyOf(deed);
    const { phase, cohort } = key;
    const unitKind = this.setting.phases[deed.phase]?.unit ?? never('a phase');
    const of = { ...key, unitKind, milestones: [], epoch, bringBack: [null], queue: QUEUE };
    try {
      await this.noted<BroughtBack>({ kind: 'broughtBack', phase, cohort, epoch }, () =>
        bringBackUnits(this.world.db, of),
      );
    } catch (error) {
      // Another command changed the split in between.
      if (error instanceof DomainError) return;
      throw error;
    }
    await this.askEverywhere(deed.phase);
    await this.write(deed, { ...zero, mode: 'open' }, epoch);
  }

  private async renew(deed: { phase: number; cohort: Cohort }): Promise<void> {
    const key = this.keyOf(deed);
    const { epoch } = (await this.splitOf(deed)).split;
    const provenAt = new Date();
    const lease = 5_000;
    const leaseUntil = provenAt.getTime() + lease;
    const { phase, cohort } = key;
    const of = { kind: 'renewed' as const, phase, cohort, epoch, leaseUntil, split: undefined };
    await this.noted<LeaseRenewed>(of, async (entry) => {
      const split = await this.router.renew({ ...key, epoch, lease, provenAt });
      if (split !== undefined) entry.split = tell(split);
    });
  }

  private async runOut(deed: { phase: number; cohort: Cohort }): Promise<void> {
    const { migration, phase, cohort } = this.keyOf(deed);
    const from = this.world.tick();
    const { rows } = await this.world.db.query<{ epoch: number }>(
      `UPDATE split SET lease_until = clock_timestamp() - interval '1 millisecond'
        WHERE migration = $1 AND phase = $2 AND cohort = $3 AND lease_until > clock_timestamp() RETURNING epoch::float8 AS epoch`,
      [migration, phase, cohort],
    );
    const to = this.world.tick();
    for (const { epoch } of rows) this.history.push({ kind: 'leaseRanOut', from, to, phase, cohort, epoch });
  }

  private async write(
    deed: { phase: number; cohort: Cohort },
    content: Omit<SplitChange, keyof SplitKey | 'expectedEpoch'>,
    expected?: number,
  ): Promise<SplitTold | undefined> {
    const known = await this.splitOf(deed);
    const command: SplitChange = { ...this.keyOf(deed), ...content, expectedEpoch: expected ?? known.split.epoch };
    known.commands.push(command);
    return this.send(command);
  }

  private async send(command: SplitChange): Promise<SplitTold | undefined> {
    const { phase, cohort, cause, expectedEpoch, share, perDay, maxOpen = null, mode } = command;
    const entry: SplitCommanded = {
      ...{ kind: 'commanded', from: this.world.tick(), to: Number.POSITIVE_INFINITY, phase, cohort, cause },
      ...{ expectedEpoch, share, perDay, maxOpen, mode, outcome: { is: 'unknown' } },
    };
    this.history.push(entry);
    try {
      const split = tell(await this.router.write(command));
      entry.to = this.world.tick();
      entry.outcome = { is: 'done', split };
      this.learn(command, split);
      // I2: whoever was placed before this was answered is on target by now.
      if (LOWERING.includes(cause) && mode === 'open') await this.count();
      return split;
    } catch (error) {
      if (!(error instanceof DomainError) || error instanceof ProcessesBehind) throw error;
      entry.to = this.world.tick();
      entry.outcome = { is: 'refused', code: error.code };
      await this.look(command);
      return undefined;
    }
  }

  /** As the commander knows it; opened where it never was. */
  private async splitOf(deed: { phase: number; cohort: Cohort }): Promise<KnownSplit> {
    const key = this.keyOf(deed);
    const known = this.known.get(nameOf(key));
    if (known !== undefined) return known;
    const from = this.world.tick();
    const opened = await createSplit(this.world.db, { ...key, lease: LEASE });
    this.see(opened, from, this.world.tick(), false);
    return this.known.get(nameOf(key)) ?? never('a split');
  }

  private async look(key: SplitKey): Promise<void> {
    const from = this.world.tick();
    const split = await readSplit(this.world.db, key);
    if (split !== undefined) this.see(split, from, this.world.tick(), false);
  }

  private see(observed: ObservedSplit, from: number, to: number, lapsed: boolean): void {
    const { phase, cohort } = observed;
    const split = tell(observed);
    this.history.push({ kind: 'splitSeen', from, to, phase, cohort, split, lapsed });
    this.learn(observed, split);
  }

  private learn(key: SplitKey, split: SplitTold): void {
    const known = this.known.get(nameOf(key));
    if (known === undefined) this.known.set(nameOf(key), { split, commands: [] });
    else if (split.epoch >= known.split.epoch) known.split = split;
  }

  private async count(): Promise<void> {
    const from = this.world.tick();
    const counts = await countPlacements(this.world.db, this.id);
    const to = this.world.tick();
    for (const { id: phase } of this.setting.phases)
      for (const cohort of COHORTS) {
        const target = counts.find((count) => count.phase === phase && count.cohort === cohort)?.target ?? 0;
        this.history.push({ kind: 'counted', from, to, phase, cohort, target });
      }
  }

  /** Whoever was asked for before, each of one process. */
  private async askAgain(): Promise<void> {
    const units = [...this.asked.values()];
    await Promise.all(units.map(({ journey, phase }, seat) => this.ask({ journey, phase, named: [], seat })));
  }

  /** Whoever was on target in a phase, each of every process. */
  private async askEverywhere(phase: number): Promise<void> {
    const units = [...this.onTarget.values()].filter((one) => one.phase === phase);
    const seats = Array.from({ length: SEATS }, (_, seat) => seat);
    await Promise.all(units.flatMap((one) => seats.map((seat) => this.ask({ ...one, named: [], seat }))));
  }

  private async open(of: { phase: number; cohort: Cohort }): Promise<void> {
    if ((await this.splitOf(of)).split.share === 100_000) return;
    const whole = { share: 100_000, perDay: null, maxOpen: null, mode: 'open', cause: 'raised', lease: LEASE } as const;
    await this.write(of, whole);
  }

  private async lower(deed: { phase: number; cohort: Cohort; part: number }): Promise<void> {
    const { share, maxOpen } = (await this.splitOf(deed)).split;
    const lowered = Math.floor(share * deed.part);
    const cause = lowered === 0 ? 'rollback' : 'lowered';
    const rest = { perDay: null, maxOpen: lowered === 0 ? null : maxOpen, mode: 'open' as const, lease: LEASE };
    await this.write(deed, { share: lowered, ...rest, cause });
  }

  /** A message of events that ends units of the phase before holds them until the lowering is answered, and fails; for so long at most. */
  private async squeeze(deed: Extract<Deed, { do: 'squeeze' }>): Promise<void> {
    const { id: before, unit: kind } = this.setting.phases[deed.phase - 1] ?? never('a phase');
    const closing = deed.asked.map(({ journey }) => {
      const keys = this.setting.journeys[journey] ?? never('a journey');
      return { migration: this.id, phase: before, kind, unit: keys[kind], journey: keys.episode, closedBy: [] };
    });
    // They must have a side there to come from, and there must be something to lower.
    for (const phase of [deed.phase - 1, deed.phase]) await this.open({ phase, cohort: deed.cohort });
    await Promise.all(deed.asked.map((one) => this.ask({ ...one, phase: deed.phase - 1 })));
    const failed = new Error('The message failed in the end.');
    const asked: Promise<void>[] = [];
    const held = this.world.db.transaction(async (connection) => {
      await closeUnits(connection, closing);
      asked.push(...deed.asked.map((one) => afterwards(one.after, () => this.ask(one))));
      await Promise.race([this.lower(deed), delay(SQUEEZED_FOR)]);
      throw failed;
    });
    await held.catch((error: unknown) => {
      if (error !== failed) throw error;
    });
    await Promise.all(asked);
  }

  private async report(journey: number, named: readonly UnitKind[]): Promise<void> {
    const keys = this.setting.journeys[journey] ?? never('a journey');
    const kinds: UnitKind[] = [...named, 'episode', 'patient'];
    const units = Object.fromEntries(kinds.map((kind) => [kind, keys[kind]]));
    const eventId = `event-${this.world.tick()}`;
    const event = {
      ...{ migration: this.id, source: '/legacy/site', id: eventId, type: 'checkout.started', journey: keys.episode },
      ...{ subject: keys.patient, units, time: Date.now(), sequence: 0, data: {}, contentHash: eventId },
      lateness: 60_000,
    };
    await this.noted<Reported>({ kind: 'reported', journey, named }, () => storeEvents(this.world.db, [event]));
  }

  /** Between rounds, so that every answer knows its day. */
  private async endDay(): Promise<void> {
    await this.world.db.query(`UPDATE migration SET started_at = started_at - interval '1 day' WHERE id = $1`, [
      this.id,
    ]);
    this.day += 1;
  }

  /** Notes it before it is done: whatever fails in the middle may have been done. Done, it has an end. */
  private async noted<Entry extends Recorded>(
    what: Omit<Entry, 'from' | 'to'>,
    act: (entry: Entry) => Promise<unknown>,
  ): Promise<void> {
    const entry = { ...what, from: this.world.tick(), to: Number.POSITIVE_INFINITY } as Entry;
    this.history.push(entry);
    await act(entry);
    entry.to = this.world.tick();
  }

  private keyOf({ phase, cohort }: { phase: number; cohort: Cohort }): SplitKey {
    return { migration: this.id, phase: this.setting.phases[phase]?.id ?? never('a phase'), cohort };
  }
}

async function afterwards(ms: number, act: () => Promise<void>): Promise<void> {
  if (ms > 0) await delay(ms);
  return act();
}

function leastOf(plan: Plan): Plan {
  const nothing = { owners: [], systems: [], stackMap: [], events: [], handoffs: [], rollbackRules: [] };
  const queues = plan.queues.slice(0, 1).map((queue) => ({ ...queue, id: QUEUE.id }));
  const phases = plan.phases.map((phase) => ({ ...phase, gates: [], ramp: phase.ramp.slice(-1), irreversible: [] }));
  return { ...plan, ...nothing, keys: PREFIXES, queues, phases };
}

function nameOf({ phase, cohort }: SplitKey): string {
  return JSON.stringify({ phase, cohort });
}

function tell({ epoch, share, perDay, maxOpen, mode, leaseUntil }: ObservedSplit): SplitTold {
  return { at: Date.now(), epoch, share, perDay, maxOpen, mode, leaseUntil: leaseUntil?.getTime() ?? null };
}

function databaseCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'out-of-reach';
}

/** Keys that are the journey's alone, but the patient's, who may have several journeys. */
function keysOf(run: number, journey: number, patient: number): Record<UnitKind, string> {
  const key = (kind: UnitKind, number: number): string =>
    `${PREFIXES[kind]}_${run.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
  return Object.fromEntries(
    UNIT_KINDS.map((kind) => [kind, key(kind, kind === 'patient' || kind === 'login' ? patient : journey)]),
  ) as Record<UnitKind, string>;
}

function never(what: string): never {
  throw new Error(`The history has no such thing: ${what}.`);
}
