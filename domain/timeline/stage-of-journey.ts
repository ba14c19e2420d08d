import type { Plan } from '../plan/plan-schema';
import type { Side } from '../sides/side';

/** An event, as far as it says where somebody is. */
export interface StagedEvent {
  type: string;
  source: string;
  /** Milliseconds since 1970. */
  time: number;
}

/** Where somebody is in their journey, since when, and who looks after them there. */
export interface StageStanding {
  /** One of the plan's stages; a phase where the plan has no journey, or no stage for it; null: nothing tells. */
  stage: string | null;
  phase: string | null;
  /** The team that owns the action there; null: the plan does not say. */
  owner: string | null;
  /** Milliseconds since 1970. */
  since: number;
}

type StagingPlan = Pick<Plan, 'journey' | 'stackMap' | 'handoffs' | 'phases' | 'queues' | 'systems'>;

/**
 * Tells the stages of a plan by its events. An event belongs to the phase of the handoffs that it starts, else of those that it ends, else of the phase
 * that it closes; of the stages of that phase it is in the one that its system serves. An event that tells nothing (a message, a note of a queue) leaves
 * somebody where they are.
 */
export class StageMap {
  private readonly phases: ReadonlyMap<string, string>;
  private readonly systems: ReadonlyMap<string, { id: string; side: Side | 'shared' }>;

  constructor(private readonly plan: StagingPlan) {
    const closing = plan.phases.flatMap(({ id, closedBy }) => closedBy.map((type) => [type, id] as const));
    const ending = plan.handoffs.flatMap(({ end, phase, endPhase }) =>
      end.map((type) => [type, endPhase ?? phase] as const),
    );
    const starting = plan.handoffs.map(({ start, phase }) => [start, phase] as const);
    // What it starts counts more than what it ends, and the first of each.
    this.phases = new Map([...closing.reverse(), ...ending.reverse(), ...starting.reverse()]);
    this.systems = new Map(plan.systems.map(({ id, side, source }) => [source, { id, side }]));
  }

  /** The system of the plan that sends with a source; undefined where none does any more. */
  systemOf(source: string): { id: string; side: Side | 'shared' } | undefined {
    return this.systems.get(source);
  }

  /** Where this event finds somebody; undefined: it does not tell. */
  placeOf({ type, source }: Pick<StagedEvent, 'type' | 'source'>): Omit<StageStanding, 'since'> | undefined {
    const phase = this.phases.get(type) ?? null;
    const system = this.systems.get(source)?.id;
    const served = (this.plan.journey ?? []).flatMap((one) => ('systems' in one ? [one] : []));
    const bySystem = served.filter(({ systems }) => system !== undefined && systems.includes(system));
    const ofPhase = served.filter((one) => phase !== null && one.phase === phase);
    const stage = phase === null ? onlyOf(bySystem) : (ofPhase.find((one) => bySystem.includes(one)) ?? ofPhase[0]);
    if (stage === undefined && phase === null) return undefined;
    return {
      stage: stage?.stage ?? phase,
      phase: phase ?? stage?.phase ?? null,
      owner: this.ownerOf({ type, source }),
    };
  }

  /** The team that owns the action of an event: of the layer whose patients notice it, else of the one whose data its system owns; else whoever works on its handoff where that is missed. */
  ownerOf({ type, source }: { type: string; source?: string }): string | null {
    const layers = this.plan.stackMap.flatMap((layer) => ('actionOwner' in layer ? [layer] : []));
    const system = source === undefined ? undefined : this.systems.get(source)?.id;
    const layer =
      layers.find(({ patientEvents }) => patientEvents.includes(type)) ??
      layers.find(({ dataOwner }) => system !== undefined && Object.values(dataOwner).includes(system));
    const handoff = this.plan.handoffs.find(({ start, end }) => start === type || end.includes(type));
    const queue = this.plan.queues.find(({ id }) => id === handoff?.queue);
    return layer?.actionOwner ?? queue?.owner ?? null;
  }
}

function onlyOf<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}

/** A stage without a break: until the next one began, or, of the last, undefined. */
export interface StageRun extends StageStanding {
  until: number | undefined;
}

/** The stages that events lead somebody through, in order. @param events in the order in which they happened */
export function stageRuns(stages: StageMap, events: readonly StagedEvent[]): StageRun[] {
  const runs: StageRun[] = [];
  for (const event of events) {
    const place = stages.placeOf(event);
    if (place === undefined) continue;
    const last = runs.at(-1);
    if (last?.stage === place.stage) {
      Object.assign(last, place);
      continue;
    }
    if (last !== undefined) last.until = event.time;
    runs.push({ ...place, since: event.time, until: undefined });
  }
  return runs;
}
