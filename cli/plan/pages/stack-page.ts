import { planPictures } from '../../../domain/plan/graph/plan-pictures';
import { LAYER_TITLES, stackMapOf } from '../../../domain/plan/graph/stack-map';
import type { Plan } from '../../../domain/plan/plan-schema';
import { mermaidSection } from '../pictures/draw-pictures';
import { drawSvg } from '../pictures/draw-svg';
import { code, codes, inline, markdownTable, page } from './markdown';
import { notYet } from './not-yet';
import { ownerMatrix, ownershipTable, tailTable } from './ownership-tables';
import type { PlanPage } from './plan-page';

export const stackPage: PlanPage = {
  file: 'stack.md',
  title: 'The stack',
  says: 'the eight layers as is and to be, which system owns which datum in which stage, and what legacy still owes after a commit',
  async write({ plan }) {
    const pictures = planPictures(plan, 'stack');
    const text = page(
      `# The stack: ${plan.migration}`,
      'The same picture as an image: [stack.svg](stack.svg).',
      ...pictures.map((picture) => mermaidSection(picture).trimEnd()),
      '## Layers',
      layerTable(plan),
      '## Systems',
      systemTable(plan),
      ...ownershipSections(plan),
    );
    return [
      { name: 'stack.md', text },
      { name: 'stack.svg', text: await drawSvg(pictures) },
    ];
  },
};

function layerTable(plan: Plan): string {
  return markdownTable(
    ['layer', 'data as is', 'data to be', 'who acts', 'patients see', 'moves with'],
    stackMapOf(plan).layers.map((row) => {
      const title = LAYER_TITLES[row.layer];
      if ('notApplicable' in row)
        return [title, '', '', '', '', `no part in the migration: ${inline(row.notApplicable)}`];
      const { legacy, target, actionOwner, patientEvents, movedBy } = row;
      const moves = movedBy.map(({ phase, stages }) =>
        stages.length === 0 ? phase : `${phase} (${stages.join(', ')})`,
      );
      return [
        title,
        code(legacy),
        code(target),
        code(actionOwner),
        codes(patientEvents),
        legacy === target ? 'stays' : moves.join(', '),
      ];
    }),
  );
}

function systemTable({ systems, journey = [], stackMap }: Plan): string {
  return markdownTable(
    ['system', 'side', 'serves', 'owns the data of'],
    systems.map(({ id, side }) => [
      code(id),
      side,
      journey.flatMap((row) => ('systems' in row && row.systems.includes(id) ? [row.stage] : [])).join(', '),
      stackMap
        .flatMap((row) =>
          'dataOwner' in row && (row.dataOwner.legacy === id || row.dataOwner.target === id)
            ? [LAYER_TITLES[row.layer]]
            : [],
        )
        .join(', '),
    ]),
  );
}

function ownershipSections(plan: Plan): string[] {
  if (plan.ownership === undefined) return ['## Data', 'The plan has no ownership matrix.'];
  return [
    '## Who owns which datum, stage by stage',
    `One system owns a datum in a stage. Where the owner changes, the commit of a phase changes it: while that phase ramps, and some patients are on target already, the owner before still counts. ${notYet('WH802')}`.trim(),
    ownerMatrix(plan),
    ownershipTable(plan),
    '## What legacy still owes after a commit',
    tailTable(plan) === '' ? 'Nothing is declared.' : tailTable(plan),
  ];
}
