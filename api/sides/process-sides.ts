import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { onUnknownOf } from '../../domain/sides/decide-unknown';
import type { Milliseconds } from '../../domain/time/duration';
import { unreachable } from '../../domain/unreachable';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import type { SidesFigures } from '../../platform/metrics';
import { leaveSides, type ApiProcess } from '../../store/api-processes';
import { mayHaveBeenSent, type Database } from '../../store/database';
import { listenForSideChanges, type ChangeListener } from '../../store/listen-for-changes';
import type { MigrationPlans } from '../../store/migration-plans';
import { isOutOfReach } from '../../store/out-of-reach';
import type { PlacedUnit, UnitQuestion } from '../../store/place-units';
import type { SideChanges } from '../../store/side-changes';
import { askedKey, type AskedKey } from '../decisions/asked-key';
import { evaluationOf, questionOf, type Evaluation } from '../decisions/evaluate-flag';
import type { EvaluationContext } from '../decisions/evaluation-context';
import { SidesOutOfReach } from '../decisions/evaluation-failure';
import type { PhaseFlag } from '../decisions/find-flag';
import type { PreparedAnswer, SideAnswers } from '../decisions/side-answers';
import { FlagBook } from './flag-book';
import { giveBack } from './give-back';
import { GroupPlacer } from './group-placer';
import { KnownSides } from './known-sides';
import { KnownVisitors } from './known-visitors';
import type { OutageJournal } from './outage-journal';
import { OwnAnswers } from './own-answers';
import { PostgresReach } from './postgres-reach';
import { ProcessRight, RightTaken, type ElapsedTime } from './process-right';
import { SplitMemory } from './split-memory';

export interface ProcessSidesOptions {
  /** Places units. */
  db: Database;
  /** The same database by connections of its own, so that arrivals do not keep the right to answer from one. */
  rightDb: Database;
  /** The same, for being told of changes at once; undefined: they are only looked for. */
  databaseUrl: string | undefined;
  plans: MigrationPlans;
  /** Without one, no unit that is not known is answered while Postgres is out of reach. */
  journal: OutageJournal | undefined;
  /** Where this process runs, for people. */
  name: string;
  /** How long the right to answer from memory lasts. */
  lease: Milliseconds;
  /** Units that are remembered at most. */
  capacity: number;
  logger: Logger;
  elapsed?: ElapsedTime;
}

/**
 * `asking`: Postgres is asked for what memory may not answer. `owing`: answers of an earlier outage are not written down yet. `givingBack`: they
 * are being written down. `away`: nobody waits for this process any more, and it answers on its own.
 */
type Touch = 'asking' | 'owing' | 'givingBack' | 'away';

const RETRY: Milliseconds = 200;
/** A memory that was not brought up to date for so long is thrown away: what changed since may not be kept that long. */
const MEMORY_GOOD_FOR: Milliseconds = 30 * 60_000;

/**
 * The sides, as one API process answers them.
 *
 * From memory where it holds the right to (ProcessRight), else by Postgres, where a first question is written down before it is answered
 * (GroupPlacer). With Postgres out of reach a unit that is remembered keeps its side. One that is not gets what its phase declares, once
 * everybody else takes this process for lost (then nobody new goes to target anywhere): noted in the journal first, the same for as
 * long as it lasts, and given back before anything else when Postgres is there again.
 */
export class ProcessSides implements SideAnswers {
  private readonly elapsed: ElapsedTime;
  private readonly known: KnownSides;
  private readonly splits = new SplitMemory();
  private readonly flags: FlagBook;
  private readonly right: ProcessRight;
  private readonly placer: GroupPlacer;
  private readonly onItsOwn: OwnAnswers;
  private readonly visitors: KnownVisitors;
  private readonly reach = new PostgresReach();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private readonly incarnation = randomUUID();
  private readonly id: string;
  private listener: ChangeListener | undefined;
  private touch: Touch;
  private givingBack: Promise<void> | undefined;
  /** Whether Postgres answered the last look. */
  private inTouch = true;
  /** Whether the last look failed, for whatever reason. */
  private failing = false;
  private renewedAt: Milliseconds;
  /** The same by the machine's clock: one that slept may have stopped counting elapsed time. */
  private renewedAtByClock = Date.now();
  /** Raised when changes are taken over: an answer that was asked for before may be older than they are. */
  private taken = 0;
  /** When units were last among them. */
  private unitsChangedIn = 0;
  private readonly stopping = new AbortController();
  private poked = false;
  private wake: (() => void) | undefined;
  private ended: Promise<void> | undefined;

  private constructor(private readonly options: ProcessSidesOptions) {
    this.elapsed = options.elapsed ?? (() => performance.now());
    this.id = options.journal?.id ?? this.incarnation;
    this.touch = (options.journal?.size ?? 0) > 0 ? 'owing' : 'asking';
    this.renewedAt = this.elapsed();
    this.known = new KnownSides(options.capacity);
    this.flags = new FlagBook(options.plans, this.elapsed);
    this.placer = new GroupPlacer(options.db, this.splits);
    this.visitors = new KnownVisitors(options.db);
    this.onItsOwn = new OwnAnswers({ ...options, known: this.known, splits: this.splits });
    this.right = new ProcessRight({
      ...{ db: options.rightDb, lease: options.lease, elapsed: this.elapsed },
      process: () => this.process(),
      take: (changes) => {
        // Whoever is forgotten now can be asked for.
        this.reach.regain();
        this.take(changes);
      },
    });
  }

