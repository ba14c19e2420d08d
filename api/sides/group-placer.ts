import { DomainError } from '../../domain/domain-error';
import type { Milliseconds } from '../../domain/time/duration';
import type { Database } from '../../store/database';
import { placeUnits, type PlacedUnit, type PlacingPhase, type UnitQuestion } from '../../store/place-units';
import { SideUndetermined } from '../../store/side-undetermined';
import type { PhaseFlag } from '../decisions/find-flag';
import type { SplitMemory } from './split-memory';

/** More first questions wait than can be written down in a reasonable time. */
export class TooManyArrivals extends DomainError {
  readonly code = 'too-many-arrivals';
  readonly status = 503;
  constructor() {
    super(
      'More new patients are asked for than can be written down at present, so nothing was decided for this one. Keep the patient where they are and ask again.',
    );
  }
}

interface Waiter {
  question: UnitQuestion;
  /** Everybody who asks for this unit; the first is told how it was decided, the others that it was. */
  told: { resolve: (placed: PlacedUnit) => void; reject: (error: unknown) => void }[];
}

interface PhaseQueue {
  phase: PlacingPhase;
  flag: PhaseFlag;
  /** Not sent yet. A question for a unit that is under way waits for the next group: the answer on its way may be older than the question. */
  waiting: Map<string, Waiter>;
  groups: number;
  /** Whether the last group mostly was of units that had no side: then it pays to write without looking first. */
  mostlyNew: boolean;
}

/** Questions of one group. Each takes a few locks in Postgres until the group is committed. */
const LARGEST_GROUP = 64;
/** While one group is being committed, the next is being decided. */
const GROUPS_AT_ONCE = 2;
/** A group costs Postgres as much as some twenty of its questions: beside another, one begins with that many, or when it has waited for so long. */
const BESIDE_ANOTHER_FROM = 20;
const BESIDE_ANOTHER_AFTER: Milliseconds = 25;
/** Questions that may wait in this process; at ten thousand a second, some half a second's. */
export const MOST_WAITING = 4_096;
/** Of a group that met a lock, how many are asked for at once, each by itself. */
const SINGLES_AT_ONCE = 4;

/** Postgres gave up on a wait, or undid one of two that waited for each other: the next attempt may well do. */
const MET_A_LOCK = new Set(['55P03', '40P01', '57014', '25P04']);

/**
 * Writes down first questions in groups: while one group is on its way, the next collects. A question that arrives alone waits for
 * nobody.
 */
export class GroupPlacer {
  private readonly queues = new Map<string, PhaseQueue>();
  private waiting = 0;

  constructor(
    private readonly db: Database,
    private readonly splits: SplitMemory,
  ) {}

  /** Questions that wait or are under way. */
  get load(): number {
    return this.waiting;
  }

  /** @throws TooManyArrivals, SideUndetermined, or the database's own error: then the unit may or may not have been placed */
  async place(flag: PhaseFlag, question: UnitQuestion): Promise<PlacedUnit> {
    const queue = this.queueOf(flag);
    const known = queue.waiting.get(question.unit);
    if (known === undefined && this.waiting >= MOST_WAITING) throw new TooManyArrivals();
    return new Promise((resolve, reject) => {
      if (known !== undefined) {
        known.told.push({ resolve, reject });
        return;
      }
      queue.waiting.set(question.unit, { question, told: [{ resolve, reject }] });
      this.waiting += 1;
      // At the end of this turn, so that those who arrive in it go together.
      if (queue.waiting.size === (queue.groups === 0 ? 1 : BESIDE_ANOTHER_FROM)) {
        setImmediate(() => {
          this.startGroup(queue);
        });
      } else if (queue.waiting.size === 1) {
        this.startInAWhile(queue);
      }
    });
  }

