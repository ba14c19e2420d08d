import { journeyMapOf, STAGE_TITLES } from '../../../domain/plan/graph/journey-map';
import { planPictures } from '../../../domain/plan/graph/plan-pictures';
import type { Plan } from '../../../domain/plan/plan-schema';
import { mermaidSection } from '../pictures/draw-pictures';
import { drawSvg } from '../pictures/draw-svg';
import { bridgeTable, handoffTable } from './handoff-tables';
import { codes, inline, markdownTable, page } from './markdown';
import type { PlanPage } from './plan-page';

export const journeyPage: PlanPage = {
  file: 'journey.md',
  title: 'The journey',
  says: 'the seven stages with their systems on both sides, every handoff with its deadline and the team that a missed one goes to, and the bridges between the sides',
  async write({ plan }) {
    const pictures = planPictures(plan, 'journey');
    const [overview, ...parts] = pictures;
    const { phases } = journeyMapOf(plan);
    const text = page(
      `# The journey: ${plan.migration}`,
      'The same pictures as one image: [journey.svg](journey.svg).',
      overview === undefined ? '' : mermaidSection(overview).trimEnd(),
      stageTable(plan),
      '## Handoffs that cross sides',
      bridgeTable(plan) === ''
        ? 'None: each ends in the phase that it starts in.'
        : 'A lane is the side on which a handoff starts and the side that must end it. A bridge is the lane between two sides: it is there while only one of two phases has moved, and is counted by itself.',
      bridgeTable(plan),
      ...phases
        .filter(({ handoffs }) => handoffs.length > 0)
        .flatMap((part, index) => {
          const picture = parts[index];
          return [picture === undefined ? '' : mermaidSection(picture).trimEnd(), handoffTable(plan, part.handoffs)];
        }),
    );
    return [
      { name: 'journey.md', text },
      { name: 'journey.svg', text: await drawSvg(pictures) },
    ];
  },
};

function stageTable(plan: Plan): string {
  const { stops, missing } = journeyMapOf(plan);
  return markdownTable(
    ['stage', 'on legacy', 'on target', 'on both', 'moves with'],
    [
      ...stops.flatMap(({ stage, phase, systems }) =>
        stage === undefined
          ? []
          : [
              [
                STAGE_TITLES[stage],
                codes(systems.legacy),
                codes(systems.target),
                codes(systems.shared),
                phase ?? 'no phase: it stays as it is',
              ],
            ],
      ),
      ...missing.map(({ stage, notApplicable }) => [
        STAGE_TITLES[stage],
        '',
        '',
        '',
        `there is none: ${inline(notApplicable)}`,
      ]),
    ],
  );
}
