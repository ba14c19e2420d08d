import { UNDECIDED } from '../schema/values';
import type { Plan } from '../plan-schema';
import type { Picture, PictureEdge, PictureGroup, PictureNode } from './picture';
import { LAYER_TITLES, stackMapOf, type MovedLayer, type OtherLayer, type OtherSystem } from './stack-map';
import { wrap } from './wrap';

/** The stack as is and to be: a row for each layer. */
export function stackPicture(plan: Plan): Picture {
  const { layers, others } = stackMapOf(plan);
  const rows = layers.map((layer, index) => layerRow(layer, `l${index + 1}`));
  return {
    id: 'stack',
    title: `${plan.migration}: the stack as is and to be`,
    description:
      'One row for each of the eight layers: the team that owns its action with what patients see of it, the legacy system that owns its data as is, and the target system to be. On the arrow, the phase that moves it.',
    direction: 'right',
    columns: true,
    groups: [
      ...rows.map(({ group }) => group),
      ...(others.length === 0
        ? []
        : [{ id: 'others', lines: ['Systems that own the data of no layer'], nodes: others.map(otherNode) }]),
    ],
    edges: rows.flatMap(({ edges }) => edges),
  };
}

function layerRow(row: MovedLayer | OtherLayer, id: string): { group: PictureGroup; edges: PictureEdge[] } {
  const lines = [LAYER_TITLES[row.layer]];
  if ('notApplicable' in row) {
    const says: PictureNode = {
      id: `${id}-note`,
      tone: 'note',
      lines: ['No part in the migration', ...wrap(row.notApplicable)],
    };
    return { group: { id, lines, nodes: [says] }, edges: [] };
  }
  const acts: PictureNode = {
    id: `${id}-acts`,
    tone: 'note',
    lines: [`${decided(row.actionOwner)} acts`, ...wrap(`Patients see: ${row.patientEvents.join(', ')}`, 44)],
  };
  if (row.legacy === row.target) {
    const stays: PictureNode = {
      id: `${id}-stays`,
      tone: 'shared',
      lines: [decided(row.legacy), 'owns the data as is and to be'],
    };
    return {
      group: { id, lines, nodes: [acts, stays] },
      edges: [{ from: acts.id, to: stays.id, kind: 'link', lines: [] }],
    };
  }
  const legacy: PictureNode = {
    id: `${id}-legacy`,
    tone: 'legacy',
    lines: [decided(row.legacy), 'as is: owns the data on legacy'],
  };
  const target: PictureNode = {
    id: `${id}-target`,
    tone: 'target',
    lines: [decided(row.target), 'to be: owns the data on target'],
  };
  return {
    group: { id, lines, nodes: [acts, legacy, target] },
    edges: [
      { from: acts.id, to: legacy.id, kind: 'link', lines: [] },
      { from: legacy.id, to: target.id, kind: 'plain', lines: movers(row) },
    ],
  };
}

function movers({ movedBy }: MovedLayer): string[] {
  if (movedBy.length === 0) return ['no phase is said to move it'];
  return movedBy.map(({ phase }, index) => (index === 0 ? `moves with ${phase}` : `and ${phase}`));
}

function otherNode({ id, side, stages }: OtherSystem): PictureNode {
  const serves = stages.length === 0 ? [] : wrap(`serves ${stages.join(', ')}`);
  return { id: `other-${id}`, tone: side, lines: [id, side === 'shared' ? 'both sides' : side, ...serves] };
}

function decided(name: string): string {
  return name === UNDECIDED ? 'to be decided' : name;
}
