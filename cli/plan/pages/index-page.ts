import { bridgesOf, journeyMapOf } from '../../../domain/plan/graph/journey-map';
import { dryRunPlan } from '../../../domain/plan/dry-run/dry-run-plan';
import { coursesOf } from '../../../domain/plan/graph/phase-course';
import { NOT_CARRIED_OUT } from '../../../domain/plan/not-carried-out';
import { isLintCode, lintEntry } from '../../../domain/plan/lint/lint-catalogue';
import type { Plan } from '../../../domain/plan/plan-schema';
import { unowned, raciOf } from '../../../domain/plan/raci/raci-of';
import { approvalWords } from '../../../domain/plan/words/approval-words';
import { formatDuration } from '../../../domain/time/duration';
import { DayWords } from '../dry-run/day-words';
import { existingSection } from './existing-section';
import { glossary } from './glossary';
import { code, codes, inline, markdownTable, page } from './markdown';
import { tailTable } from './ownership-tables';
import { namedPath } from './named-path';
import { notYet } from './not-yet';
import { neverBackTable } from './phase-tables';
import type { PageSubject, PlanPage } from './plan-page';

/** The first page: the migration in words, what it never takes back, what it does not do yet, and where the rest is. */
export function indexPage({ plan, hash, start }: PageSubject, pages: readonly PlanPage[]): string {
  const never = neverBackTable(plan);
  const owed = tailTable(plan);
  return page(
    `# ${inline(plan.title ?? plan.migration)}`,
    `The migration ${code(plan.migration)}, by the plan with the hash ${code(hash)}. These pages are written by \`handoff plan pages\`: change the plan, not them.`,
    markdownTable(
      ['page', 'what it says'],
      pages.map(({ file, title, says }) => [`[${title}](${file})`, says]),
    ),
    '## In words',
    ...inWords(plan),
    '## Where to look',
    whereToLook(plan, start),
    '## The phases',
    phaseTable(plan, start),
    `Steps and soak last that long at least: too few outcomes, people who have not decided and closed calendars add to it.${start === undefined ? '' : ' First step and commit are the earliest days, as [day by day](dry-run.md) has them.'} A go and a commit are asked for each cohort by itself; the phase commits as a whole.`,
    ...existingSection(plan),
    '## What is never brought back or undone',
    never === '' ? 'The plan names nothing.' : never,
    never === ''
      ? ''
      : 'Each row is of its phase alone: another phase says for itself how far somebody must have got there, in [the phases](phases.md), *the way back*.',
    '## What legacy still owes after a commit',
    owed === '' ? 'Nothing is declared.' : owed,
    owed === '' ? '' : notYet('WH802').replace('README.md', ''),
    '## What this release does not carry out',
    ...notCarriedOutSection(plan),
    ...waivers(plan),
    '## Words',
    glossary(),
  );
}

function inWords(plan: Plan): string[] {
  const { phases, systems, handoffs, queues, owners, rollbackRules, declaredGates = [] } = plan;
  const count = (side: string): number => systems.filter((system) => system.side === side).length;
  const shared = count('shared') === 0 ? '' : `, ${count('shared')} serve both`;
  const gates = phases.flatMap((phase) => phase.gates);
  const judged = new Set(gates.map(({ handoff }) => handoff)).size;
  const bridges = bridgesOf(plan).map(({ handoff }) => code(handoff.id));
  const nobody = unowned(raciOf(plan)).length;
  return [
    `Patients move from ${count('legacy')} legacy systems to ${count('target')} of the target stack${shared}, in ${phases.length === 1 ? 'one phase' : `${phases.length} phases`}, one after the other: ${phases.map(({ id }) => id).join(', ')}. Within a journey, whoever is on legacy in one phase is on legacy in all after it.${backWords(plan)}`,
    `Each phase begins with a go/no-go on the evidence of its checks. Then the target takes a first small part of those who arrive, and more step by step. A step ends when its time is over and every gate has passed; there are ${gates.length} gates, on ${judged} of the ${handoffs.length} handoffs, each a start, what must follow it, and a deadline. Where a gate's limit is crossed, one of ${rollbackRules.length} rollback rules acts at once, without asking: it was agreed before the start. After the last step the phase soaks, and people commit it: from then on only a [reverse cutover](#words) goes back. It must be stable for its dwell before the next begins.`,
    `A missed handoff is one patient's case, in one of ${queues.length} queues with an owner, a clock and a path; ${owners.length} teams have a part. ${declaredGates.length === 0 ? '' : `Besides the gates there are ${declaredGates.length} limits on what no handoff measures. `}${bridges.length === 0 ? 'No handoff crosses sides.' : `While only some phases have moved, ${bridges.length} handoffs cross sides: ${bridges.join(', ')}.`}`,
    nobody === 0
      ? 'Everything in the plan has exactly one team that answers for it.'
      : `${nobody} things that people must do have nobody who answers for them: [they are listed](raci.md#nobody-is-accountable).`,
  ];
}

