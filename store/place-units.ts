import { decideSide, type SideDecision } from '../domain/sides/decide-side';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import type { Side } from '../domain/sides/side';
import type { Database } from './database';
import {
  knownUnits,
  linkedUnits,
  phasesWithoutUnit,
  type EarlierPhase,
  type EarlierUnit,
  type JourneyLink,
} from './earlier-units';
import { readPlacingFacts, type PlacingFacts } from './placing-facts';
import { SideUndetermined } from './side-undetermined';

export interface UnitQuestion {
  /** The unit's key. */
  unit: string;
  /** The cohort that takes it; null where none does. */
  cohort: string | null;
  /** The phases before this one in the plan, in its order (I14). */
  earlier?: readonly EarlierPhase[];
  /** By whose events the units of earlier phases are found that whoever asks does not know. Without it they are not looked for. */
  link?: JourneyLink;
}

/** Where units are placed. */
export interface PlacingPhase {
  migration: string;
  phase: string;
  /** Whether a phase of the plan comes after it, which may ask for the same people. */
  laterPhases: boolean;
  /** Whether it is one of patients in which visitors have a side until they are known to be one. */
  takesVisitors?: boolean;
}

/** A unit's side, as it is written down. */
export interface PlacedUnit extends SideDecision {
  /** The cohort it was placed in, whatever its attributes say now. */
  cohort: string | null;
  /** The split's epoch that it was placed under; 0 where there was no split. */
  epoch: number;
  /** It waits on target for a person. Whoever remembers answers drops it by `side_change` when it goes on. */
  paused?: true;
}

/** What is thought to be known without asking. Wrong, it costs another look: what it leads to is checked where it is written. */
export type FactsAtHand = (question: UnitQuestion) => PlacingFacts | undefined;

/** A placement is refused only because the facts it was decided on have changed; so often in a row never happens by chance. */
const ATTEMPTS = 10;

interface Pending {
  index: number;
  question: UnitQuestion;
  /** The key that it is placed under: the one that is asked for, or the one that this stands for. */
  unit: string;
  earlier: readonly EarlierUnit[];
  /** Whether events were looked at for the earlier units that nobody named. */
  looked: boolean;
}

interface Decided extends Pending {
  decision: SideDecision;
  epoch: number;
}

/**
 * The sides of units of one phase, in their order; at its first question a unit's side is decided and written down. What is answered is
 * committed. No key may be given twice; two keys of one person have one side, but where they had two before they were linked.
 *
 * Decided on facts that were read just before, or are at hand, and written by one statement for all (`write_placements`), which holds the
 * splits' rows and checks there that the facts still stand: the epoch (so share, mode and number a day), the lease, the day's count, the number
 * open, the journey's side in the earlier phases, and that the unit has no side yet. Where one does not, nothing is written and it is decided
 * anew. No lock is held while a message travels, so that an API process that stops in the middle holds no rollback up.
 *
 * I14: nobody is placed on target whose journey is on legacy in the nearest earlier phase at that moment. The key that whoever asks
 * sends is believed; where it is missing, the events say which unit is meant, as they are stored when this is asked, and only
 * for those who would go to target. A placement or a bringing back in the earlier phase that is under way at the same time is waited for;
 * what happens there later moves nobody here.
 * @returns SideUndetermined for a unit whose facts changed again and again; it has no side yet
 * @throws the database's own error, and then each unit may or may not have been placed: ask again
 */
export async function placeUnits(
  db: Database,
  phase: PlacingPhase,
  questions: readonly UnitQuestion[],
  atHand?: FactsAtHand,
): Promise<(PlacedUnit | SideUndetermined)[]> {
  const answers: (PlacedUnit | undefined)[] = questions.map(() => undefined);
  let pending: Pending[] = questions.map((question, index) => ({
    ...{ index, question, unit: question.unit, looked: false },
    earlier: knownUnits(question.earlier ?? []),
  }));
  for (let attempt = 0; attempt < ATTEMPTS && pending.length > 0; attempt += 1) {
    const decided: Decided[] = [];
    const toRead: Pending[] = [];
    for (const one of pending) {
      const facts = attempt === 0 ? atHand?.(one.question) : undefined;
      if (facts === undefined) toRead.push(one);
      else decided.push({ ...one, decision: decideSide(facts), epoch: facts.epoch ?? 0 });
    }
    const again = await decideOnFacts(db, phase, toRead, decided, answers);
    const { first, others } = firstOfEachUnit(decided);
    again.push(...others);
    const written = await writePlacements(db, phase, first);
    for (const one of first) {
      const { cohort } = one.question;
      if (written.has(one.unit)) answers[one.index] = { ...one.decision, cohort, epoch: one.epoch };
      else again.push(one);
    }
    pending = again;
  }
  return answers.map((answer) => answer ?? new SideUndetermined());
}

