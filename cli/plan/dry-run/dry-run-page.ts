import type { DryRun } from '../../../domain/plan/dry-run/dry-run';
import type { TimelineEntry } from '../../../domain/plan/dry-run/timeline';
import type { Block, Page } from '../page/page';
import { mark } from '../pages/not-yet';
import { amountWords, numberWords } from './amount-words';
import { DayWords } from './day-words';
import { phaseBlocks } from './phase-blocks';

/** What `plan dry-run` prints. */
export interface DryRunResult extends DryRun {
  hash: string;
}

/** A dry run for people: in short, phase by phase, who is on target when, day by day, and what all of it takes for granted. */
export function dryRunPage(run: DryRunResult): Page {
  const words = new DayWords(run.timeZone);
  return [
    { kind: 'heading', level: 1, text: `What the plan does, and when: ${run.title ?? run.migration}` },
    {
      kind: 'text',
      text: `Plan ${run.migration}, hash ${run.hash.slice(0, 12)}, begun on ${words.moment(run.start)} (${run.timeZone}, as all times here). Said from the plan alone: nothing was started. Each date is the earliest that the plan allows, never a promise, and rests on what is taken for granted below.${parts(run)}`,
    },
    ...inShort(run, words),
    ...run.phases.flatMap((phase, index) => phaseBlocks(phase, index + 1, words)),
    ...onTarget(run, words),
    ...dayByDay(run, words),
    { kind: 'heading', level: 2, text: 'Taken for granted' },
    { kind: 'list', items: run.assumptions.map(({ phase, says }) => (phase === null ? says : `${phase}: ${says}`)) },
    ...notCarriedOut(run),
  ];
}

function parts({ notCarriedOut: all }: DryRun): string {
  return all.length === 0
    ? ''
    : ' What is marked with a code such as WH806 is not carried out by this release: people do it, or nobody.';
}

/** What this release does not do of what falls to a day. */
const MARKS: Partial<Record<TimelineEntry['kind'], string>> = {
  task: 'WH806',
  check: 'WH816',
  wave: 'WH817',
  tail: 'WH802',
};

function inShort({ phases, ends, tasks }: DryRun, words: DayWords): Block[] {
  const ended = (run: (typeof phases)[number]): Date | null => {
    const moved = run.cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === null);
    const all = moved.map(({ steps }) => steps.at(-1)?.begins ?? null);
    return all.includes(null) ? null : new Date(Math.max(...all.map((at) => at?.getTime() ?? 0)));
  };
  const dated = tasks.flatMap(({ at, what }) => (at === null ? [] : [{ at, what }]));
  dated.sort((one, other) => one.at.getTime() - other.at.getTime());
  const [first, last] = [dated[0], dated.at(-1)];
  const after = last !== undefined && ends.migration !== null && last.at > ends.migration;
  return [
    { kind: 'heading', level: 2, text: 'In short' },
    {
      kind: 'table',
      headings: ['phase', 'go is asked', 'first step', 'all cohorts at 100%', 'commit', 'next may start'],
      rows: phases.map((run, index) => [
        `${index + 1}. ${run.phase}`,
        ...[run.asked, run.begins, ended(run), run.commits].map((at) => words.moment(at)),
        index === phases.length - 1 ? '' : words.moment(run.stable),
      ]),
    },
    {
      kind: 'list',
      items: [
        ...(first === undefined
          ? []
          : [`The first task of the runbook${mark('WH806')}: ${words.day(first.at)}, ${first.what}`]),
        `The earliest end for those who arrive: ${words.moment(ends.arrivals)}, the last commit.`,
        ...(phases.some(({ waves }) => waves !== null && waves.waves.length > 0)
          ? [
              `The earliest end of the waves of those who are here already${mark('WH817')}: ${words.lastDay(ends.existing)}.`,
            ]
          : []),
        `The earliest end of all moving: ${words.lastDay(ends.migration)}.${after ? ` Tasks of the runbook come after it, the last on ${words.day(last.at)}: ${last.what}` : ''}`,
      ],
    },
  ];
}

function onTarget({ onTarget: months, monthsLeftOut, phases }: DryRun, words: DayWords): Block[] {
  const waves = phases.some(({ waves: of }) => of !== null && of.waves.length > 0);
  return [
    { kind: 'heading', level: 2, text: 'Who is on target when' },
    {
      kind: 'text',
      text: 'Of those who arrive, how many went to target since the beginning of each phase: whoever goes through several phases is counted in each.',
    },
    {
      kind: 'table',
      headings: [
        'until',
        ...phases.map(({ phase, unit }) => `#${phase} (${unit})`),
        ...(waves ? ['#moved in waves'] : []),
      ],
      rows: months.map(({ by, phases: of, moved }) => [
        words.day(by),
        ...of.map(({ arrived }) => amountWords(arrived, 0)),
        ...(waves ? [numberWords(moved)] : []),
      ]),
    },
    ...leftOut(months, monthsLeftOut, words),
  ];
}

function leftOut(months: DryRun['onTarget'], count: number, words: DayWords): Block[] {
  const said = months.at(-2);
  if (count === 0 || said === undefined) return [];
  const many = count === 1 ? '1 month is' : `${numberWords(count)} months are`;
  return [{ kind: 'text', text: `After ${words.day(said.by)}, ${many} left out; the last row is the end.` }];
}

function dayByDay({ timeline }: DryRun, words: DayWords): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'Day by day' },
    {
      kind: 'table',
      headings: ['day', 'time', 'phase', 'what', 'who'],
      rows: timeline.map(({ at, allDay, kind, phase, cohorts, what, who }, index) => {
        const before = timeline[index - 1]?.at;
        const day = words.day(at);
        const same = before !== undefined && words.day(before) === day;
        const of = cohorts.length === 0 ? (phase ?? '') : `${phase ?? ''}: ${cohorts.join(', ')}`;
        return [same ? '' : day, allDay ? '' : words.time(at), of, `${what}${mark(MARKS[kind] ?? '')}`, who ?? ''];
      }),
    },
  ];
}

function notCarriedOut({ notCarriedOut: parts }: DryRun): Block[] {
  if (parts.length === 0) return [];
  return [
    { kind: 'heading', level: 2, text: 'Shown here, and not carried out by this release' },
    {
      kind: 'text',
      text: 'The plan says these, so they are in what is above. The engine does not act on them: people do, or nobody.',
    },
    { kind: 'list', items: parts.map(({ code, what }) => `${code}: ${what}`) },
  ];
}
