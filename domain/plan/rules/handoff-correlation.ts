import { didYouMean } from '../closest-name';
import { quoteName, type PlanPath } from '../plan-problem';
import { readable, type Rule } from './rule';

/** What a start and its end have in common is something that both of them always have. */
export const correlations: Rule = function* ({ handoffs, events, keys }) {
  const fieldsOf = new Map([...readable(events)].map(([, { type, data }]) => [type, data]));
  for (const [index, { correlate, start, end, unless, pausedWhile }] of readable(handoffs)) {
    if (correlate === undefined || typeof correlate === 'string') continue;
    const path: PlanPath = ['handoffs', index, 'correlate'];
    if ('instance' in correlate) {
      const { instance } = correlate;
      if (instance === undefined || keys === undefined || Object.hasOwn(keys, instance)) continue;
      yield {
        code: 'WH406',
        path: [...path, 'instance'],
        message: `The plan has no keys of kind ${quoteName(instance)}. Declare their prefix under 'keys', or correlate by something else.`,
      };
      continue;
    }
    const name = 'field' in correlate ? correlate.field : undefined;
    if (name === undefined) continue;
    const pauses = (pausedWhile ?? []).flatMap((pause) => [pause?.from, pause?.until]);
    const types = [start, ...(end ?? []), ...(unless ?? []), ...pauses].filter((type) => type !== undefined);
    let kind: string | undefined;
    for (const type of types) {
      const fields = fieldsOf.get(type);
      if (fields === undefined) continue;
      if (!Object.hasOwn(fields, name)) {
        yield {
          code: 'WH412',
          path: [...path, 'field'],
          message: () =>
            `${quoteName(type)} has no field ${quoteName(name)}.${didYouMean(name, Object.keys(fields)) || " Declare it under the event's 'data', or name one that is there."}`,
        };
        continue;
      }
      const field = fields[name];
      if (field?.kind === undefined) continue;
      const wrong = whyNot(field.kind, field.required === true, kind);
      kind ??= field.kind;
      if (wrong === undefined) continue;
      yield { code: 'WH405', path: [...path, 'field'], message: `${quoteName(name)} of ${quoteName(type)} ${wrong}` };
    }
  }
};

function whyNot(kind: string, required: boolean, other: string | undefined): string | undefined {
  if (kind !== 'code' && kind !== 'integer') {
    return `is of kind '${kind}', which does not tell one from another. Name a field of kind 'code' or 'integer'.`;
  }
  if (other !== undefined && other !== kind) {
    return `is of kind '${kind}' and that of the start of kind '${other}', so they never are equal. Name a field of one kind.`;
  }
  return required ? undefined : "may be left out. Write 'required: true', so that each event says which it belongs to.";
}
