import { decideUnknown, onUnknownOf } from '../../domain/sides/decide-unknown';
import type { Side } from '../../domain/sides/side';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import type { PlacedUnit, UnitQuestion } from '../../store/place-units';
import { SidesOutOfReach } from '../decisions/evaluation-failure';
import type { PhaseFlag } from '../decisions/find-flag';
import type { KnownSides } from './known-sides';
import { JournalNotWritten, type OutageJournal } from './outage-journal';
import type { SplitMemory } from './split-memory';

export interface OwnAnswersParts {
  /** Without one, nobody is answered. */
  journal: OutageJournal | undefined;
  known: KnownSides;
  splits: SplitMemory;
  logger: Logger;
}

/** What a process answers on its own, out of reach of Postgres and waited for by nobody: noted in its journal before it is said. */
export class OwnAnswers {
  /** Whether it is said already that the journal cannot be written. */
  private refused = false;

  constructor(private readonly parts: OwnAnswersParts) {}

  /** Another outage begins. */
  begin(): void {
    this.refused = false;
  }

  /**
   * What the phase declares for a unit that is not known, the same for as long as the outage lasts.
   * @throws SidesOutOfReach where it declares nothing, or the unit may have a side that is not known here; JournalNotWritten
   */
  async to(flag: PhaseFlag, question: UnitQuestion): Promise<PlacedUnit> {
    const { journal, known, splits } = this.parts;
    const { unit, cohort, earlier = [], link } = question;
    const { migration, phase } = flag;
    const before = journal?.find(migration.id, phase.id, unit);
    if (before !== undefined) return { ...before, reason: 'outOfReach' };
    if (known.isInDoubt(flag, unit)) throw new SidesOutOfReach();
    const split = cohort === null ? undefined : splits.of(flag, cohort);
    const side = decideUnknown({
      onUnknown: onUnknownOf(phase.onUnknown),
      mode: split?.mode,
      previousSide: this.rememberedBefore(flag, earlier),
    });
    if (side === 'tryAgain' || journal === undefined) throw new SidesOutOfReach();
    const answer = { migration: migration.id, phase: phase.id, unit, cohort, side, epoch: split?.epoch ?? 0 };
    const journey = link?.kind === 'episode' ? link.unit : null;
    await journal.write({ ...answer, journey, at: new Date().toISOString() }).catch((error: unknown) => {
      this.tellOfJournal(error);
      throw error;
    });
    return { ...answer, reason: 'outOfReach' };
  }

  /** Once an outage; whoever is asked for is told each time. */
  private tellOfJournal(error: unknown): void {
    if (this.refused || !(error instanceof JournalNotWritten)) return;
    this.refused = true;
    this.parts.logger.error({ failure: describeFailure(error) }, 'the journal of answers cannot be written');
  }

  /** The side in the phase before, which decides; undefined where the plan has none. */
  private rememberedBefore(
    { migration }: PhaseFlag,
    earlier: UnitQuestion['earlier'] = [],
  ): Side | 'notKnown' | undefined {
    const nearest = earlier.at(-1);
    if (nearest === undefined) return undefined;
    const phase = migration.plan.phases.find(({ id }) => id === nearest.phase);
    if (phase === undefined || nearest.unit === undefined) return 'notKnown';
    const owed = this.parts.journal?.find(migration.id, phase.id, nearest.unit)?.side;
    const before = { key: `${migration.id}.${phase.id}`, migration, phase };
    return owed ?? this.parts.known.get(before, nearest.unit, 'stale')?.evaluation.value ?? 'notKnown';
  }
}
