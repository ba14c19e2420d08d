import { formatDuration } from '../../time/duration';
import type { Plan } from '../plan-schema';
import {
  bridgesOf,
  journeyMapOf,
  STAGE_TITLES,
  type JourneyHandoff,
  type JourneyPhase,
  type JourneyStop,
} from './journey-map';
import type { Picture, PictureEdge, PictureGroup, PictureNode } from './picture';
import { wrap } from './wrap';

/** The stages with their systems on both sides, and the bridges between them. */
export function journeyPicture(plan: Plan): Picture {
  const { stops, missing } = journeyMapOf(plan);
  const groups = stops.map((stop, index) => stopGroup(stop, `s${index + 1}`));
  const notes = missing.map(({ stage, notApplicable }): PictureNode => ({
    id: `no-${stage}`,
    tone: 'note',
    lines: [`No ${STAGE_TITLES[stage].toLowerCase()}`, ...wrap(notApplicable, 28)],
  }));
  return {
    id: 'journey',
    title: `${plan.migration}: the patient's journey, on both sides`,
    description:
      "The stages of the patient's journey in their order, each with its systems on legacy and on target and the phase that moves it. Solid arrows are the lanes that stay on one side. Broken arrows are bridges: handoffs that start on one side and end on the other while only one of two phases has moved.",
    direction: 'right',
    columns: true,
    groups: [
      ...groups,
      ...(notes.length === 0 ? [] : [{ id: 'missing', lines: ['Stages there are not'], nodes: notes }]),
    ],
    edges: [...lanesThrough(groups), ...bridgesBetween(plan, stops)],
  };
}

/** One phase's handoffs: what starts each, what must follow, how soon, and whose case a missed one is. */
export function phaseJourneyPicture(plan: Plan, part: JourneyPhase): Picture {
  const drawn = part.handoffs.map((one) => drawHandoff(one));
  const groups = new Map<string, { group: string[]; nodes: Map<string, PictureNode> }>();
  const own = ownLines(part);
  groups.set('own', { group: own, nodes: new Map() });
  for (const { nodes } of drawn) {
    for (const { at, node } of nodes) {
      const lines = at === 'own' ? own : [`Ends on the side of ${at}`, `bridge`];
      const into = groups.get(at) ?? { group: lines, nodes: new Map<string, PictureNode>() };
      into.nodes.set(node.id, node);
      groups.set(at, into);
    }
  }
  return {
    id: `journey-${part.phase}`,
    title: `${plan.migration}: what must follow what in ${part.phase}`,
    description: `The ${part.handoffs.length} handoffs that start in ${part.phase}: from each starting event over the handoff, with its deadline, severity, queue and owner, to the events that keep it. Broken arrows lead over a bridge, to an end on the side of another phase.`,
    direction: 'right',
    columns: true,
    groups: [...groups].map(([at, { group, nodes }]) => ({
      id: at === 'own' ? 'own' : `end-${at}`,
      lines: group,
      nodes: [...nodes.values()],
    })),
    edges: drawn.flatMap(({ edges }) => edges),
  };
}

const LANE_NODES = ['legacy', 'target', 'shared'] as const;

function stopGroup({ stage, phase, systems }: JourneyStop, id: string): PictureGroup {
  const title = stage === undefined ? (phase ?? '') : STAGE_TITLES[stage];
  const moves =
    stage === undefined ? 'moves no stage' : phase === undefined ? 'no phase moves it' : `moves with ${phase}`;
  const known = LANE_NODES.filter((side) => systems[side].length > 0);
  const sides = known.length === 0 ? (['legacy', 'target'] as const) : known;
  const nodes = sides.map((side): PictureNode => ({
    id: `${id}-${side}`,
    tone: side,
    lines: [side === 'shared' ? 'both sides' : side, ...systems[side]],
  }));
  return { id, lines: [title, moves], nodes };
}

