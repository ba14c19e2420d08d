import type { UnitKind } from '../../sides/units';
import { prefixOf } from '../../sides/key-grammar';
import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** Every event names its patient and its episode. */
const ALWAYS: readonly UnitKind[] = ['patient', 'episode'];

/** Keys that the plan uses have a prefix. */
export const keysDeclared: Rule = function* ({ keys, phases }) {
  if (keys === undefined) return;
  for (const kind of ALWAYS) {
    if (!Object.hasOwn(keys, kind)) {
      yield {
        code: 'WH211',
        path: ['keys', kind],
        message: `Add the prefix of ${kind} keys; every event carries one.`,
      };
    }
  }
  for (const [index, { anonymousUnit }] of readable(phases)) {
    if (anonymousUnit === undefined || Object.hasOwn(keys, anonymousUnit)) continue;
    yield {
      code: 'WH211',
      path: ['phases', index, 'anonymousUnit'],
      message: `${quoteName(anonymousUnit)} keys have no prefix. Add '${anonymousUnit}' under 'keys'.`,
    };
  }
  for (const [index, { unit }] of readable(phases)) {
    if (unit === undefined || ALWAYS.includes(unit) || Object.hasOwn(keys, unit)) continue;
    yield {
      code: 'WH211',
      path: ['phases', index, 'unit'],
      message: `${quoteName(unit)} keys have no prefix. Add '${unit}' under 'keys'.`,
    };
  }
};

/** A visitor turns out to be a patient, and nothing else. */
export const anonymousPatients: Rule = function* ({ phases }) {
  for (const [index, { unit, anonymousUnit }] of readable(phases)) {
    if (anonymousUnit === undefined || unit === undefined || unit === 'patient') continue;
    yield {
      code: 'WH213',
      path: ['phases', index, 'anonymousUnit'],
      message: `Only in a phase of patients may a visitor have a side before it is known who it is. Remove 'anonymousUnit', or make the phase's unit 'patient'.`,
    };
  }
};

/** A key's prefix says what kind of key it is. */
export const prefixesDiffer: Rule = function* ({ keys }) {
  const kindOf = new Map<string, string>();
  for (const [kind, prefix] of Object.entries<string | undefined>(keys ?? {})) {
    if (prefix === undefined) continue;
    const other = kindOf.get(prefix);
    if (other !== undefined) {
      const message = `${quoteName(prefix)} is the prefix of ${other} keys too. Give each kind a prefix of its own.`;
      yield { code: 'WH212', path: ['keys', kind], message };
    }
    kindOf.set(prefix, kind);
  }
};

/** A test unit is one that some phase moves, named once. What stands there is a key: it is not quoted. */
export const testUnitsAsked: Rule = function* ({ keys, phases, testUnits }) {
  const moved = new Set([...readable(phases)].flatMap(([, { unit }]) => (unit === undefined ? [] : [keys?.[unit]])));
  // A phase or prefix that cannot be read may be the one that is meant.
  const readAll = keys !== undefined && [...readable(phases)].length === phases?.length && !moved.has(undefined);
  const seen = new Set<string>();
  for (const [index, key] of readable(testUnits)) {
    const path = ['testUnits', index];
    if (seen.has(key)) yield { code: 'WH214', path, message: 'This key is named above already. Keep one.' };
    seen.add(key);
    if (!readAll || moved.has(prefixOf(key))) continue;
    const prefixes = [...moved].map((prefix) => `'${prefix ?? ''}_'`).join(', ');
    yield {
      code: 'WH215',
      path,
      message: `No phase moves units of this kind. Give a key that begins with ${prefixes}.`,
    };
  }
};
