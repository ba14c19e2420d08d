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
}

/** What a gate of this rule counts of a handoff's history, each when a live gate would. @param lateness of the handoff */
export function outcomesFor(
  rule: GateRule,
  occurrences: readonly PastOccurrence[],
  lateness: Milliseconds,
): PastOutcome[] {
  return occurrences.flatMap((occurrence) => {
    const { journey, startedAt, endedTwiceAt } = occurrence;
    const counted: PastOutcome = {
      ...{ journey, startedAt },
      outcome: countsAs(rule, occurrence),
      at: countedFrom(occurrence, lateness),
    };
    if (!countsSecondEnds(rule) || endedTwiceAt === undefined) return [counted];
    // Nothing can undo it, so it waits for no deadline.
    return [counted, { journey, startedAt, outcome: 'missed' as const, at: endedTwiceAt }];
  });
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
