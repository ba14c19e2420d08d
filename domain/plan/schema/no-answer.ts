/** Words that stand where a name should, and name nobody. */
const NOBODY = new Set(
  (
    'tbd|tba|tbc|t.b.d|todo|fixme|both|either|neither|any|all|n/a|n.a|n a|na|none|unknown|undecided|' +
    'someone|somebody|everyone|everybody|anyone|anybody|whoever|nobody|no one|various|multiple'
  ).split('|'),
);

/** What fills a field and tells its reader nothing. */
const NOTHING = new Set(
  (
    'nothing|nil|pending|later|open|same|see above|as above|same as above|as discussed|as usual|not sure|not decided|not yet|' +
    "not decided yet|not known|don't know|dont know|no idea|we will see|yes|no|ok|x|xx|xxx|test|placeholder|lorem ipsum|because|" +
    'reason|the team|some team'
  ).split('|'),
);

const UNTIL_LATER = /^(tbd|tba|tbc|todo|fixme|to be (decided|determined|confirmed|announced|defined|done))\b/;

/** Whether an answer names exactly one at best by accident: 'TBD', 'both', '?', 'someone' (R2). */
export function namesNobody(name: string): boolean {
  const words = bareWords(name);
  return words === '' || NOBODY.has(words) || /^to be (decided|determined|confirmed)$/.test(words);
}

/** Whether a text that somebody is to act on says nothing: 'TBD', 'n/a', '?', 'see above', 'to be decided by ops'. */
export function saysNothing(text: string): boolean {
  const words = bareWords(text);
  return words === '' || NOBODY.has(words) || NOTHING.has(words) || UNTIL_LATER.test(words);
}

/** Lower-case words alone, without what stands around them. */
function bareWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/[\s_-]+/g, ' ')
    .replace(/^[\s.,;:!?…"'()[\]{}<>*/]+|[\s.,;:!?…"'()[\]{}<>*/]+$/g, '');
}
