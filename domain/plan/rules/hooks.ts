import { OTHER_VENDOR, VENDORS } from '../../hooks/vendors';
import type { VendorModule } from '../../hooks/vendor-item';
import { didYouMean } from '../closest-name';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { HookEvent, Plan, PlanHook } from '../plan-schema';
import { readable, type Rule } from './rule';

type Fields = NonNullable<Draft<Plan['events'][number]>['data']>;
type EventField = NonNullable<Fields[string]>;
type Hook = Draft<PlanHook>;
type Mapping = Draft<HookEvent>;
type Filling = NonNullable<NonNullable<Mapping['data']>[string]>;

/** What hooks name is there. */
export const hookReferences: Rule = function* ({ hooks }, names) {
  for (const [index, { system, events }] of readable(hooks)) {
    yield* names.systems.check(system, ['hooks', index, 'system']);
    for (const [at, { to }] of readable(events)) yield* names.events.check(to, ['hooks', index, 'events', at, 'to']);
  }
};

/** A vendor signs and says things in one way; of another system the plan says how. */
export const hookSenders: Rule = function* ({ hooks }) {
  for (const [index, hook] of readable(hooks)) {
    if (hook.vendor === undefined) continue;
    const at = ['hooks', index];
    if (hook.vendor === OTHER_VENDOR) {
      for (const name of ['signature', 'payload'] as const) {
        if (Object.hasOwn(hook, name)) continue;
        yield { code: 'WH455', path: at, message: `Add '${name}': a hook of an other system says it.` };
      }
      if (hook.signature?.kind === 'hubspot') {
        const message = "Write how this system signs: 'hmac' or 'token'.";
        yield { code: 'WH455', path: [...at, 'signature', 'kind'], message };
      }
      continue;
    }
    const { title } = VENDORS[hook.vendor];
    if (Object.hasOwn(hook, 'payload')) {
      const message = `Remove it: what ${title} sends is known. Use 'from' where a value stands elsewhere.`;
      yield { code: 'WH455', path: [...at, 'payload'], atName: true, message };
    }
    const said = hook.signature?.kind;
    if (said !== undefined && (said !== 'hubspot' || hook.vendor !== 'hubspot')) {
      const message = `Remove it: how ${title} signs is known${hook.vendor === 'hubspot' ? ', but for its version' : ''}.`;
      yield { code: 'WH455', path: [...at, 'signature'], atName: true, message };
    }
  }
};

/** Who may sign for one account may not for another; and events of two accounts are told apart by their systems. */
export const hooksApart: Rule = function* ({ hooks }) {
  const bySecret = new Map<string, number>();
  const bySystem = new Map<string, number>();
  for (const [index, { secrets, system }] of readable(hooks)) {
    for (const [at, secret] of readable(secrets)) {
      const other = bySecret.get(secret);
      if (other !== undefined && other !== index) {
        const message = `${quoteName(secret)} is another hook's too. Give each hook a secret of its own.`;
        yield { code: 'WH456', path: ['hooks', index, 'secrets', at], message };
      } else bySecret.set(secret, index);
    }
    if (system === undefined) continue;
    if (bySystem.has(system)) {
      const message = `${quoteName(system)} has another hook already. Declare a system for each account.`;
      yield { code: 'WH459', path: ['hooks', index, 'system'], message };
    } else bySystem.set(system, index);
  }
};

/** What is in a list twice was meant to be another, or says nothing. */
export const hookListsDiffer: Rule = function* ({ hooks }) {
  for (const [index, { pairs, events }] of readable(hooks)) {
    yield* repeated(pairs, ['hooks', index, 'pairs']);
    for (const [at, { when }] of readable(events)) yield* repeated(when, ['hooks', index, 'events', at, 'when']);
  }
};

function* repeated(list: readonly unknown[] | undefined, path: PlanPath): Generator<Finding> {
  const seen = new Set<string>();
  for (const [at, entry] of (list ?? []).entries()) {
    if (entry !== undefined && seen.size === seen.add(JSON.stringify(entry)).size) {
      const message = 'This is in the list already. Keep one, or write the one that was meant.';
      yield { code: 'WH218', path: [...path, at], message };
    }
  }
}

/** Every field of a hook's events can be filled, with what it may hold. */
export const hookFields: Rule = function* ({ hooks, events }) {
  const fieldsOf = new Map([...readable(events)].map(([, { type, data }]) => [type, data]));
  for (const [index, hook] of readable(hooks)) {
    const seen = new Map<string, string[]>();
    for (const [at, mapping] of readable(hook.events)) {
      const path = ['hooks', index, 'events', at];
      yield* vendorFields(hook, mapping, path);
      const fields = mapping.to === undefined ? undefined : fieldsOf.get(mapping.to);
      if (fields !== undefined) yield* filled(hook, mapping, fields, path);
      yield* once(mapping, seen, path);
    }
  }
};

