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
    edges: [...lanesThrough(groups), ...bridgesBetween(plan, stops, groups)],
  };
}

/** One phase's handoffs: what starts each, what must follow, how soon, and whose case a missed one is. */
export function phaseJourneyPicture(plan: Plan, part: JourneyPhase): Picture {
  const again = drawnAgain(part.handoffs);
  const drawn = part.handoffs.map((one) => drawHandoff(one, again));
  const groups = new Map<string, { group: string[]; nodes: Map<string, PictureNode> }>();
  const own = ownLines(part);
  groups.set('own', { group: own, nodes: new Map() });
  for (const { nodes } of drawn) {
    for (const { at, node } of nodes) {
      const lines = at === 'own' ? own : [`Bridge: ends on the side of ${at}`];
      const into = groups.get(at) ?? { group: lines, nodes: new Map<string, PictureNode>() };
      into.nodes.set(node.id, node);
      groups.set(at, into);
    }
  }
  return {
    id: `journey-${part.phase}`,
    title: `${plan.migration}: what must follow what in ${part.phase}`,
    description: `Every handoff that starts in ${part.phase}, ${part.handoffs.length} of them: from each starting event over the handoff, with its deadline, severity, queue and owner, to the events that keep it. Broken arrows lead over a bridge, to an end on the side of another phase.`,
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

function stopGroup({ stage, phase, systems }: JourneyStop, id: string): PictureGroup {
  const title = stage === undefined ? (phase ?? '') : STAGE_TITLES[stage];
  const moves =
    stage === undefined ? 'moves no stage' : phase === undefined ? 'no phase moves it' : `moves with ${phase}`;
  return { id, lines: [title, moves], nodes: stopNodes(systems, id) };
}

/** One for each side, with what serves both in each of them; one for both where nothing else is there. */
function stopNodes({ legacy, target, shared }: JourneyStop['systems'], id: string): PictureNode[] {
  const own = [...legacy, ...target];
  if (own.length === 0 && shared.length > 0)
    return [{ id: `${id}-shared`, tone: 'shared', lines: ['both sides', ...shared] }];
  const both = shared.map((system) => `${system} (both sides)`);
  const all: PictureNode[] = [
    { id: `${id}-legacy`, tone: 'legacy', lines: ['legacy', ...legacy, ...both] },
    { id: `${id}-target`, tone: 'target', lines: ['target', ...target, ...both] },
  ];
  return own.length === 0 ? all : all.filter(({ lines }) => lines.length > 1);
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
function bridgesBetween(plan: Plan, stops: readonly JourneyStop[], groups: readonly PictureGroup[]): PictureEdge[] {
  const stopNode = (phase: string, side: 'legacy' | 'target'): string => {
    const group = groups[stops.findIndex((stop) => stop.phase === phase)];
    return group === undefined ? '' : (nodeOn(group, side) ?? group.nodes[0]?.id ?? '');
  };
  const edges = new Map<string, PictureEdge & { lines: string[] }>();
  for (const { handoff, bridge } of bridgesOf(plan)) {
    const back = bridge.lane === 'legacy→target';
    // Whichever phase moves first is the one that is on target alone.
    const [first, second] = back ? [bridge.endPhase, handoff.phase] : [handoff.phase, bridge.endPhase];
    const [from, to] = [stopNode(first, 'target'), stopNode(second, 'legacy')];
    const key = `${from} ${to} ${bridge.lane}`;
    const kind = back ? 'bridgeBack' : 'bridge';
    const edge = edges.get(key) ?? { from, to, kind, lines: [back ? `bridge back to ${first}` : 'bridge'] };
    edge.lines.push(handoff.id);
    edges.set(key, edge);
  }
  return [...edges.values()];
}

function ownLines({ phase, number, handoffs }: JourneyPhase): string[] {
  const lanes = new Set(['legacy→legacy', 'target→target']);
  for (const { bridge } of handoffs) if (bridge !== undefined) lanes.add(bridge.lane);
  return [`Phase ${number}: ${phase}, lanes ${[...lanes].join(', ')}`];
}

/** So many handoffs stand in a row. */
const IN_A_ROW = 2;

/** Events that end one handoff and start another, and are drawn twice: what follows from them stands in a row of its own, or a long chain would make the picture too wide to read. */
function drawnAgain(handoffs: readonly JourneyHandoff[]): Set<string> {
  const again = new Set<string>();
  const places = new Map<string, number>();
  const placeOf = (type: string): number => {
    const known = places.get(type);
    if (known !== undefined) return known;
    places.set(type, 0);
    const before = handoffs.filter(({ handoff, bridge }) => bridge === undefined && handoff.end.includes(type));
    const place = Math.max(0, ...before.map(({ handoff }) => placeOf(handoff.start) + 1));
    if (place >= IN_A_ROW) again.add(type);
    places.set(type, place >= IN_A_ROW ? 0 : place);
    return places.get(type) ?? 0;
  };
  for (const { handoff } of handoffs) placeOf(handoff.start);
  return again;
}

interface DrawnHandoff {
  /** With the group of each: `own`, or the phase that must end it. */
  nodes: { at: string; node: PictureNode }[];
  edges: PictureEdge[];
}

function drawHandoff({ handoff, owner, bridge }: JourneyHandoff, again: ReadonlySet<string>): DrawnHandoff {
  const { id, start, end, within, severity, queue } = handoff;
  const over: PictureNode = {
    id: `handoff-${id}`,
    tone: bridge === undefined ? 'handoff' : 'bridge',
    lines: [
      id,
      `within ${formatDuration(within)}, ${severity}${bridge === undefined ? '' : `, bridge`}`,
      ...(bridge === undefined ? [] : [`lane ${bridge.lane} too`]),
      ...(queue === undefined || owner === null ? ['missed: no case'] : [`missed: ${queue}`, `owner ${owner}`]),
    ],
  };
  const from = again.has(start) ? `start-${start}` : `event-${start}`;
  const at = bridge?.endPhase ?? 'own';
  const endId = (type: string): string => (at === 'own' ? `event-${type}` : `event-${at}-${type}`);
  const kind = bridge === undefined ? 'plain' : 'bridge';
  return {
    nodes: [
      { at: 'own', node: { id: from, tone: 'event', lines: [start] } },
      { at: 'own', node: over },
      ...end.map((type) => ({ at, node: { id: endId(type), tone: 'event' as const, lines: [type] } })),
    ],
    edges: [
      { from, to: over.id, kind: 'plain', lines: [] },
      ...end.map((type): PictureEdge => ({ from: over.id, to: endId(type), kind, lines: [] })),
    ],
  };
}
