import type { GateAtVolume, GateSight } from '../../../domain/plan/dry-run/judge-gates';
import { percentWords } from '../../../domain/plan/words/percent-words';
import { formatDuration } from '../../../domain/time/duration';
import { unreachable } from '../../../domain/unreachable';

/** What a gate can see of those who arrive. */
export function sightWords(sight: GateSight): string {
  switch (sight.kind) {
    case 'unknown':
      return 'not known: no volume is declared';
    case 'decides':
      return `decides; takes longest in step ${sight.step} of ${sight.cohort}, ${hours(sight.takes)}`;
    case 'asksPeople': {
      const takes = sight.takes === null ? 'never has enough' : `takes ${hours(sight.takes)}`;
      const sees =
        sight.sees === null
          ? 'not even a total outage crosses it'
          : `it sees a fall to ${percentWords(sight.sees)}, no less`;
      return `asks people: in step ${sight.step} of ${sight.cohort} it ${takes}, and a person is asked after ${formatDuration(sight.patience)}; until then ${sees}`;
    }
    default:
      return unreachable(sight);
  }
}

export function answerWords(answer: GateAtVolume['answer']): string {
  if (answer === null) return 'nothing';
  return answer.action.kind === 'pause' ? 'pause' : `rollback of the ${answer.action.scope}`;
}

/** In whole hours: an estimate, which minutes would flatter. */
function hours(milliseconds: number): string {
  return formatDuration(Math.ceil(milliseconds / 3_600_000) * 3_600_000);
}
