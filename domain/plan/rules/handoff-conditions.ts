import { didYouMean } from '../closest-name';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { HandoffCondition, Plan, PlanHandoff } from '../plan-schema';
import { readable, type Rule } from './rule';

type Fields = NonNullable<Draft<Plan['events'][number]>['data']>;
type EventField = NonNullable<Fields[string]>;

/** R50: what an end must be like is said of fields that it has, in codes that these can have. */
export const endConditions: Rule = function* ({ handoffs, events }) {
  const fieldsOf = new Map([...readable(events)].map(([, { type, data }]) => [type, data]));
  for (const [index, handoff] of readable(handoffs)) {
    for (const [at, condition] of readable(handoff.must)) {
      const path = ['handoffs', index, 'must', at];
      const ends = endsOf(handoff, condition);
      if (condition.end !== undefined && ends === undefined) {
        yield {
          code: 'WH411',
          path: [...path, 'end'],
          message: `${quoteName(condition.end)} does not end this handoff. Name one of its ends, or leave 'end' out.`,
        };
      }
      for (const end of ends ?? []) yield* conditionOn(end, condition, handoff.start, fieldsOf, path);
    }
    yield* fanOut(handoff, fieldsOf, ['handoffs', index, 'forEach']);
  }
};

/** Undefined where the end that is named is none of the handoff's. */
function endsOf({ end }: Draft<PlanHandoff>, condition: Draft<HandoffCondition>): string[] | undefined {
  const ends = (end ?? []).filter((type) => type !== undefined);
  // One that is written and could not be read may be any of them.
  if (!Object.hasOwn(condition, 'end')) return ends;
  if (condition.end === undefined) return [];
  return ends.includes(condition.end) || end?.includes(undefined) === true ? [condition.end] : undefined;
}

function* conditionOn(
  end: string,
  condition: Draft<HandoffCondition>,
  start: string | undefined,
  fieldsOf: ReadonlyMap<string | undefined, Fields | undefined>,
  path: PlanPath,
): Generator<Finding> {
  const field = yield* fieldOf(end, condition.field, fieldsOf, [...path, 'field']);
  if ('oneOf' in condition) {
    yield* codesThere(field, condition.oneOf, [...path, 'oneOf'], condition.field);
    return;
  }
  if (!('equalsStart' in condition) || start === undefined) return;
  const at = [...path, 'equalsStart'];
  const started = yield* fieldOf(start, condition.equalsStart, fieldsOf, at);
  if (field?.kind === undefined || started?.kind === undefined) return;
  if (field.kind !== started.kind) {
    const message = `${quoteName(condition.field ?? '')} is of kind '${field.kind}' and this one of kind '${started.kind}', so they never are equal. Name a field of its kind.`;
    yield { code: 'WH414', path: at, message };
    return;
  }
  const known = field.codes;
  if (known === undefined || known.includes(undefined)) return;
  const never = started.codes?.find((code) => code !== undefined && !known.includes(code));
  if (never === undefined) return;
  yield {
    code: 'WH415',
    path: at,
    message: `A start with ${quoteName(never)} can never be kept: ${quoteName(condition.field ?? '')} of ${quoteName(end)} has no such code. Add it there, or name another field.`,
  };
}

/** One start with several ends names codes that its ends can have. */
function* fanOut(
  { forEach, end }: Draft<PlanHandoff>,
  fieldsOf: ReadonlyMap<string | undefined, Fields | undefined>,
  path: PlanPath,
): Generator<Finding> {
  if (forEach === undefined) return;
  for (const [, type] of readable(end)) {
    const field = yield* fieldOf(type, forEach.field, fieldsOf, [...path, 'field']);
    yield* codesThere(field, forEach.of, [...path, 'of'], forEach.field);
  }
}

function* fieldOf(
  type: string,
  name: string | undefined,
  fieldsOf: ReadonlyMap<string | undefined, Fields | undefined>,
  path: PlanPath,
): Generator<Finding, EventField | undefined> {
  const fields = fieldsOf.get(type);
  if (name === undefined || fields === undefined) return undefined;
  if (Object.hasOwn(fields, name)) return fields[name];
  yield {
    code: 'WH412',
    path,
    message: () =>
      `${quoteName(type)} has no field ${quoteName(name)}.${didYouMean(name, Object.keys(fields)) || " Declare it under the event's 'data', or name one that is there."}`,
  };
  return undefined;
}

function* codesThere(
  field: EventField | undefined,
  codes: readonly (string | undefined)[] | undefined,
  path: PlanPath,
  name: string | undefined,
): Generator<Finding> {
  if (field?.kind === undefined) return;
  const known = field.codes?.filter((code) => code !== undefined);
  if (field.kind === 'code' && (known === undefined || known.length !== field.codes?.length)) return;
  for (const [at, code] of readable(codes)) {
    if (known?.includes(code) === true) continue;
    yield {
      code: 'WH413',
      path: [...path, at],
      message: () =>
        field.kind === 'code'
          ? `${quoteName(name ?? '')} is never ${quoteName(code)}.${didYouMean(code, known ?? []) || ' Write a code that it can have.'}`
          : `${quoteName(name ?? '')} is of kind '${field.kind ?? ''}' and has no codes. Name a coded field.`,
    };
  }
}

/** The clock stands still from one event until another, and neither is what it runs towards. */
export const pauses: Rule = function* ({ handoffs }, names) {
  for (const [index, { start, end, unless, pausedWhile }] of readable(handoffs)) {
    for (const [at, { from, until }] of readable(pausedWhile)) {
      const path = ['handoffs', index, 'pausedWhile', at];
      yield* names.events.check(from, [...path, 'from']);
      yield* names.events.check(until, [...path, 'until']);
      if (from !== undefined && from === until) {
        yield {
          code: 'WH416',
          path: [...path, 'until'],
          message: 'The clock would stand still for no time at all. Name the event from which it runs on.',
        };
      }
      for (const [name, type] of [['from', from] as const, ['until', until] as const]) {
        if (type === undefined || !(type === start || end?.includes(type) === true || unless?.includes(type) === true))
          continue;
        yield {
          code: 'WH416',
          path: [...path, name],
          message: `${quoteName(type)} starts, ends or releases this handoff; it cannot stop its clock too.`,
        };
      }
    }
  }
};

/** Who hears of a missed one is a team of the plan, named once. */
export const recipients: Rule = function* ({ handoffs }, names) {
  for (const [index, { recipients: teams }] of readable(handoffs)) {
    const seen = new Set<string>();
    for (const [at, team] of readable(teams)) {
      const path = ['handoffs', index, 'recipients', at];
      yield* names.owners.check(team, path);
      if (seen.has(team)) {
        yield { code: 'WH304', path, message: `${quoteName(team)} is named twice. Name each team once.` };
      }
      seen.add(team);
    }
  }
};
