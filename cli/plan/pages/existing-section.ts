import type { Plan, PlanWaves } from '../../../domain/plan/plan-schema';
import { sliceWords } from '../../../domain/plan/words/slice-words';
import { numberWords } from '../dry-run/amount-words';
import { code, inline, markdownTable } from './markdown';
import { mark } from './not-yet';

type WaveList = PlanWaves['lists'][number];

/** Who is a patient already: how each group moves, and on which side they are until then. */
export function existingSection({ existing: groups = [], phases, ownership }: Plan): string[] {
  if (groups.length === 0) return [];
  const moving = phases.filter(({ waves }) => waves !== undefined).map(({ id }) => id);
  const lists = new Map(phases.flatMap(({ waves }) => (waves?.lists ?? []).map((list) => [list.existing, list])));
  const countOf = (moves: (list: WaveList | undefined) => boolean): number =>
    groups.reduce((sum, { id, count }) => sum + (moves(lists.get(id)) ? count : 0), 0);
  const all = countOf(() => true);
  const inWaves = countOf((list) => list !== undefined && 'sizes' in list);
  const byHand = countOf((list) => list !== undefined && !('sizes' in list));
  const owners =
    ownership === undefined
      ? 'Which system owns their data meanwhile, the plan does not say.'
      : "Which system owns their data meanwhile, the plan does not say: [ownership](stack.md#who-owns-which-datum-stage-by-stage) is handed over with a phase's commit, for everyone at once" +
        `${mark('WH802')}. Agree on it before that commit.`;
  return [
    '## Who is here already',
    `They never arrive, so no ramp moves them${moving.length === 0 ? '' : `: they move with [${moving.join(', ')}](phases.md), ${numberWords(inWaves)} of ${numberWords(all)} in waves${mark('WH817')} and ${numberWords(byHand)} by hand`}.`,
    `Until then, where a cohort of a phase *stays on legacy*, whoever is in it is on legacy after the commit of that phase too. ${owners}`,
    markdownTable(
      ['group', 'people', 'told apart by', 'moves'],
      groups.map(({ id, count, when }) => [
        code(id),
        numberWords(count),
        when === undefined ? 'a list' : inline(sliceWords(when)),
        howItMoves(lists.get(id)),
      ]),
    ),
  ];
}

function howItMoves(list: WaveList | undefined): string {
  if (list === undefined) return 'not at all';
  return 'sizes' in list ? `in ${list.sizes.length} waves` : `by hand: ${inline(list.byHand)}`;
}
