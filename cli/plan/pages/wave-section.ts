import type { PlanPhase, PlanWaves } from '../../../domain/plan/plan-schema';
import { formatDuration } from '../../../domain/time/duration';
import { code, inline, markdownTable } from './markdown';
import { notYet } from './not-yet';

/** How those who are patients already move with a phase; nothing where none do. */
export function waveSection({ id, waves }: PlanPhase): string[] {
  if (waves === undefined) return [];
  const { cap, notice, lists, exclusions = [] } = waves;
  return [
    `### Who is here already: waves of ${id}`,
    `At most ${cap} people a day, each only inside a safe window: ${windowWords(waves.safeWindow)}.${notice === undefined ? '' : ` They are told before: ${inline(notice)}`} ${notYet('WH817')}`.trim(),
    markdownTable(
      ['group', 'waves of', 'the first is watched for'],
      lists.map((list) =>
        'byHand' in list
          ? [code(list.existing), `by hand: ${inline(list.byHand)}`, '']
          : [code(list.existing), list.sizes.join(', '), formatDuration(list.watch)],
      ),
    ),
    markdownTable(
      ['in no wave', 'who', 'why'],
      exclusions.map((one) => [code(one.id), inline(one.who), inline(one.why)]),
    ),
  ];
}

function windowWords({
  nextCharge,
  supply,
  untilVisit,
  sinceDoseChange,
  noneOpen = [],
  providerReady,
}: PlanWaves['safeWindow']): string {
  const parts = [
    nextCharge !== undefined && `the next charge ${formatDuration(nextCharge)} away or more`,
    supply !== undefined && `medicine in hand for ${formatDuration(supply)} or more`,
    untilVisit !== undefined && `the next visit ${formatDuration(untilVisit)} away or more`,
    sinceDoseChange !== undefined && `the last change of dose ${formatDuration(sinceDoseChange)} ago or more`,
    noneOpen.length > 0 && `nothing open of ${noneOpen.join(', ')}`,
    providerReady === true && 'a provider on target ready',
  ].filter((part): part is string => typeof part === 'string');
  return parts.length === 0 ? 'at any time' : parts.join('; ');
}