  /** Starts to look for changes; what is asked before the first look is asked of Postgres. */
  static start(options: ProcessSidesOptions): ProcessSides {
    const sides = new ProcessSides(options);
    sides.ended = sides.renewUntilStopped();
    if (options.databaseUrl !== undefined) {
      sides.listener = listenForSideChanges({
        url: options.databaseUrl,
        applicationName: 'api-changes',
        onChange: () => {
          sides.poke();
        },
        onFailure: (error) => {
          options.logger.warn({ failure: describeFailure(error) }, 'changes of sides are looked for, not heard of');
        },
      });
    }
    return sides;
  }

  flag(key: string): PhaseFlag | undefined {
    return this.flags.find(key, !this.inTouch);
  }

  liveFlags(): readonly PhaseFlag[] | undefined {
    return this.flags.isFresh || !this.inTouch ? this.flags.all : undefined;
  }

  keyOf(flag: PhaseFlag, asked: AskedKey): AskedKey | undefined {
    return this.visitors.known(flag, asked);
  }

  private async linked(flag: PhaseFlag, asked: AskedKey): Promise<AskedKey> {
    const linked = this.touch === 'asking' && !this.reach.isLost ? await this.link(flag, asked) : undefined;
    return linked ?? this.visitors.unlinked(asked, (unit) => this.remembered(flag, unit) !== undefined);
  }

  private async link(flag: PhaseFlag, asked: AskedKey): Promise<AskedKey | undefined> {
    return this.reach.answerTo(this.visitors.link(flag, asked)).catch((error: unknown) => {
      if (!(error instanceof SidesOutOfReach)) throw error;
      return undefined;
    });
  }

  /**
   * Out of reach, a known unit is not kept waiting until the right is surely over, as an unknown one is: as long as others may still wait for this
   * process nobody can have been brought back, and from then on somebody may have been, at each moment of the outage alike.
   */
  remembered(flag: PhaseFlag, unit: string): PreparedAnswer | undefined {
    if (this.right.holds()) return this.known.get(flag, unit, 'placedBefore');
    return this.inTouch ? undefined : this.known.get(flag, unit, 'stale');
  }

  async evaluate(flag: PhaseFlag, context: EvaluationContext): Promise<Evaluation | undefined> {
    const asked = askedKey(flag, context);
    if (asked === undefined) return undefined;
    const key = asked.visitor === undefined ? asked : await this.linked(flag, asked);
    const question = questionOf(flag, context, key);
    if (question === undefined) return undefined;
    const remembered = this.remembered(flag, question.unit);
    if (remembered !== undefined) return remembered.evaluation;
    if (this.touch === 'givingBack') await this.givingBack?.catch(() => undefined);
    switch (this.touch) {
      case 'asking':
        return evaluationOf(flag, await this.ask(flag, question));
      case 'away':
        return evaluationOf(flag, await this.onItsOwn.to(flag, question));
      // What was answered then must be written down before anybody is asked about it again.
      case 'owing':
      case 'givingBack':
        throw new SidesOutOfReach();
      default:
        return unreachable(this.touch);
    }
  }

  onChange(listener: () => void): () => void {
    this.changes.on('change', listener);
    return () => {
      this.changes.off('change', listener);
    };
  }

  /** What is worth a metric: units remembered, whether the right is held, first questions under way, answers owed or set aside. */
  get figures(): SidesFigures & { away: boolean } {
    return {
      ...{ known: this.known.size, right: this.right.holds(), arrivals: this.placer.load },
      ...{ owed: this.options.journal?.size ?? 0, setAside: this.options.journal?.sizeAside ?? 0 },
      away: this.touch === 'away',
    };
  }

  /** Takes leave, so that nobody waits for this process or misses it. Call it when everything that was asked is answered. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake?.();
    await this.listener?.stop();
    await this.ended;
    this.right.drop();
    const { journal, rightDb, logger } = this.options;
    if ((journal?.size ?? 0) === 0) {
      await leaveSides(rightDb, this.process()).catch((error: unknown) => {
        logger.warn(
          { failure: describeFailure(error) },
          'could not take leave: whoever changes a split waits for its lease',
        );
      });
    }
    await journal?.close();
  }

  private process(): ApiProcess {
    const { journal, name } = this.options;
    return {
      id: this.id,
      incarnation: this.incarnation,
      name,
      keepsJournal: journal !== undefined && this.mayAnswerOnItsOwn(),
    };
  }

  /** Whether any plan wants answers while Postgres is out of reach; where none does, nobody need miss this process. */
  private mayAnswerOnItsOwn(): boolean {
    const answers = ({ phase }: PhaseFlag): boolean =>
      Object.values(onUnknownOf(phase.onUnknown)).some((declared) => declared !== 'tryAgain');
    return this.flags.all?.some(answers) ?? false;
  }

