import type { Direction } from './plan-change';

/** The values of a change after defaults; undefined where there was none, or is none. */
export interface Values {
  before: unknown;
  after: unknown;
}

/** Says what a change of values does to how carefully people are moved. */
export type Judge = (values: Values) => Direction;

export const always =
  (direction: Direction): Judge =>
  () =>
    direction;

/** Of a part as a whole: one more is one more safeguard. Another one in its place is not known to be. */
export const oneMoreTightens: Judge = ({ before, after }) =>
  before === undefined && after !== undefined ? 'tightened' : 'loosened';

/** Of what is let pass: one less does the reverse. */
export const oneLessTightens: Judge = ({ before, after }) =>
  before !== undefined && after === undefined ? 'tightened' : 'loosened';

export const higherTightens: Judge = ({ before, after }) => number(before, after, (was, is) => is > was);

export const lowerTightens: Judge = ({ before, after }) => number(before, after, (was, is) => is < was);

/** Of a limit that may be absent, which is none at all: having one tightens, and so does a lower one. */
export const lowerOrAnyTightens: Judge = ({ before, after }) =>
  before === undefined && typeof after === 'number' ? 'tightened' : lowerTightens({ before, after });

/** Of what may be asked for or not: asking tightens, and so does asking for more. */
export const higherOrAnyTightens: Judge = ({ before, after }) =>
  before === undefined && typeof after === 'number' ? 'tightened' : higherTightens({ before, after });

/** Of what lets something end early, or count no further: without it, all of it is waited for. */
export const higherOrNoneTightens: Judge = ({ before, after }) =>
  typeof before === 'number' && after === undefined ? 'tightened' : higherTightens({ before, after });

/** Of values from the most careless to the most careful. */
export const laterTightens =
  (ranks: readonly unknown[]): Judge =>
  ({ before, after }) =>
    ranks.includes(before) && ranks.indexOf(after) > ranks.indexOf(before) ? 'tightened' : 'loosened';

/** Of a list of which each entry may do something: nobody new may, and some may not any more. */
export const fewerTightens: Judge = ({ before, after }) => (isSubset(after, before) ? 'tightened' : 'loosened');

/** Of a list of those who agreed: one more changes nothing for anybody. */
export const moreIsOther: Judge = ({ before, after }) => (isSubset(before, after) ? 'other' : 'loosened');

function number(before: unknown, after: unknown, better: (was: number, is: number) => boolean): Direction {
  return typeof before === 'number' && typeof after === 'number' && better(before, after) ? 'tightened' : 'loosened';
}

function isSubset(part: unknown, whole: unknown): boolean {
  return Array.isArray(part) && Array.isArray(whole) && part.every((item) => whole.includes(item));
}
