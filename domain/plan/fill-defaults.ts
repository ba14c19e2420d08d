import type { VendorModule } from '../hooks/vendor-item';
import { VENDOR_NAMES, VENDORS, type Vendor } from '../hooks/vendors';
import { BUILT_IN_QUEUES, isBuiltInQueue } from '../journey-kinds/built-in-queues';
import type { KindDeclaration, KindEvent, KindHandoff, KindStage } from '../journey-kinds/kind-declaration';
import { KIND_DECLARATIONS } from '../journey-kinds/kind-declarations';
import { RECORD_EVENTS } from '../journey-kinds/shared-events';
import { fillBuiltInGates } from './fill-built-in-gates';
import type { FilledPart } from './filled-part';
import { JOURNEY_KINDS, type JourneyKind } from './journey';
import { quoteName, type Finding, type PlanPath } from './plan-problem';
import { isMapOfNames } from './schema-walk';

export interface FilledPlan {
  /** As written, with what was left out; what was read is not changed. */
  value: unknown;
  parts: readonly FilledPart[];
}

type Names = Record<string, unknown>;

/**
 * Fills in what a plan as written leaves out and its kinds of phase know: handoffs of a phase that has none, with their events; unit,
 * gates, irreversible effects and milestones of a phase; what a gate is that is built in; deadline, path and opening events of a built-in queue; what a vendor's types usually mean. What speaks of a handoff
 * or event that the plan does not have stays out. Nothing that people decide is filled in: owners, rollback rules, approvals.
 * What is there and cannot be read is left as it is.
 */
export function fillDefaults(value: unknown): FilledPlan {
  if (!isMapOfNames(value)) return { value, parts: [] };
  const filler = new Filler({ ...value });
  filler.fill();
  return { value: filler.plan, parts: filler.parts };
}

class Filler {
  readonly parts: FilledPart[] = [];

  constructor(readonly plan: Names) {}

  fill(): void {
    const phases = this.kindPhases();
    if (phases.length > 0) {
      this.fillHandoffs(phases);
      for (const { index, phase, kind } of phases) this.fillPhase(index, phase, KIND_DECLARATIONS[kind]);
    }
    this.fillGates();
    this.fillQueues();
    this.fillHooks();
  }

  /** The phases that are parts of the journey, each a copy that may be filled. */
  private kindPhases(): { index: number; phase: Names; kind: JourneyKind }[] {
    const { phases } = this.plan;
    if (!Array.isArray(phases)) return [];
    const copies: unknown[] = phases.map((phase: unknown) => (isMapOfNames(phase) ? { ...phase } : phase));
    this.plan['phases'] = copies;
    return copies.flatMap((phase, index) => {
      const kind = isMapOfNames(phase) ? JOURNEY_KINDS.find((known) => known === phase['kind']) : undefined;
      return kind === undefined ? [] : [{ index, phase: phase as Names, kind }];
    });
  }

  /** R14: a phase without a single handoff of its own has those of its kind; the second phase of a kind has none. */
  private fillHandoffs(phases: readonly { index: number; phase: Names; kind: JourneyKind }[]): void {
    const declared = this.listOf('handoffs');
    const ids = new Set(phasesOf(this.plan).map((phase) => (isMapOfNames(phase) ? phase['id'] : undefined)));
    // A handoff whose phase is mistyped may be the one that a phase is missing.
    if (declared === undefined || !declared.every((handoff) => isMapOfNames(handoff) && ids.has(handoff['phase'])))
      return;
    const handedOff = new Set(declared.map((handoff) => (handoff as Names)['phase']));
    const first = new Map<JourneyKind, unknown>();
    for (const { kind, phase } of phases) if (!first.has(kind)) first.set(kind, phase['id']);
    for (const { index, phase, kind } of phases) {
      const id = phase['id'];
      if (typeof id !== 'string' || handedOff.has(id) || first.get(kind) !== id) continue;
      const from = ['phases', index];
      for (const handoff of KIND_DECLARATIONS[kind].handoffs) {
        const endPhase = handoff.endKind === undefined ? undefined : first.get(handoff.endKind);
        this.append('handoffs', documentOf(handoff, id, endPhase), from, `the handoff ${quoteName(handoff.id)}`);
      }
      this.addEvents(KIND_DECLARATIONS[kind].events, from);
    }
  }

