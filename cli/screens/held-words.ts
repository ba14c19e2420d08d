import type { UnlinkedBecause } from '../../domain/crosswalk/vendor-event';

/** Why an event is held, in a few words. */
export const HELD_BECAUSE: Readonly<Record<UnlinkedBecause, string>> = {
  nobodysId: 'no id of it is linked',
  noEpisode: 'no episode of its patient is known',
  severalEpisodes: 'which episode is not known',
  contradiction: 'it names two patients, or two episodes',
};

/** What ends it. */
export const HELD_UNTIL: Readonly<Record<UnlinkedBecause, string>> = {
  nobodysId: "Find whose an id of it is, and link it: 'handoff link'.",
  noEpisode: 'It is stored as soon as an event of an episode of theirs comes.',
  severalEpisodes:
    "Find which episode it is of, and file it there: 'handoff crosswalk file <number> --unit <episode>'.",
  contradiction:
    "Ask to merge the two, or to split an id off: 'handoff crosswalk merge', 'handoff crosswalk split'. Two people decide.",
};

export function eventsWords(events: number): string {
  return events === 1 ? '1 event' : `${events} events`;
}
