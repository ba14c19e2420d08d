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

/** After so long without a look nobody knows whether it went on: it is timed anew. */
const LONGEST_GAP: Milliseconds = 60_000;
/** That it goes on is remembered so often. */
const NOTED_EVERY: Milliseconds = 10_000;

/**
 * R35: more is open than the people on duty can work on, without a break for as long as the plan says. While nobody is on duty nothing is said, and the time
 * begins anew with the next shift: what piles up at night is for the morning to show. It begins anew as well after
 * a time in which nobody looked, a worker that was away: nobody is rolled back for what nobody saw.
 * @param during as it is by the clock, compressed where the migration is
 */
export function judgeLoad(
  rule: Extract<GateRule, { kind: 'capacity' }>,
  state: GateState,
  { open, capacity, at }: Load,
  during: Milliseconds,
): { is: GateState; judgement: GateJudgement } {
  const since = (aboveSince: string | null): GateState => {
    const { aboveAt = null } = state;
    if (aboveSince === null) return state.aboveSince === null ? state : { ...state, aboveSince, aboveAt: null };
    const noted =
      state.aboveSince === aboveSince && aboveAt !== null && at.getTime() - Date.parse(aboveAt) < NOTED_EVERY;
    return noted ? state : { ...state, aboveSince, aboveAt: at.toISOString() };
  };
  if (capacity === null) {
    const message = `${open} open; nobody of ${rule.team} is on duty`;
    return { is: since(null), judgement: { ...NO_TEST, verdict: 'insufficient', message } };
  }
  const most = capacity * (rule.load ?? 1);
  if (open <= most) {
    const message = `${open} open <= ${shown(most)} that ${rule.team} can work on now`;
    return { is: since(null), judgement: { ...NO_TEST, verdict: 'pass', message, proven: true } };
  }
  const seen = state.aboveAt ?? null;
  const goesOn = seen !== null && at.getTime() - Date.parse(seen) <= LONGEST_GAP;
  const aboveSince = (goesOn ? state.aboveSince : null) ?? at.toISOString();
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