/** Two keys of one person may be asked for at once: the second is answered as placed by the first. */
function firstOfEachUnit(decided: readonly Decided[]): { first: Decided[]; others: Decided[] } {
  const units = new Set<string>();
  const first: Decided[] = [];
  const others: Decided[] = [];
  for (const one of decided) {
    (units.has(one.unit) ? others : first).push(one);
    units.add(one.unit);
  }
  return { first, others };
}

/** Answers those who have a side, adds the others to `decided`, and gives those whose earlier units were found only now. */
async function decideOnFacts(
  db: Database,
  phase: PlacingPhase,
  pending: readonly Pending[],
  decided: Decided[],
  answers: (PlacedUnit | undefined)[],
): Promise<Pending[]> {
  if (pending.length === 0) return [];
  const facts = await readPlacingFacts(
    db,
    { migration: phase.migration, phase: phase.phase, takesVisitors: phase.takesVisitors === true },
    pending.map(({ question: { unit, cohort }, earlier }) => ({ unit, cohort, earlier })),
  );
  const toLookFor: (Decided & { link: JourneyLink; nearest: number | undefined })[] = [];
  for (const [at, asked] of pending.entries()) {
    const known = facts[at];
    if (known === undefined) throw new Error('Facts were asked for, and none were given.');
    const one = { ...asked, unit: known.unit ?? asked.unit };
    const decision = decideSide(known);
    const { link } = one.question;
    if (known.placement !== undefined) answers[one.index] = { ...decision, ...known.placement };
    else if (decision.side === 'target' && !one.looked && link !== undefined) {
      toLookFor.push({ ...one, decision, epoch: known.epoch ?? 0, looked: true, link, nearest: known.nearest });
    } else decided.push({ ...one, decision, epoch: known.epoch ?? 0 });
  }
  // Nearer than where a placement was found: only those could speak against it.
  const found = await linkedUnits(
    db,
    phase.migration,
    toLookFor.map(({ link, question, nearest, earlier }) => ({
      ...{ link, known: earlier },
      phases: phasesWithoutUnit(question.earlier ?? [], nearest),
    })),
  );
  return toLookFor.flatMap((one, at) => {
    const earlier = found[at] ?? [];
    if (earlier.length > 0) return [{ ...one, earlier }];
    decided.push(one);
    return [];
  });
}

/** Writes those that still stand, and gives their units. */
async function writePlacements(
  db: Database,
  { migration, phase, laterPhases }: PlacingPhase,
  decided: readonly Decided[],
): Promise<ReadonlySet<string>> {
  if (decided.length === 0) return new Set();
  const side = ({ decision }: Decided): Side => decision.side;
  const earlier = decided.flatMap((one, index) =>
    side(one) === 'target' ? one.earlier.map((unit) => ({ of: index + 1, ...unit })) : [],
  );
  const { rows } = await db.queryPrepared<{ unit: string }>(
    'write-placements',
    `SELECT write_placements($1, $2, $3::text[], $4::text[], $5::text[], $6::bigint[],
                             $7::int[], $8::int[], $9::int[], $10::text[], $11::text[], $12, $13) AS unit`,
    [
      migration,
      phase,
      decided.map(({ unit }) => unit),
      decided.map(({ question }) => question.cohort),
      decided.map(side),
      decided.map(({ epoch }) => epoch),
      earlier.map(({ of }) => of),
      earlier.map(({ journey }) => journey),
      earlier.map(({ ordinal }) => ordinal),
      earlier.map((of) => of.phase),
      earlier.map(({ unit }) => unit),
      laterPhases,
      PLACING_LIMIT,
    ],
  );
  return new Set(rows.map(({ unit }) => unit));
}
