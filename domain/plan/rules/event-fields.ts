import { readable, type Rule } from './rule';

/** R7: a coded field lists its codes; nothing else has any. */
export const codesOfCodes: Rule = function* ({ events }) {
  for (const [index, event] of readable(events)) {
    for (const [name, field] of Object.entries(event.data ?? {})) {
      if (field?.kind === undefined) continue;
      const path = ['events', index, 'data', name];
      // Written but unreadable, a list of codes is a property that is undefined.
      const listed = field.codes !== undefined;
      if (field.kind === 'code' && !Object.hasOwn(field, 'codes')) {
        yield {
          code: 'WH216',
          path: [...path, 'codes'],
          message: "Add 'codes': a field of kind 'code' lists the codes it may have.",
        };
      } else if (field.kind !== 'code' && listed) {
        yield {
          code: 'WH217',
          path: [...path, 'codes'],
          atName: true,
          message: `A field of kind '${field.kind}' has no codes. Remove them, or make its kind 'code'.`,
        };
      }
    }
  }
};