  private fillPhase(index: number, phase: Names, kind: KindDeclaration): void {
    const from = ['phases', index];
    const leftOut = (name: string, value: unknown, what: string): void => {
      if (Object.hasOwn(phase, name) || (Array.isArray(value) && value.length === 0)) return;
      phase[name] = value;
      this.parts.push({ path: [...from, name], from, what });
    };
    leftOut('unit', kind.unit, `the unit '${kind.unit ?? ''}'`);
    const handoffs = this.namesIn('handoffs', 'id', (handoff) => handoff['phase'] === phase['id']);
    const gates = kind.gates.filter(({ handoff }) => handoffs.has(handoff));
    leftOut('gates', gates, `the gates ${gates.map(({ id }) => quoteName(id)).join(', ')}`);
    const events = this.namesIn('events', 'type');
    const effects = kind.irreversible.filter(({ event }) => events.has(event));
    leftOut('irreversible', effects, `the effects ${effects.map(({ effect }) => quoteName(effect)).join(', ')}`);
    this.fillMilestones(
      index,
      phase,
      kind.milestones.filter(({ reachedBy }) => events.has(reachedBy)),
    );
  }

  /** Nobody is brought back from beyond a point of no return unless the plan says so. */
  private fillMilestones(index: number, phase: Names, milestones: readonly KindStage[]): void {
    const inFlight = Object.hasOwn(phase, 'inFlight') ? phase['inFlight'] : {};
    if (!isMapOfNames(inFlight) || Object.hasOwn(inFlight, 'milestones') || milestones.length === 0) return;
    phase['inFlight'] = {
      ...inFlight,
      milestones: milestones.map((milestone) => ({ ...milestone, policy: 'finish' })),
    };
    this.parts.push({
      path: ['phases', index, 'inFlight', 'milestones'],
      from: ['phases', index],
      what: `the milestones ${milestones.map(({ id }) => quoteName(id)).join(', ')}`,
    });
  }

  /** R32 to R35: a gate that is built in may be written by its name alone. */
  private fillGates(): void {
    const { phases, queues } = this.plan;
    if (!Array.isArray(phases)) return;
    const around = { handoffs: this.listOf('handoffs') ?? [], queues: Array.isArray(queues) ? queues : [] };
    this.plan['phases'] = phases.map((phase: unknown, index) => {
      if (!isMapOfNames(phase)) return phase;
      const { gates, parts } = fillBuiltInGates(phase, ['phases', index], around);
      if (parts.length === 0) return phase;
      this.parts.push(...parts);
      return { ...phase, gates };
    });
  }

  private fillQueues(): void {
    const { queues } = this.plan;
    if (!Array.isArray(queues)) return;
    this.plan['queues'] = queues.map((queue: unknown, index) => {
      if (!isMapOfNames(queue) || typeof queue['id'] !== 'string' || !isBuiltInQueue(queue['id'])) return queue;
      const standard = BUILT_IN_QUEUES[queue['id']];
      const from = ['queues', index];
      const filled = { ...queue };
      for (const name of ['sla', 'path', 'opensOn'] as const) {
        if (Object.hasOwn(queue, name) || standard[name].length === 0) continue;
        filled[name] = standard[name];
        this.parts.push({ path: [...from, name], from, what: QUEUE_PARTS[name] });
        if (name === 'opensOn') {
          const opens: readonly string[] = standard.opensOn;
          this.addEvents(
            RECORD_EVENTS.filter(({ type }) => opens.includes(type)),
            from,
          );
        }
      }
      return filled;
    });
  }

  /** What a vendor's types usually mean, as far as the plan has such events. */
  private fillHooks(): void {
    const { hooks } = this.plan;
    if (!Array.isArray(hooks)) return;
    const declared = new Map(this.listOf('events')?.map((event) => fieldsOfEvent(event)));
    this.plan['hooks'] = hooks.map((hook: unknown, index) => {
      if (!isMapOfNames(hook) || Object.hasOwn(hook, 'events')) return hook;
      const vendor = VENDOR_NAMES.find((known) => known === hook['vendor']);
      if (vendor === undefined) return hook;
      const events = usualEvents(vendor, declared);
      if (events.length === 0) return hook;
      const from = ['hooks', index];
      this.parts.push({ path: [...from, 'events'], from, what: `what ${VENDORS[vendor].title}'s types usually mean` });
      return { ...hook, events };
    });
  }

