import type { GateRule } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import { NO_TEST, type GateJudgement, type GateState } from './gate-state';

/** What is open of a handoff, and what the team that works on it can work on at this moment. */
export interface Load {
  open: number;
  /** null: nobody of the team is on duty. */
  capacity: number | null;
  at: Date;
}

/**
 * R35: more is open than the people on duty can work on, without a break for as long as the plan says. While nobody is on duty nothing is said, and the time
 * begins anew with the next shift: what piles up at night is for the morning to show.
 * @param during as it is by the clock, compressed where the migration is
 */
export function judgeLoad(
  rule: Extract<GateRule, { kind: 'capacity' }>,
  state: GateState,
  { open, capacity, at }: Load,
  during: Milliseconds,
): { is: GateState; judgement: GateJudgement } {
  const since = (aboveSince: string | null): GateState =>
    state.aboveSince === aboveSince ? state : { ...state, aboveSince };
  if (capacity === null) {
    const message = `${open} open; nobody of ${rule.team} is on duty`;
    return { is: since(null), judgement: { ...NO_TEST, verdict: 'insufficient', message } };
  }
  const most = capacity * (rule.load ?? 1);
  if (open <= most) {
    const message = `${open} open <= ${shown(most)} that ${rule.team} can work on now`;
    return { is: since(null), judgement: { ...NO_TEST, verdict: 'pass', message, proven: true } };
  }
  const aboveSince = state.aboveSince ?? at.toISOString();
  const over = `${open} open > ${shown(most)} that ${rule.team} can work on now, since ${aboveSince}`;
  const crossed = at.getTime() - Date.parse(aboveSince) >= during;
  return {
    is: since(aboveSince),
    judgement: { ...NO_TEST, verdict: crossed ? 'limitCrossed' : 'insufficient', message: over },
  };
}

function shown(most: number): string {
  return String(Number(most.toFixed(1)));
}
