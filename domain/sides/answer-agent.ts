import type { Milliseconds } from '../time/duration';
import type { SplitMode } from './split-mode';

/**
 * What the agent check of a HAProxy server is told of target. `drain`: nobody new, those who are there stay; `maint`: nobody at all;
 * `ready`: ends both; `up`: changes nothing.
 */
export const AGENT_ANSWERS = ['drain', 'maint', 'ready', 'up'] as const;
export type AgentAnswer = (typeof AGENT_ANSWERS)[number];

/** For so long after a change a draining is ended that an earlier answer began; what somebody drains by hand later stays so. */
const CHANGED_JUST_NOW: Milliseconds = 10_000;

/**
 * I4, outside: the share may be a proxy's own to hold, but not for longer than the split's lease, whoever is left to lower it.
 * @param split undefined where there is no such split
 */
export function answerAgent(
  split: { share: number; mode: SplitMode; lapsed: boolean; changedFor: Milliseconds } | undefined,
): AgentAnswer {
  if (split === undefined) return 'drain';
  if (split.mode === 'returning') return 'maint';
  if (split.share === 0 || split.lapsed) return 'drain';
  return split.changedFor < CHANGED_JUST_NOW ? 'ready' : 'up';
}
