/** One place in the plan: the first `text` after the one `anchor`. */
export type Place = readonly [anchor: string, text: string];

/** A mistake that parses, that a release manager could make on a long day, and that would hurt patients. */
export interface SemanticDefect {
  name: string;
  /** What it costs whom. */
  why: string;
  /** Each replaces the text at a place of `examples/telehealth.yaml`, one after the other. */
  edits: readonly (readonly [...place: Place, instead: string])[];
  /** Where a finding must stand, in the changed text; where the first edit is unless given. */
  at?: Place;
}

/** A defect made in a plan, and the line, 1-based, that a finding must be in. */
export function makeDefect({ edits, at }: SemanticDefect, plan: string): { text: string; line: number } {
  let text = plan;
  for (const [anchor, from, to] of edits) {
    const place = placeOf(text, [anchor, from]);
    text = text.slice(0, place) + to + text.slice(place + from.length);
  }
  const [first] = edits;
  if (first === undefined) throw new Error('A defect changes something.');
  const place = at === undefined ? placeOf(plan, [first[0], first[1]]) : placeOf(text, at);
  return { text, line: text.slice(0, place).split('\n').length };
}

function placeOf(text: string, [anchor, part]: Place): number {
  const start = text.indexOf(anchor);
  const place = text.indexOf(part, start);
  const unique = anchor === '' ? text.indexOf(part, place + 1) < 0 : text.indexOf(anchor, start + 1) < 0;
  if (start < 0 || place < 0 || !unique) throw new Error(`'${anchor}', then '${part}': not one place in the plan.`);
  return place;
}
