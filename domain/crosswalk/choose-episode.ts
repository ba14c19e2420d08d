/** What is known of a patient's episodes when an event of theirs is to be filed. Every key stands for no other. */
export interface KnownEpisodes {
  /** That the payload names, by our key or by an id that is linked to it. */
  named?: string;
  /** Those that the subscriptions of the payload were first filed under. */
  ofSubscriptions: readonly string[];
  /** Those whose placements are not all closed. */
  open: readonly string[];
  /** Closed ones. */
  closed: readonly string[];
}

export type ChosenEpisode = { episode: string } | { because: 'noEpisode' | 'severalEpisodes' };

/**
 * The episode that an event of a patient belongs to: the one that it names; else the only one that is open; else, where several or none are, that of
 * its subscription; else, where none is open, the only one there was. Never the latest of several: that would be a guess.
 */
export function chooseEpisode({ named, ofSubscriptions, open, closed }: KnownEpisodes): ChosenEpisode {
  const episode = named ?? onlyOf(open) ?? onlyOf(ofSubscriptions) ?? (open.length === 0 ? onlyOf(closed) : undefined);
  if (episode !== undefined) return { episode };
  return { because: open.length + closed.length === 0 ? 'noEpisode' : 'severalEpisodes' };
}

function onlyOf(keys: readonly string[]): string | undefined {
  const [only, ...others] = new Set(keys);
  return others.length === 0 ? only : undefined;
}