  private async ask(flag: PhaseFlag, question: UnitQuestion): Promise<PlacedUnit> {
    if (this.reach.isLost) throw new SidesOutOfReach();
    const askedIn = this.taken;
    const { unit } = question;
    const placing = this.placer.place(flag, question);
    try {
      const placed = await this.reach.answerTo(placing);
      this.remember(flag, unit, placed, askedIn);
      return placed;
    } catch (error) {
      if (error instanceof SidesOutOfReach) this.expectLate(flag, unit, placing, askedIn);
      else if (!isOutOfReach(error)) throw error;
      // It may be written down, and its answer lost: not a unit that has no side.
      else if (mayHaveBeenSent(error)) this.known.doubt(flag, unit);
      throw new SidesOutOfReach();
    }
  }

  /** Nobody waits any more for what Postgres was asked. It may be written down until it surely was never sent. */
  private expectLate(flag: PhaseFlag, unit: string, placing: Promise<PlacedUnit>, askedIn: number): void {
    const doubted = this.known.isInDoubt(flag, unit);
    this.known.doubt(flag, unit);
    placing.then(
      (placed) => {
        this.remember(flag, unit, placed, askedIn);
      },
      (error: unknown) => {
        if (!doubted && !mayHaveBeenSent(error)) this.known.clearDoubt(flag, unit);
      },
    );
  }

  private remember(flag: PhaseFlag, unit: string, placed: PlacedUnit, askedIn: number): void {
    if (placed.reason === 'override') return;
    if (this.isToBeRemembered(flag, placed, askedIn)) this.known.set(flag, unit, placed);
    // It has a side all the same: out of reach, it is not told another.
    else this.known.doubt(flag, unit);
  }

  private isToBeRemembered(flag: PhaseFlag, { side, cohort, paused }: PlacedUnit, askedIn: number): boolean {
    if (askedIn < this.unitsChangedIn) return false;
    // An answer of theirs says more than their side.
    if (paused === true) return false;
    // Whoever is being brought back may be moved at any moment, and whoever was may be told of late. Only that moves anybody off target.
    return side === 'legacy' || (cohort !== null && this.splits.isSteadySince(flag, cohort, askedIn));
  }

  private take(changes: SideChanges): void {
    const age = Math.max(this.elapsed() - this.renewedAt, Date.now() - this.renewedAtByClock);
    if (age > MEMORY_GOOD_FOR) this.known.forgetAll();
    const taking = this.taken + 1;
    for (const { migration, phase, cohort } of this.splits.take(changes.splits, taking)) {
      this.known.forgetTarget(migration, phase, cohort);
    }
    for (const unit of changes.units) this.known.forget(unit);
    for (const migration of changes.migrations) this.known.forgetMigration(migration);
    if (changes.units.length + changes.migrations.length > 0) this.unitsChangedIn = taking;
    this.taken = taking;
    this.changes.emit('change');
  }

  private poke(): void {
    this.poked = true;
    this.wake?.();
  }

  private async renewUntilStopped(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.poked = false;
      const renewed = await this.round();
      await this.pause(renewed ? this.options.lease / 4 : RETRY);
    }
  }

  /** One look; false where it failed. */
  private async round(): Promise<boolean> {
    const { rightDb, logger } = this.options;
    try {
      if (this.touch !== 'asking') await this.giveBack();
      await this.flags.read(rightDb);
      await this.right.renew();
      this.renewedAt = this.elapsed();
      this.renewedAtByClock = Date.now();
      this.inTouch = true;
      this.reach.regain();
      this.failing = false;
      return true;
    } catch (error) {
      if (!this.failing) logger.warn({ failure: describeFailure(error) }, 'no right to answer sides from memory');
      this.failing = true;
      if (!isOutOfReach(error)) {
        this.reach.regain();
        // Postgres itself refused it, and can be asked: whom this process remembers may have been moved since.
        if (error instanceof RightTaken && this.touch === 'asking') this.inTouch = true;
        return false;
      }
      this.inTouch = false;
      this.reach.lose();
      this.goAwayIfOver();
      return false;
    }
  }

  private goAwayIfOver(): void {
    const { journal, logger } = this.options;
    if (this.touch !== 'asking' || journal === undefined || !this.right.isMissed || !this.right.isSurelyOver()) return;
    this.touch = 'away';
    this.onItsOwn.begin();
    logger.warn('Postgres is out of reach: sides are answered as last known, new units as their phases declare');
  }

  private async giveBack(): Promise<void> {
    const { journal, logger, rightDb, plans } = this.options;
    const before = this.touch;
    this.touch = 'givingBack';
    this.givingBack = journal === undefined ? undefined : giveBack({ journal, db: rightDb, plans, logger });
    try {
      await this.givingBack;
      this.touch = 'asking';
    } catch (error) {
      this.touch = before === 'away' ? 'away' : 'owing';
      throw error;
    }
  }

  private async pause(wait: Milliseconds): Promise<void> {
    if (this.poked || this.stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
