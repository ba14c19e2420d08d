import { longestGap } from '../../../domain/plan/open-hours';
import type { Plan } from '../../../domain/plan/plan-schema';
import { dayWords } from '../../../domain/plan/raci/people-rows';
import { hoursWords } from '../../../domain/plan/words/hours-words';
import { sliceWords } from '../../../domain/plan/words/slice-words';
import { formatDuration } from '../../../domain/time/duration';
import { code, codes, inline, markdownTable, page } from './markdown';
import { notYet } from './not-yet';
import type { PlanPage } from './plan-page';

export const peoplePage: PlanPage = {
  file: 'people.md',
  title: 'People',
  says: 'the teams and how each is reached by day and by night, the queues with their clocks and paths, who must be ready, calendars and the runbook',
  write({ plan }) {
    const text = page(
      `# People: ${plan.migration}`,
      '## Teams',
      teamTable(plan),
      '## Who works on a stuck case, by day and by night',
      'A missed handoff opens one case in its queue. Its clock runs at any hour, and the board shows what is overdue. The owner hears of it while somebody is there, by the rota below; cases of one outage are told together.',
      queueTable(plan),
      ...pagedSection(plan),
      ...plan.queues.flatMap(({ id, path }) => [
        `### The path of ${id}`,
        path.map((step, index) => `${index + 1}. ${inline(step)}`).join('\n'),
      ]),
      ...coverageSection(plan),
      ...calendarSection(plan),
      ...runbookSection(plan),
    );
    return [{ name: 'people.md', text }];
  },
};

type Team = Plan['owners'][number];

function teamTable({ owners }: Plan): string {
  return markdownTable(
    ['team', 'known as', 'reached by', 'when somebody is there'],
    owners.map((team) => [code(team.id), inline(team.title ?? ''), inline(team.reach?.rota ?? ''), shifts(team)]),
  );
}

function shifts({ reach }: Team): string {
  if (reach === undefined) return 'the plan does not say';
  const hours = reach.shifts.map((shift) => `${shift.id}: ${hoursWords(shift)}`).join('; ');
  return `${longestGap(reach.shifts) === 0 ? 'at any hour: ' : ''}${hours} (${reach.timeZone})`;
}

function queueTable({ queues, owners, handoffs }: Plan): string {
  return markdownTable(
    ['queue', 'cases of', 'owner', 'reached by', 'at night', 'SLA', 'room for', 'told as well', 'while overdue'],
    queues.map(({ id, owner, sla, businessTime, capacity, opensOn, escalation = [] }) => {
      const feeding = handoffs.filter(({ queue }) => queue === id);
      const team = owners.find((one) => one.id === owner);
      const told = [...new Set(feeding.flatMap(({ recipients = [] }) => recipients))];
      return [
        code(id),
        codes([...feeding.map((handoff) => handoff.id), ...opensOn]),
        code(owner),
        inline(team?.reach?.rota ?? 'the plan does not say'),
        nightWords(team),
        `${formatDuration(sla)}${businessTime === undefined ? '' : ` (promised: ${businessTime.within} of ${businessTime.calendar})`}`,
        capacity === undefined ? '' : `${capacity} open cases`,
        told.length === 0 ? '' : codes(told),
        escalation.map(({ team, after }) => `${code(team)} after ${formatDuration(after)}`).join(', '),
      ];
    }),
  );
}

function nightWords(team: Team | undefined): string {
  if (team?.reach === undefined) return 'the plan does not say';
  return longestGap(team.reach.shifts) === 0
    ? `${inline(team.title ?? team.id)}, by the same rota`
    : `nobody for up to ${formatDuration(longestGap(team.reach.shifts))}`;
}

/** Limits whose crossing is to page a team as well. */
function pagedSection({ declaredGates = [], owners }: Plan): string[] {
  const rows = declaredGates.flatMap(({ id, measure, page: paged }) => {
    const team = owners.find((one) => one.id === paged);
    if (paged === undefined) return [];
    return [
      [code(id), inline(measure), code(paged), inline(team?.reach?.rota ?? 'the plan does not say'), nightWords(team)],
    ];
  });
  if (rows.length === 0) return [];
  return [
    '## Who is to be paged when a limit is crossed',
    notYet('WH818'),
    markdownTable(['limit', 'of what', 'team', 'reached by', 'at night'], rows),
  ];
}

function coverageSection({ coverage = [] }: Plan): string[] {
  if (coverage.length === 0) return [];
  return [
    '## Who must be ready',
    notYet('WH804'),
    markdownTable(
      ['requirement', 'before', 'at least', 'who counts', 'found by'],
      coverage.map(({ id, phase, minimum, each, when, ready, owner }) => [
        code(id),
        phase,
        `${minimum}${each === undefined ? '' : ` in each ${each.join(' and ')}`}`,
        `${inline(ready)}${when === undefined ? '' : ` For ${inline(sliceWords(when))}.`}`,
        code(owner),
      ]),
    ),
  ];
}

function calendarSection({ calendars = [], advance, phases }: Plan): string[] {
  if (calendars.length === 0) return [];
  return [
    '## Calendars',
    advance === undefined
      ? ''
      : `Phases go on while ${code(advance.calendar)} is open. A rollback or a pause waits for no calendar.`,
    markdownTable(
      ['calendar', 'open', 'closed', 'steers'],
      calendars.map(({ id, timeZone, open, closed = [] }) => [
        code(id),
        `${open.map(hoursWords).join('; ')} (${timeZone})`,
        closed
          .map((one) =>
            'from' in one
              ? `${one.id}: ${one.from} to ${one.to}`
              : `${one.id}: the last ${one.lastDaysOfMonth} days of each month`,
          )
          .join('; '),
        [
          ...(advance?.calendar === id ? ['the migration'] : []),
          ...phases.flatMap((phase) => (phase.calendar === id ? [phase.id] : [])),
        ].join(', '),
      ]),
    ),
  ];
}

function runbookSection({ runbook = [] }: Plan): string[] {
  if (runbook.length === 0) return [];
  const tasks = [...runbook].sort((one, other) => one.day - other.day || (one.at ?? '').localeCompare(other.at ?? ''));
  return [
    '## The runbook',
    notYet('WH806'),
    markdownTable(
      ['when', 'of', 'what is done', 'by', 'shown by', 'needs'],
      tasks.map(({ id, phase, day, at, what, owner, evidence, needs = [] }) => [
        `${dayWords(day)}${at === undefined ? '' : `, ${at}`}`,
        phase ?? 'the migration',
        `${code(id)}: ${inline(what)}`,
        code(owner),
        inline(evidence),
        codes(needs),
      ]),
    ),
  ];
}
