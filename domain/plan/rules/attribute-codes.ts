import { didYouMean } from '../closest-name';
import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** A field of an event that is called as an attribute holds its values: a value that it lacks is refused, with the event that has it. */
export const fieldsHoldAttributes: Rule = function* ({ events, attributes }) {
  if (attributes === undefined) return;
  for (const [index, { data }] of readable(events)) {
    for (const [name, field] of Object.entries(data ?? {})) {
      const values = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      const codes = field?.codes;
      if (values === undefined || codes === undefined || values.includes(undefined) || codes.includes(undefined))
        continue;
      const path = ['events', index, 'data', name, 'codes'];
      for (const [at, code] of readable(codes)) {
        if (values.includes(code)) continue;
        const meant = didYouMean(
          code,
          values.filter((value) => value !== undefined),
        );
        yield {
          code: 'WH219',
          path: [...path, at],
          message: `The attribute ${quoteName(name)} has no value ${quoteName(code)}.${meant || " Add it under 'attributes', or remove it."}`,
        };
      }
      const lacking = values.find((value) => value !== undefined && !codes.includes(value));
      if (lacking === undefined) continue;
      yield {
        code: 'WH219',
        path,
        message: `${quoteName(lacking)}, a value of the attribute ${quoteName(name)}, is not among the codes here: an event that has it would be refused. Add it.`,
      };
    }
  }
};