/** What ends in an earlier phase than it starts in may lead from legacy to what has moved before. */
function backWords(plan: Plan): string {
  const back = bridgesOf(plan).filter(({ bridge }) => bridge.lane === 'legacy→target');
  if (back.length === 0) return '';
  return ` What ends in an earlier phase than it starts in goes the other way: ${back.map(({ handoff, bridge }) => `${code(handoff.id)} starts on legacy and ends on target for whoever was on target in ${bridge.endPhase} and is on legacy in ${handoff.phase}`).join('; ')}.`;
}

/** What people ask first, and where it is answered. */
function whereToLook({ runbook, ownership }: Plan, start: Date | undefined): string {
  const rows: [string, string, unknown?][] = [
    [
      'who works on a patient who got stuck, and within how long, by day and by night',
      '[people](people.md#who-works-on-a-stuck-case-by-day-and-by-night)',
    ],
    ['what happens by itself when a gate is missed, and who agreed to it', '[the phases](phases.md), *gates*'],
    ['who lets a phase begin, go on and be committed, and how many of them', '[the phases](phases.md), *who decides*'],
    ['how long a step is looked at, and what must have happened before the next', '[the phases](phases.md), *steps*'],
    ['on which day a step begins at the earliest', '[day by day](dry-run.md)', start],
    [
      'which system counts for a datum in a stage, before and after a commit',
      '[the stack](stack.md#who-owns-which-datum-stage-by-stage)',
      ownership,
    ],
    ['which handoffs cross from one side to the other', '[the journey](journey.md#handoffs-that-cross-sides)'],
    ['what happens at a rollback with whoever is on target', '[the phases](phases.md), *the way back*'],
    ['who does what on which day', '[the runbook](people.md#the-runbook)', runbook],
    ['who answers for anything else', '[who owns what](raci.md)'],
    ['what is written here and does not happen by itself yet', '[below](#what-this-release-does-not-carry-out)'],
  ];
  return markdownTable(
    ['to know', 'look at'],
    rows.filter((row) => row.length < 3 || row[2] !== undefined).map(([what, where]) => [what, where]),
  );
}

function phaseTable(plan: Plan, start: Date | undefined): string {
  const stages = new Map(journeyMapOf(plan).phases.map((part) => [part.phase, part.stages]));
  const run = start === undefined ? undefined : dryRunPlan(plan, start);
  const dates = (index: number): string[] => {
    if (run === undefined) return [];
    const words = new DayWords(run.timeZone);
    const { begins = null, commits = null } = run.phases[index] ?? {};
    return [words.day(begins), words.day(commits)];
  };
  return markdownTable(
    [
      ...['phase', 'moves', 'by', 'steps and soak'],
      ...(run === undefined ? [] : ['first step', 'commit']),
      ...['stable for', 'go/no-go', 'commit by'],
    ],
    coursesOf(plan).map(({ phase, number, lasts }, index) => [
      `${number}. ${code(phase.id)}`,
      (stages.get(phase.id) ?? []).join(', '),
      phase.unit,
      formatDuration(lasts),
      ...dates(index),
      formatDuration(phase.dwell),
      inline(approvalWords(phase.approvals.goNoGo)),
      inline(approvalWords(phase.approvals.commit)),
    ]),
  );
}

function notCarriedOutSection(plan: Plan): string[] {
  const rows = Object.entries(NOT_CARRIED_OUT).flatMap(([found, places]) => {
    const paths = [...places(plan)].map((path) => namedPath(plan, path));
    if (paths.length === 0 || !isLintCode(found)) return [];
    const { title, why } = lintEntry(found);
    return [[found, inline(title), codes(paths), inline(why)]];
  });
  if (rows.length === 0) return ['Everything that the plan declares is acted on.'];
  return [
    'These parts are declared, checked, hashed and approved with the rest. Nobody is to take them for active:',
    markdownTable(['code', 'declared', 'where', 'what happens instead'], rows),
  ];
}

function waivers({ waivers: all = [] }: Plan): string[] {
  if (all.length === 0) return [];
  return [
    '## What is waived',
    markdownTable(
      ['code', 'at', 'why', 'who answers for it', 'until'],
      all.map((one) => [one.code, code(one.at), inline(one.reason), code(one.approvedBy), one.expires]),
    ),
  ];
}
