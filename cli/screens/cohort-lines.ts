import { overrideWords } from '../../domain/gates/gate-override';
import type { Verdict } from '../../domain/gates/verdict';
import type { ApprovalRequest } from '../../domain/phase/cohort-run';
import type { CohortStanding, GateStanding } from '../../domain/status/migration-status';
import { createPaint, type Paint } from './paint';

const PLAIN = createPaint(false);

/** What waits for people: `1 of 2 approvals so far; release-manager, engineer; not whoever started it`. */
export function requestWho({ needs, given }: ApprovalRequest): string {
  const people = given.map(({ actor, verified }) => (verified ? actor : `${actor}, unverified`));
  return [
    `${given.length} of ${needs.count} ${needs.count === 1 ? 'approval' : 'approvals'}${people.length === 0 ? '' : ` (${people.join('; ')})`}`,
    `from ${needs.roles.join(' or ')}`,
    ...(needs.fourEyes ? ['not from whoever started it'] : []),
  ].join(', ');
}

export const VERDICT_WORDS: Record<Verdict, string> = {
  pass: 'pass',
  limitCrossed: 'LIMIT CROSSED',
  insufficient: 'too few',
  noData: 'no data',
  sourceError: 'source error',
};

/** Both numbers, and who overrides the gate. */
export function messageWords({ message, override }: Pick<GateStanding, 'message' | 'override'>): string {
  return override === undefined ? message : `${message.replace(/\.$/, '')}; ${overrideWords(override)}`;
}

/** Each gate of a cohort with its verdict and both numbers. */
export function gateLines({ cohort, gates }: Pick<CohortStanding, 'cohort' | 'gates'>, paint: Paint = PLAIN): string[] {
  const longest = Math.max(0, ...gates.map(({ gate }) => gate.length));
  return gates.map(({ gate, verdict, message, override }) => {
    const words = VERDICT_WORDS[verdict].padEnd(13);
    const painted =
      verdict === 'pass' ? paint.good(words) : verdict === 'limitCrossed' ? paint.alarm(words) : paint.attention(words);
    return `  ${cohort} gate ${gate.padEnd(longest)}  ${painted}  ${messageWords({ message, override })}`;
  });
}
