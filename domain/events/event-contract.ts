import type { Plan } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import { KeyOutsideGrammar, prefixOf } from '../sides/key-grammar';
import { UNIT_KINDS, type UnitKeys, type UnitKind } from '../sides/units';
import { refuse, type Refused } from './event-refusal';
import { parseTimestamp } from './rfc3339';

type FieldRule = Plan['events'][number]['data'][string];
export type EventData = Record<string, string | number | boolean>;

/** Which attribute carries the key of each kind of unit. */
const ATTRIBUTE_OF: Record<UnitKind, string> = {
  visitor: 'visitor',
  episode: 'journey',
  subscription: 'subscription',
  patient: 'subject',
  login: 'login',
};

/** What a plan lets in: its sources, its types with their closed data, its keys. Made once for a plan. */
export class EventContract {
  private readonly sources: ReadonlySet<string>;
  private readonly types: ReadonlyMap<string, ReadonlyMap<string, FieldRule>>;
  private readonly prefixes: Plan['keys'];
  /** For how long events are kept, on the clock on the wall; undefined: for good. */
  readonly keeps: Milliseconds | undefined;

  constructor(plan: Pick<Plan, 'systems' | 'events' | 'keys'> & Partial<Pick<Plan, 'retention'>>) {
    this.sources = new Set(plan.systems.map((system) => system.source));
    this.types = new Map(plan.events.map((event) => [event.type, new Map(Object.entries(event.data))]));
    this.prefixes = plan.keys;
    this.keeps = plan.retention?.events;
  }

  hasSource(source: string): boolean {
    return this.sources.has(source);
  }

  hasType(type: string): boolean {
    return this.types.has(type);
  }

  /** The keys an event names its patient by. The subject and the journey are required, the others may be left out. */
  readKeys(attributes: ReadonlyMap<string, unknown>): UnitKeys | Refused {
    const keys: UnitKeys = {};
    for (const kind of UNIT_KINDS) {
      const attribute = ATTRIBUTE_OF[kind];
      const value = attributes.get(attribute);
      if (value === undefined || value === null) continue;
      const prefix = this.prefixes[kind];
      if (typeof value !== 'string' || prefix === undefined || prefixOf(value) !== prefix) {
        const refusal = new KeyOutsideGrammar(`The attribute '${attribute}'`, prefix);
        return refuse(refusal.code, refusal.message);
      }
      keys[kind] = value;
    }
    return keys;
  }

  /**
   * An event's data as the plan declares it for its type: every field declared, of its kind, and none missing (R7: no free
   * text passes). Timestamps come out in UTC.
   */
  readData(type: string, data: unknown): EventData | Refused {
    const rules = this.types.get(type) ?? new Map<string, FieldRule>();
    if (data !== undefined && data !== null && (typeof data !== 'object' || Array.isArray(data))) {
      return refuse(
        'data-not-json',
        "Send 'data' as a JSON object with the fields that the plan declares for this type.",
      );
    }
    const sent = new Map<string, unknown>(Object.entries(data ?? {}));
    const undeclared = [...sent.keys()].filter((name) => !rules.has(name)).length;
    if (undeclared > 0) {
      return refuse(
        'undeclared-field',
        `The data has ${undeclared === 1 ? 'a field' : `${undeclared} fields`} that the plan does not declare for this type. Leave out notes and everything else that it does not name.`,
      );
    }
    const read: EventData = {};
    for (const [name, rule] of rules) {
      const value = sent.get(name);
      if (value === undefined) {
        if (rule.required)
          return refuse('missing-field', `The data lacks the field '${name}', which the plan requires.`);
        continue;
      }
      const taken = readField(rule, value);
      if (taken === undefined) return refuse('bad-field', `The field '${name}' must be ${expectation(rule)}.`);
      read[name] = taken;
    }
    return read;
  }
}

function readField(rule: FieldRule, value: unknown): string | number | boolean | undefined {
  switch (rule.kind) {
    case 'code':
      return typeof value === 'string' && rule.codes?.includes(value) ? value : undefined;
    case 'integer':
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'timestamp': {
      const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
      return time === undefined ? undefined : new Date(time).toISOString();
    }
  }
}

function expectation(rule: FieldRule): string {
  switch (rule.kind) {
    case 'code':
      return 'one of the codes that the plan lists for it';
    case 'integer':
      return 'a whole number within 2^53';
    case 'boolean':
      return 'true or false';
    case 'timestamp':
      return 'an RFC 3339 timestamp with its offset';
  }
}