  /** Those that the plan does not declare itself. */
  private addEvents(events: readonly KindEvent[], from: PlanPath): void {
    const declared = this.namesIn('events', 'type');
    for (const event of events) {
      if (declared.has(event.type)) continue;
      this.append('events', this.eventDocument(event), from, `the event ${quoteName(event.type)}`);
    }
  }

  /** An event of the journey may carry what cohorts are declared by. */
  private eventDocument({ type, data = {} }: KindEvent): Names {
    const attributes = isMapOfNames(this.plan['attributes']) ? this.plan['attributes'] : {};
    const fields = Object.entries(data).flatMap(([name, field]): [string, unknown][] => {
      const codes = 'codes' in field ? field.codes : attributes[field.codesOf];
      return codes === undefined ? [] : [[name, { kind: 'code', codes }]];
    });
    const coded = Object.entries(attributes).map(([name, codes]) => [name, { kind: 'code', codes }] as const);
    return { type, data: Object.fromEntries([...coded, ...fields]) };
  }

  private append(section: 'handoffs' | 'events', item: Names, from: PlanPath, what: string): void {
    const list = this.listOf(section);
    if (list === undefined) return;
    this.plan[section] = [...list, item];
    this.parts.push({ path: [section, list.length], from, what });
  }

  /** A list of the plan; empty where it is left out, undefined where it cannot be read. */
  private listOf(section: 'handoffs' | 'events'): readonly unknown[] | undefined {
    if (!Object.hasOwn(this.plan, section)) return [];
    const list = this.plan[section];
    return Array.isArray(list) ? list : undefined;
  }

  private namesIn(section: 'handoffs' | 'events', name: string, where = (_item: Names): boolean => true): Set<unknown> {
    return new Set(this.listOf(section)?.flatMap((item) => (isMapOfNames(item) && where(item) ? [item[name]] : [])));
  }
}

/** The type of an event as written, with its fields. */
function fieldsOfEvent(event: unknown): [type: unknown, fields: Names] {
  if (!isMapOfNames(event)) return [undefined, {}];
  return [event['type'], isMapOfNames(event['data']) ? event['data'] : {}];
}

/** What the plan has such events for, and the vendor can fill. */
function usualEvents(vendor: Vendor, declared: ReadonlyMap<unknown, Names>): Names[] {
  const { defaults, carriesFields, fields: known }: VendorModule = VENDORS[vendor];
  return defaults.flatMap(({ from, when, to, always = {} }) => {
    const fields = declared.get(to);
    if (to !== undefined && fields === undefined) return [];
    const constant = Object.entries(always).filter(([name, code]) => canBe(fields?.[name], code));
    const fillable = new Set([...constant.map(([name]) => name), ...known]);
    const isFilled = Object.entries(fields ?? {}).every(
      ([name, field]) => !isRequired(field) || carriesFields || fillable.has(name),
    );
    if (!isFilled) return [];
    const conditions = Object.entries(when ?? {}).map(([field, oneOf]) => ({ field, oneOf: [...oneOf] }));
    const data = constant.map(([name, code]) => [name, { always: code }] as const);
    return [
      {
        from,
        ...(conditions.length > 0 && { when: conditions }),
        ...(to !== undefined && { to }),
        ...(data.length > 0 && { data: Object.fromEntries(data) }),
      },
    ];
  });
}

function isRequired(field: unknown): boolean {
  return isMapOfNames(field) && field['required'] === true;
}

function canBe(field: unknown, code: string): boolean {
  return isMapOfNames(field) && Array.isArray(field['codes']) && field['codes'].includes(code);
}

const QUEUE_PARTS = { sla: 'the SLA', path: 'the path', opensOn: 'the events that open a case' } as const;

function phasesOf({ phases }: Names): readonly unknown[] {
  return Array.isArray(phases) ? phases : [];
}

function documentOf({ endKind: _, ...handoff }: KindHandoff, phase: string, endPhase: unknown): Names {
  return { ...handoff, phase, ...(endPhase !== undefined && { endPhase }) };
}

/** A finding in what was filled in, said of the phase or queue that it was filled in for: that is where people can mend it. */
export function findingAsWritten(finding: Finding, parts: readonly FilledPart[]): Finding {
  const part = parts.find(({ path }) => path.every((step, depth) => finding.path[depth] === step));
  if (part === undefined) return finding;
  const { code, message } = finding;
  return {
    code,
    path: part.from,
    message: () =>
      `${typeof message === 'string' ? message : message()} Filled in here, since it is left out: ${part.what}.`,
  };
}