  private queueOf(flag: PhaseFlag): PhaseQueue {
    const { migration, phase } = flag;
    const name = `${migration.id}/${phase.id}`;
    let queue = this.queues.get(name);
    if (queue === undefined) {
      const laterPhases = migration.plan.phases.at(-1)?.id !== phase.id;
      queue = {
        ...{
          flag,
          phase: {
            migration: migration.id,
            phase: phase.id,
            laterPhases,
            takesVisitors: phase.anonymousUnit !== undefined,
          },
        },
        ...{ waiting: new Map(), groups: 0, mostlyNew: true },
      };
      this.queues.set(name, queue);
    }
    return queue;
  }

  private startGroup(queue: PhaseQueue, besideAnotherFrom = BESIDE_ANOTHER_FROM): void {
    const { size } = queue.waiting;
    if (size < (queue.groups === 0 ? 1 : besideAnotherFrom) || queue.groups >= GROUPS_AT_ONCE) return;
    const group: Waiter[] = [];
    for (const [unit, waiter] of queue.waiting) {
      if (group.length === LARGEST_GROUP) break;
      queue.waiting.delete(unit);
      group.push(waiter);
    }
    queue.groups += 1;
    void this.placeGroup(queue, group).finally(() => {
      queue.groups -= 1;
      this.startGroup(queue);
      if (queue.waiting.size > 0) this.startInAWhile(queue);
    });
    // What is left over need not wait for this group.
    this.startGroup(queue);
  }

  /** The group under way may meet a lock: those who wait do not wait for that. */
  private startInAWhile(queue: PhaseQueue): void {
    setTimeout(() => {
      this.startGroup(queue, 1);
    }, BESIDE_ANOTHER_AFTER);
  }

  private async placeGroup(queue: PhaseQueue, group: readonly Waiter[]): Promise<void> {
    const { splits, db } = this;
    const atHand = queue.mostlyNew
      ? ({ unit, cohort }: UnitQuestion) => splits.factsOf(queue.flag, unit, cohort)
      : undefined;
    try {
      const questions = group.map(({ question }) => question);
      const answers = await placeUnits(db, queue.phase, questions, atHand);
      const known = answers.filter((answer) => !(answer instanceof Error) && wasPlaced(answer));
      queue.mostlyNew = known.length * 2 < answers.length;
      for (const [index, waiter] of group.entries()) this.tell(waiter, answers[index] ?? new SideUndetermined());
    } catch (error) {
      if (group.length > 1 && metALock(error)) await this.placeSingly(queue, group);
      else for (const waiter of group) this.tell(waiter, error);
    }
  }

  /** One that waits for something held elsewhere must not keep the others up. */
  private async placeSingly(queue: PhaseQueue, group: readonly Waiter[]): Promise<void> {
    const left = group.values();
    const placeNext = async (): Promise<void> => {
      for (const waiter of left) {
        try {
          const [answer] = await placeUnits(this.db, queue.phase, [waiter.question]);
          this.tell(waiter, answer ?? new SideUndetermined());
        } catch (error) {
          this.tell(waiter, error);
        }
      }
    };
    await Promise.all(Array.from({ length: SINGLES_AT_ONCE }, placeNext));
  }

  private tell({ told }: Waiter, outcome: unknown): void {
    this.waiting -= 1;
    for (const [index, { resolve, reject }] of told.entries()) {
      if (isPlaced(outcome))
        resolve(index === 0 || wasPlaced(outcome) ? outcome : { ...outcome, reason: 'placedBefore' });
      else reject(outcome);
    }
  }
}

/** Whether its side was written down before it was asked for. */
function wasPlaced({ reason }: PlacedUnit): boolean {
  return reason === 'placedBefore' || reason === 'override';
}

function isPlaced(outcome: unknown): outcome is PlacedUnit {
  return typeof outcome === 'object' && outcome !== null && !(outcome instanceof Error) && 'side' in outcome;
}

function metALock(error: unknown): boolean {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && MET_A_LOCK.has(code);
}
