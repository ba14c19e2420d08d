import type { CohortSchedule } from '../../../domain/plan/dry-run/schedule-cohort';
import type { PhaseSchedule } from '../../../domain/plan/dry-run/schedule-phase';
import { placedBy } from '../../../domain/plan/dry-run/on-target';
import { stepWords } from '../../../domain/plan/dry-run/step-words';
import { approvalWords, escalationWords } from '../../../domain/plan/words/approval-words';
import { gateWords } from '../../../domain/plan/words/gate-words';
import { formatDuration } from '../../../domain/time/duration';
import type { Block } from '../page/page';
import { mark } from '../pages/not-yet';
import { amountWords, numberWords } from './amount-words';
import type { DayWords } from './day-words';
import { answerWords, sightWords } from './sight-words';

/** A phase of a dry run: its steps, who decides, what judges it, the way back, and those who are here already. */
export function phaseBlocks(phase: PhaseSchedule, number: number, words: DayWords): Block[] {
  const calendar = phase.calendar === null ? 'at any hour' : `in the open hours of ${phase.calendar}`;
  return [
    { kind: 'heading', level: 2, text: `${number}. ${phase.phase}` },
    {
      kind: 'text',
      text: `Moves each ${phase.unit}. It goes on ${calendar}; going back waits for no calendar.`,
    },
    stepsTable(phase, words),
    { kind: 'list', items: [...afterwards(phase, words), ...staying(phase)] },
    { kind: 'heading', level: 3, text: `${phase.phase}: who decides` },
    { kind: 'list', items: deciding(phase) },
    { kind: 'heading', level: 3, text: `${phase.phase}: what judges it` },
    {
      kind: 'table',
      headings: ['gate', 'on', 'crossed by', 'at this volume', 'when it is crossed', 'agreed by'],
      rows: phase.gates.map((gate) => [
        `${gate.id} (${gate.severity})`,
        gate.handoff,
        gateWords(gate.rule, gate.source),
        sightWords(gate.sight),
        answerWords(gate.answer),
        gate.answer?.agreedBy.join(', ') ?? '',
      ]),
    },
    ...(phase.watched.length === 0
      ? []
      : [{ kind: 'text', text: `Limits that people watch${mark('WH818')}: ${phase.watched.join(', ')}.` } as const]),
    { kind: 'heading', level: 3, text: `${phase.phase}: the way back` },
    ...wayBack(phase, words),
    ...waves(phase, words),
  ];
}

function stepsTable(phase: PhaseSchedule, words: DayWords): Block {
  return {
    kind: 'table',
    headings: ['cohort', 'step', 'to target', 'begins', 'over', '#a day', '#in all until the next step', 'note'],
    rows: phase.cohorts.flatMap((cohort) =>
      cohort.steps.map((step, index) => [
        cohort.cohort,
        `${step.number} of ${cohort.steps.length}`,
        stepWords(step),
        words.moment(step.begins),
        words.moment(step.ends),
        amountWords(step.aDay),
        step.ends === null ? '' : amountWords(placedBy(cohort, cohort.steps[index + 1]?.begins ?? step.ends), 0),
        notes(step).join('; '),
      ]),
    ),
  };
}

function notes({ asked, begins, waitsFor, watch, fewer, approval }: CohortSchedule['steps'][number]): string[] {
  const closed = asked !== null && begins !== null && begins > asked;
  return [
    ...(approval === null ? [] : [`asks ${approvalWords(approval)}`]),
    ...(closed ? [`waits ${formatDuration(begins.getTime() - asked.getTime())} for an open hour`] : []),
    ...(waitsFor === null
      ? []
      : [
          `watched for ${formatDuration(watch)}, but ${waitsFor.gate} ${waitsFor.takes === null ? 'never has enough outcomes' : `has enough outcomes after ${formatDuration(waitsFor.takes)}`}`,
        ]),
    ...(fewer ? ['fewer a day than in the step before'] : []),
  ];
}

function afterwards(phase: PhaseSchedule, words: DayWords): string[] {
  const soaks = phase.cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === null);
  const cycles = phase.soakCycles.map(({ count, id, event }) => `${count} ${id} (${event})${mark('WH813')}`);
  const also = cycles.length === 0 ? '' : ` and ${cycles.join(', ')}, which may take longer`;
  return [
    ...soaks.map(
      ({ cohort, soaks: from, soaked }) =>
        `Soak of ${cohort}: ${words.moment(from)} to ${words.moment(soaked)}${also}.`,
    ),
    `Commit at the earliest: ${words.moment(phase.commits)}.`,
    ...phase.handsOver.map(
      ({ datum, from, to }) => `The commit hands over ${datum}${mark('WH802')}: from ${from} to ${to}.`,
    ),
    ...phase.tails.map(
      ({ what, owner, ends }) => `Still owed by legacy${mark('WH802')} until ${words.day(ends)} (${owner}): ${what}`,
    ),
    ...phase.coverage.map(
      ({ ready, minimum, each = [], owner }) =>
        `Before it takes patients${mark('WH804')}: ${minimum} at least${each.length === 0 ? '' : ` for each ${each.join(' and ')}`} (${owner}). ${ready}`,
    ),
  ];
}

