import { parse } from 'yaml';
import { JOURNEY_KINDS, type JourneyKind } from '../../../domain/plan/journey';
import { KIND_DECLARATIONS } from '../../../domain/journey-kinds/kind-declarations';

interface Named {
  id: string;
}

/** What the template leaves to whoever extends it is found in these of its parts. */
export interface TemplateParts {
  attributes: { program: string[] };
  stackMap: { layer: string }[];
  ownership: { datum: string; handedOverBy: string; sync: string; tails?: Named[] }[];
  events: { type: string; data?: Record<string, { kind: string; codes?: string[] }> }[];
  handoffs: (Named & { phase: string; endPhase?: string; queue: string; severity: string })[];
  phases: (Named & {
    kind: JourneyKind;
    cohorts: (Named & { when?: Record<string, string[]> })[];
    probes?: Named[];
    armedEffects?: { effect: string }[];
    gates?: (Named & { handoff: string; rule: object })[];
    waves?: object;
    inFlight?: { queue?: string };
  })[];
  queues: (Named & { opensOn?: string[] })[];
  rollbackRules: (Named & { phase: string; gate: string; action: object })[];
  declaredGates: (Named & {
    phases?: string[];
    measure: string;
    limit: { kind: string; team?: string };
    minimumOutcomes?: number;
    action: object;
  })[];
  queueRules: (Named & { action: object })[];
  runbook: (Named & { phase?: string; day: number; at?: string; what: string })[];
}

export function readTemplate(text: string): TemplateParts {
  return parse(text) as TemplateParts;
}

/** A template without the phases that do not move: what is left, and what a plan lists under `without` for it. */
export function withoutPhases(template: TemplateParts, moves: readonly JourneyKind[]): [TemplateParts, string[]] {
  const left = new Set(template.phases.filter(({ kind }) => !moves.includes(kind)).map(({ id }) => id));
  const without: string[] = [];
  const keep = <Part>(
    list: string,
    parts: readonly Part[],
    name: (part: Part) => string,
    goes: (part: Part) => boolean,
  ) =>
    parts.filter((part) => {
      if (goes(part)) without.push(`${list}/${name(part)}`);
      return !goes(part);
    });
  const id = (part: Named): string => part.id;
  const phases = keep('phases', template.phases, id, (phase) => left.has(phase.id));
  const handoffs = keep('handoffs', template.handoffs, id, ({ phase }) => left.has(phase));
  for (const handoff of handoffs) {
    if (handoff.endPhase !== undefined && left.has(handoff.endPhase)) without.push(`handoffs/${handoff.id}/endPhase`);
  }
  const fed = new Set([...handoffs.map(({ queue }) => queue), ...phases.map(({ inFlight }) => inFlight?.queue)]);
  const wasFed = new Set(template.handoffs.map(({ queue }) => queue));
  const kept = {
    ...{ phases, handoffs },
    queues: keep(
      'queues',
      template.queues,
      id,
      (queue) => wasFed.has(queue.id) && !fed.has(queue.id) && queue.opensOn === undefined,
    ),
    rollbackRules: keep('rollbackRules', template.rollbackRules, id, ({ phase }) => left.has(phase)),
    declaredGates: keep(
      'declaredGates',
      template.declaredGates,
      id,
      ({ phases: of }) => of?.every((one) => left.has(one)) === true,
    ),
    runbook: keep('runbook', template.runbook, id, ({ phase }) => phase !== undefined && left.has(phase)),
  };
  for (const { datum, handedOverBy, tails } of template.ownership) {
    if (!left.has(handedOverBy)) continue;
    without.push(`ownership/${datum}/handedOverBy`, ...(tails === undefined ? [] : [`ownership/${datum}/tails`]));
  }
  const ownership = template.ownership.map((row) =>
    left.has(row.handedOverBy) ? { datum: row.datum, handedOverBy: '', sync: row.sync } : row,
  );
  const rest = { ...template, ...kept, ownership };
  const [before, after] = [usedEvents(template), usedEvents(rest)];
  const events = keep(
    'events',
    template.events,
    ({ type }) => type,
    ({ type }) => before.has(type) && !after.has(type),
  );
  return [{ ...rest, events }, without];
}

/** Handoffs of safety that are left out with their phases: what they watch may still move with another one. */
export function safetyLeftOut(template: TemplateParts, moves: readonly JourneyKind[]): string[] {
  const left = new Set(template.phases.filter(({ kind }) => !moves.includes(kind)).map(({ id }) => id));
  return template.handoffs
    .filter(({ phase, severity }) => severity === 'safety' && left.has(phase))
    .map(({ id }) => id);
}

/** What lint takes for a use of an event: its name anywhere else, or a part of the journey that shows it. */
function usedEvents({ events, ...rest }: TemplateParts): Set<string> {
  const said = new Set([
    ...textsOf(rest),
    ...JOURNEY_KINDS.flatMap((kind) => KIND_DECLARATIONS[kind].events.map(({ type }) => type)),
  ]);
  return new Set(events.map(({ type }) => type).filter((type) => said.has(type)));
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