function* filled(hook: Hook, mapping: Mapping, fields: Fields, path: PlanPath): Generator<Finding> {
  // Written but unreadable, it may fill anything.
  if (Object.hasOwn(mapping, 'data') && mapping.data === undefined) return;
  for (const [name, filling] of Object.entries(mapping.data ?? {})) {
    const at = [...path, 'data', name];
    const field = fields[name];
    if (!Object.hasOwn(fields, name)) {
      yield {
        code: 'WH452',
        path: at,
        atName: true,
        message: () =>
          `${quoteName(mapping.to ?? '')} has no field ${quoteName(name)}.${didYouMean(name, Object.keys(fields)) || " Declare it under the event's 'data', or remove it here."}`,
      };
    } else if (field !== undefined && filling !== undefined) yield* codesThere(name, field, filling, at);
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field?.required !== true || Object.hasOwn(mapping.data ?? {}, name) || canFill(hook, name)) continue;
    yield {
      code: 'WH454',
      path,
      message: `${quoteName(mapping.to ?? '')} requires ${quoteName(name)}. Say under 'data' what fills it.`,
    };
  }
}

/** Stacks may put any field into what these vendors carry for them; of the others the fields are known. */
function canFill({ vendor }: Hook, name: string): boolean {
  if (vendor === undefined) return true;
  if (vendor === OTHER_VENDOR) return false;
  const known: VendorModule = VENDORS[vendor];
  return known.carriesFields || known.fields.includes(name);
}

function* codesThere(name: string, field: EventField, filling: Filling, at: PlanPath): Generator<Finding> {
  if ('always' in filling) {
    const { always } = filling;
    if (always === undefined || field.kind === undefined || fits(always, field)) return;
    yield {
      code: 'WH453',
      path: [...at, 'always'],
      message: () =>
        field.kind === 'code'
          ? `${quoteName(name)} is never ${quoteName(always)}.${didYouMean(always, known(field)) || ' Write a code that it can have.'}`
          : `${quoteName(name)} is of kind '${field.kind ?? ''}'. Say under 'from' where it comes from.`,
    };
    return;
  }
  const { codes } = filling as { codes?: Record<string, string | undefined> };
  for (const [written, code] of Object.entries(codes ?? {})) {
    if (code === undefined || field.kind === undefined || fits(code, field)) continue;
    yield {
      code: 'WH453',
      path: [...at, 'codes', written],
      message: () =>
        `${quoteName(name)} is never ${quoteName(code)}.${didYouMean(code, known(field)) || ' Write a code that it can have.'}`,
    };
  }
}

function known({ codes }: EventField): string[] {
  return (codes ?? []).filter((code) => code !== undefined);
}

function fits(value: string, field: EventField): boolean {
  switch (field.kind) {
    case 'code':
      // Of codes that could not all be read it may be one.
      return field.codes === undefined || field.codes.includes(undefined) || field.codes.includes(value);
    case 'integer':
    case 'boolean':
    case 'timestamp':
      return false;
    case undefined:
      return true;
  }
}

/** Fields of a vendor that a mapping names are ones that it has. */
function* vendorFields({ vendor }: Hook, mapping: Mapping, path: PlanPath): Generator<Finding> {
  if (vendor === undefined) return;
  const named: [PlanPath, string | undefined][] = [];
  for (const [at, condition] of readable(mapping.when)) {
    if ('field' in condition) named.push([[...path, 'when', at, 'field'], condition.field]);
  }
  for (const [name, filling] of Object.entries(mapping.data ?? {})) {
    if (filling !== undefined && 'field' in filling) named.push([[...path, 'data', name, 'field'], filling.field]);
  }
  const module: VendorModule | undefined = vendor === OTHER_VENDOR ? undefined : VENDORS[vendor];
  for (const [at, field] of named) {
    if (field === undefined || module?.carriesFields === true || module?.fields.includes(field) === true) continue;
    yield {
      code: 'WH458',
      path: at,
      message: () =>
        module === undefined
          ? "An other system has no fields by name. Write 'from' with the path to the value."
          : `${module.title} has no field ${quoteName(field)}.${didYouMean(field, module.fields) || ` It has ${module.fields.join(', ')}; any other value is read with 'from'.`}`,
    };
  }
}

/** One type makes an event once, unless conditions tell them apart. */
function* once(mapping: Mapping, seen: Map<string, string[]>, path: PlanPath): Generator<Finding> {
  const { from, to } = mapping;
  if (from === undefined || (Object.hasOwn(mapping, 'to') && to === undefined)) return;
  const conditions = JSON.stringify(mapping.when ?? null);
  const key = `${from}\u0000${to ?? ''}`;
  const earlier = seen.get(key) ?? [];
  if (earlier.includes(conditions) || earlier.includes('null')) {
    yield {
      code: 'WH457',
      path: [...path, 'from'],
      message: `${quoteName(from)} becomes the same above already. Remove one, or let conditions tell them apart.`,
    };
  }
  seen.set(key, [...earlier, conditions]);
}
