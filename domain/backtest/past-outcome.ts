import { cutPointsOf, isWithin, mainOf } from '../gates/sequential/cut-points';
import { maturesAt } from '../handoffs/matures-at';
import type { GateRule } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import type { PastOccurrence } from './count-handoffs';

/** Something that a gate counts, or would have counted had it come to an end. */
export interface PastOutcome {
  /** Number of its journey, by which its side is drawn. */
  journey: number;
  startedAt: number;
  /** null: open at the log's end. */
  outcome: 'kept' | 'missed' | 'released' | null;
  /** From when a live gate would count it. Never: Infinity. */
  at: number;
  /** From its start to its end, of one that was kept: where the gate asks for that. */
  took?: Milliseconds;
}

/** What a gate of this rule counts of a handoff's history, each when a live gate would. @param lateness of the handoff */
export function outcomesFor(
  rule: GateRule,
  occurrences: readonly PastOccurrence[],
  lateness: Milliseconds,
): PastOutcome[] {
  return occurrences.flatMap((occurrence) => {
    const { journey, startedAt, endedAt, endedTwiceAt } = occurrence;
    const outcome = countsAs(rule, occurrence);
    const counted: PastOutcome = {
      ...{ journey, startedAt, outcome },
      at: countedFrom(occurrence, lateness),
      ...(rule.kind === 'slowerThanLegacy' && outcome === 'kept' && { took: endedAt - startedAt }),
    };
    if (!countsSecondEnds(rule) || endedTwiceAt === undefined) return [counted];
    // Nothing can undo it, so it waits for no deadline.
    return [counted, { journey, startedAt, outcome: 'missed' as const, at: endedTwiceAt }];
  });
}

/** How long it took; Infinity where it was missed. */
export function timeTaken({ took = Infinity }: PastOutcome): Milliseconds {
  return took;
}

/**
 * The same outcomes, as nine in ten of them have it: kept means within the time that those took. None where they are too few to say, so that a gate on legacy's own times never
 * knows them.
 */
export function asNineInTen(outcomes: readonly PastOutcome[]): PastOutcome[] {
  const counted = outcomes.filter(({ outcome }) => outcome === 'kept' || outcome === 'missed');
  const cut = mainOf(cutPointsOf(counted.map(timeTaken)) ?? []);
  if (cut === undefined) return [];
  return counted.map((one) => ({ ...one, outcome: isWithin(cut, timeTaken(one)) ? 'kept' : 'missed' }));
}

function countedFrom({ outcome, deadlineAt, endedAt }: PastOccurrence, lateness: Milliseconds): number {
  if (outcome === null) return Infinity;
  return maturesAt({ final: true, deadlineAt, endedAt: outcome === 'missed' ? null : endedAt }, lateness) ?? Infinity;
}

function countsSecondEnds(rule: GateRule): boolean {
  return rule.kind === 'zeroTolerance' && rule.counts === 'secondEnds';
}

function countsAs(rule: GateRule, occurrence: PastOccurrence): PastOutcome['outcome'] {
  const { outcome, startedAt, endedAt, failed, had } = occurrence;
  if (outcome === null || outcome === 'released') return outcome;
  if (rule.kind === 'ratio') return had?.has(rule.event) === true ? 'missed' : 'kept';
  if (rule.kind === 'latency') return outcome === 'kept' && endedAt - startedAt <= rule.within ? 'kept' : 'missed';
  if (rule.kind !== 'zeroTolerance') return outcome;
  if (countsSecondEnds(rule)) return 'kept';
  if (rule.condition === undefined) return outcome;
  return outcome === 'missed' && failed === rule.condition ? 'missed' : 'kept';
}