function staying({ cohorts }: PhaseSchedule): string[] {
  return cohorts.flatMap(({ cohort, staysOnLegacy }) =>
    staysOnLegacy === null ? [] : [`${cohort} stays on legacy: ${staysOnLegacy}`],
  );
}

function deciding({ approvals, cohorts }: PhaseSchedule): string[] {
  const steps = cohorts.flatMap(({ cohort, steps: all }) =>
    all.flatMap(({ approval, ...step }) =>
      approval === null ? [] : [`Step ${step.number} of ${cohort}, ${stepWords(step)}: ${approvalWords(approval)}.`],
    ),
  );
  const checks = cohorts.flatMap(({ cohort, steps: all }) =>
    all.flatMap(({ number, checks: of }) =>
      of.map(
        ({ what, by, first }) =>
          `Looked at${mark('WH816')} by ${by} in step ${number} of ${cohort}${first === undefined ? '' : `, the first ${first}`}: ${what}`,
      ),
    ),
  );
  return [
    `Go, of each cohort by itself: ${approvalWords(approvals.goNoGo)}; ${escalationWords(approvals.goNoGo)}.`,
    ...steps,
    `Going on after a stop: ${approvalWords(approvals.goOn)}.`,
    `Commit, of each cohort by itself; the phase commits as a whole, once all are approved: ${approvalWords(approvals.commit)}; ${escalationWords(approvals.commit)}.`,
    ...checks,
  ];
}

function wayBack({ wayBack: back, irreversible, armedEffects }: PhaseSchedule, words: DayWords): Block[] {
  const { queue } = back;
  const room =
    queue?.capacity == null
      ? ''
      : `, which has room for ${queue.capacity}: where there are more, they all finish on target`;
  const where =
    queue === null
      ? ''
      : ` Each open journey that is brought back or waits is a case in ${queue.id} (${queue.owner})${room}.`;
  return [
    {
      kind: 'text',
      text: `It goes back by itself until the commit, ${words.moment(back.until)} at the earliest; after it only a reverse cutover goes back.`,
    },
    { kind: 'list', items: back.rules.map(({ id, gate, does }) => `${id}, when ${gate} is crossed: ${does}`) },
    {
      kind: 'text',
      text: `Who is on target when a cohort, the phase or the migration goes back, by how far they got.${where}`,
    },
    {
      kind: 'list',
      items: [
        ...back.inFlight.map(
          ({ reached, policy, pastReturn }) =>
            `${reached ?? 'reached none of these'}: ${POLICIES[policy]}${pastReturn ? ', and nobody brings them back by hand either' : ''}`,
        ),
        ...irreversible.map(({ effect, event, undo }) => `Not undone: ${effect} (${event}). ${undo}`),
        ...armedEffects.map(
          ({ effect, what, disarm }) => `Armed${mark('WH814')}: ${effect}. ${what} To disarm: ${disarm}`,
        ),
      ],
    },
  ];
}

const POLICIES = {
  finish: 'they finish on target',
  bringBack: 'they are brought back to legacy',
  pause: 'they wait on target for a person',
} as const;

function waves({ phase, waves: plan }: PhaseSchedule, words: DayWords): Block[] {
  if (plan === null) return [];
  const { cap, notice, exclusions, byHand } = plan;
  return [
    { kind: 'heading', level: 3, text: `${phase}: those who are here already` },
    {
      kind: 'text',
      text: `${cap} a day at most, each inside their safe window, after the ramp${mark('WH817')}.${notice === null ? '' : ` They are told before: ${notice}`}`,
    },
    {
      kind: 'table',
      headings: ['list', 'wave', '#patients', 'first may move', 'last may move'],
      rows: plan.waves.map(({ list, number, size, begins, ends }) => [
        list,
        String(number),
        numberWords(size),
        words.moment(begins),
        words.lastDay(ends),
      ]),
    },
    {
      kind: 'list',
      items: [
        ...byHand.map(
          ({ list, count, why }) =>
            `${list}${count === null ? '' : `, ${numberWords(count)} patients`}, by hand: ${why}`,
        ),
        ...exclusions.map(({ who, why }) => `In no wave: ${who} ${why}`),
      ],
    },
  ];
}
