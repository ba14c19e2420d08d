import { coursesOf, type PhaseCourse } from '../../../domain/plan/graph/phase-course';
import type { Picture } from '../../../domain/plan/graph/picture';
import { planPictures } from '../../../domain/plan/graph/plan-pictures';
import type { Plan } from '../../../domain/plan/plan-schema';
import { formatDuration } from '../../../domain/time/duration';
import { mermaidSection } from '../pictures/draw-pictures';
import { drawSvg } from '../pictures/draw-svg';
import { code, inline, markdownTable, page } from './markdown';
import { notYet } from './not-yet';
import {
  armedTable,
  cohortTable,
  decisionTable,
  gateTable,
  queueRuleTable,
  stepTable,
  watchedTable,
  wayBackTable,
} from './phase-tables';
import type { PlanPage } from './plan-page';
import { waveSection } from './wave-section';

export const phasesPage: PlanPage = {
  file: 'phases.md',
  title: 'The phases',
  says: 'each phase with its cohorts and steps, its gates and what a crossed limit does, who decides, and the way back',
  async write({ plan, start }) {
    const pictures = planPictures(plan, 'phases');
    const drawn = (id: string): string => section(pictures.find((one) => one.id === id));
    const text = page(
      `# The phases: ${plan.migration}`,
      `The same pictures as one image: [phases.svg](phases.svg). How long a step is looked at is the least: too few outcomes, people who have not decided and a closed calendar add to it.${start === undefined ? '' : ' On which day each step begins at the earliest: [day by day](dry-run.md).'} What is marked with a code such as WH813 is declared, and [not carried out by this release](README.md#what-this-release-does-not-carry-out).`,
      drawn('phases'),
      ...coursesOf(plan).flatMap((course) => [drawn(`phase-${course.phase.id}`), ...phaseSections(plan, course)]),
      drawn('every-phase'),
      ...everyPhase(plan),
    );
    return [
      { name: 'phases.md', text },
      { name: 'phases.svg', text: await drawSvg(pictures) },
    ];
  },
};

function section(picture: Picture | undefined): string {
  return picture === undefined ? '' : mermaidSection(picture).trimEnd();
}

function phaseSections(plan: Plan, course: PhaseCourse): string[] {
  const { phase } = course;
  const calendar = phase.calendar ?? plan.advance?.calendar;
  const watched = watchedTable(plan, phase.id);
  const armed = armedTable(phase);
  return [
    `### Steps of ${phase.id}`,
    cohortTable(phase),
    stepTable(course),
    calendar === undefined
      ? ''
      : `It goes on only while ${code(calendar)} is open; a rollback or a pause waits for no calendar.`,
    `After the commit it must be stable for ${formatDuration(phase.dwell)} before another phase begins.`,
    `### Gates of ${phase.id}`,
    'Each step ends only when all of these pass.',
    gateTable(plan, phase),
    watched === '' ? '' : `People watch these as well. ${notYet('WH818')}`.trim(),
    watched,
    `### Who decides in ${phase.id}`,
    decisionTable(phase),
    `### The way back from ${phase.id}`,
    `This holds until the commit; after it, only a [reverse cutover](README.md#words) goes back. Traffic goes to legacy first. A step back moves nobody who is on target. Any wider rollback does with them, by how far they got:`,
    wayBackTable(phase),
    phase.inFlight.queue === undefined
      ? ''
      : `Open journeys that are brought back or wait are cases in ${code(phase.inFlight.queue)}; where it has no room for all of them, nobody is brought back.`,
    markdownTable(
      ['a rollback does not undo', 'shown by', 'what people do'],
      phase.irreversible.map(({ effect, event, undo }) => [code(effect), code(event), inline(undo)]),
    ),
    armed === '' ? '' : `What fires by itself is disarmed on the side that somebody left. ${notYet('WH814')}`.trim(),
    armed,
    ...waveSection(phase),
  ];
}

function everyPhase(plan: Plan): string[] {
  const watched = watchedTable(plan, undefined);
  const rules = queueRuleTable(plan);
  return [
    watched === '' ? '' : `### Limits that people watch in every phase`,
    watched === '' ? '' : notYet('WH818'),
    watched,
    rules === '' ? '' : '### Rules on queues',
    rules === '' ? '' : notYet('WH805'),
    rules,
  ];
}