/** From stop to stop on the same side; a shared system stands on both. */
function lanesThrough(groups: readonly PictureGroup[]): PictureEdge[] {
  const edges = new Map<string, PictureEdge>();
  for (const [index, group] of groups.entries()) {
    const next = groups[index + 1];
    if (next === undefined) continue;
    for (const side of ['legacy', 'target'] as const) {
      const [from, to] = [nodeOn(group, side), nodeOn(next, side)];
      if (from === undefined || to === undefined) continue;
      edges.set(`${from} ${to}`, { from, to, kind: 'plain', lines: [] });
    }
  }
  return [...edges.values()];
}

function nodeOn({ nodes }: PictureGroup, side: 'legacy' | 'target'): string | undefined {
  return (nodes.find(({ tone }) => tone === side) ?? nodes.find(({ tone }) => tone === 'shared'))?.id;
}

/** One arrow for all bridges from one phase to another, between the first stop of each. */
function bridgesBetween(plan: Plan, stops: readonly JourneyStop[]): PictureEdge[] {
  const edges = new Map<string, { from: string; to: string; ids: string[] }>();
  for (const { handoff, bridge } of bridgesOf(plan)) {
    const [start, end] = bridge.lane === 'target→legacy' ? ['target', 'legacy'] : ['legacy', 'target'];
    const from = stopNode(stops, handoff.phase, start as 'legacy' | 'target');
    const to = stopNode(stops, bridge.endPhase, end as 'legacy' | 'target');
    const edge = edges.get(`${from} ${to}`) ?? { from, to, ids: [] };
    edge.ids.push(handoff.id);
    edges.set(`${from} ${to}`, edge);
  }
  return [...edges.values()].map(({ from, to, ids }) => ({ from, to, kind: 'bridge', lines: ['bridge', ...ids] }));
}

function stopNode(stops: readonly JourneyStop[], phase: string, side: 'legacy' | 'target'): string {
  const index = stops.findIndex((stop) => stop.phase === phase);
  const systems = stops[index]?.systems;
  const none = systems === undefined || LANE_NODES.every((one) => systems[one].length === 0);
  const on = none || systems[side].length > 0 ? side : systems.shared.length > 0 ? 'shared' : side;
  return `s${index + 1}-${on}`;
}

function ownLines({ phase, number, stages, handoffs }: JourneyPhase): string[] {
  const lanes = new Set(['legacy→legacy', 'target→target']);
  for (const { bridge } of handoffs) if (bridge !== undefined) lanes.add(bridge.lane);
  return [
    `Phase ${number}: ${phase}`,
    ...(stages.length === 0 ? [] : [`moves ${stages.map((stage) => STAGE_TITLES[stage].toLowerCase()).join(', ')}`]),
    `lanes ${[...lanes].join(', ')}`,
  ];
}

interface DrawnHandoff {
  /** With the group of each: `own`, or the phase that must end it. */
  nodes: { at: string; node: PictureNode }[];
  edges: PictureEdge[];
}

function drawHandoff({ handoff, owner, bridge }: JourneyHandoff): DrawnHandoff {
  const { id, start, end, within, severity, queue } = handoff;
  const over: PictureNode = {
    id: `handoff-${id}`,
    tone: bridge === undefined ? 'handoff' : 'bridge',
    lines: [
      id,
      `within ${formatDuration(within)}, ${severity}${bridge === undefined ? '' : `, bridge`}`,
      ...(bridge === undefined ? [] : [`lane ${bridge.lane} too`]),
      `missed: ${queue}`,
      `owner ${owner}`,
    ],
  };
  const at = bridge?.endPhase ?? 'own';
  const endId = (type: string): string => (at === 'own' ? `event-${type}` : `event-${at}-${type}`);
  const kind = bridge === undefined ? 'plain' : 'bridge';
  return {
    nodes: [
      { at: 'own', node: { id: `event-${start}`, tone: 'event', lines: [start] } },
      { at: 'own', node: over },
      ...end.map((type) => ({ at, node: { id: endId(type), tone: 'event' as const, lines: [type] } })),
    ],
    edges: [
      { from: `event-${start}`, to: over.id, kind: 'plain', lines: [] },
      ...end.map((type): PictureEdge => ({ from: over.id, to: endId(type), kind, lines: [] })),
    ],
  };
}
