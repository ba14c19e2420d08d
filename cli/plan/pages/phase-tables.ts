import type { PhaseCourse } from '../../../domain/plan/graph/phase-course';
import type { Plan, PlanPhase } from '../../../domain/plan/plan-schema';
import { actionWords } from '../../../domain/plan/words/action-words';
import { approvalWords, escalationWords } from '../../../domain/plan/words/approval-words';
import { gateWords } from '../../../domain/plan/words/gate-words';
import { limitWords } from '../../../domain/plan/words/limit-words';
import { percentWords } from '../../../domain/plan/words/percent-words';
import { shareWords } from '../../../domain/plan/words/ramp-words';
import { sliceWords } from '../../../domain/plan/words/slice-words';
import { formatDuration } from '../../../domain/time/duration';
import { code, codes, inline, markdownTable } from './markdown';
import { mark } from './not-yet';

/** Every step of every ramp, and for how long each is looked at. */
export function stepTable({ ramps, phase }: PhaseCourse): string {
  return markdownTable(
    ['cohorts', 'step', 'moves', 'looked at for, at least', 'asks before', 'checked by people'],
    [
      ...ramps.flatMap((ramp) => [
        ...ramp.steps.map(({ number, step }) => [
          codes(ramp.cohorts),
          String(number),
          shareWords(step),
          formatDuration(step.watch),
          step.approval === undefined ? (number === 1 ? 'the go/no-go' : '') : inline(approvalWords(step.approval)),
          (step.checks ?? [])
            .map(({ id, what, by }) => `${code(id)}: ${inline(what)} By ${code(by)}.${mark('WH816')}`)
            .join(' '),
        ]),
        [
          codes(ramp.cohorts),
          'soak',
          `stays at ${percentWords(1)}`,
          [
            formatDuration(phase.soak),
            ...(phase.soakCycles ?? []).map(
              ({ id, event, count }) => `and ${count} ${code(event)} (${id})${mark('WH813')}`,
            ),
          ].join(' '),
          '',
          '',
        ],
      ]),
      [
        codes(ramps.flatMap(({ cohorts }) => cohorts)),
        'commit',
        'target for everyone of these, once every cohort has soaked',
        '',
        'the commit',
        '',
      ],
    ],
  );
}

export function cohortTable({ cohorts }: PlanPhase): string {
  return markdownTable(
    ['cohort', 'who', 'how it moves'],
    cohorts.map(({ id, when, ramp, staysOnLegacy }) => [
      code(id),
      inline(sliceWords(when)),
      staysOnLegacy === undefined
        ? ramp === undefined
          ? "by the phase's ramp"
          : 'by a ramp of its own'
        : `stays on legacy: ${inline(staysOnLegacy)}`,
    ]),
  );
}

/** What each gate needs, and what happens by itself where its limit is crossed. */
export function gateTable({ rollbackRules }: Plan, of: PlanPhase): string {
  const { id: phase, gates } = of;
  return markdownTable(
    ['gate', 'of the handoff', 'severity', 'crossed by', 'then, without asking', 'agreed by'],
    gates.map(({ id, handoff, severity, rule, source }) => {
      const answer = rollbackRules.find((one) => one.phase === phase && one.gate === id);
      return [
        code(id),
        code(handoff),
        severity,
        inline(gateWords(rule, source)),
        answer === undefined ? '' : `${inline(actionWords(answer.action, of))} (${code(answer.id)})`,
        codes(answer?.agreedBy ?? []),
      ];
    }),
  );
}

export function decisionTable({ approvals, hold }: PlanPhase): string {
  const { goNoGo, goOn, commit } = approvals;
  const rows = [
    ['go/no-go, before the first step: of each cohort by itself', goNoGo],
    ['going on after a pause, a hold or a rollback', goOn],
    [
      'commit: of each cohort by itself; the phase commits as a whole, once all are approved. From then on only a [reverse cutover](README.md#words) goes back',
      commit,
    ],
  ] as const;
  const held = [
    ['too few outcomes', hold.insufficient],
    ['no outcomes at all', hold.noData],
    ['outcomes that cannot be read', hold.sourceError],
  ] as const;
  return [
    markdownTable(
      ['decision', 'by', 'if nobody decides'],
      rows.map(([what, rule]) => [what, inline(approvalWords(rule)), escalationWords(rule)]),
    ),
    `A gate that neither passes nor is crossed holds the step. A person is paged after ${held.map(([what, limit]) => `${formatDuration(limit)} of ${what}`).join(', ')}.`,
  ].join('\n\n');
}

const IN_FLIGHT = {
  finish: 'finishes on target',
  bringBack: 'is brought back to legacy',
  pause: 'waits on target until a person decides',
} as const;

export function wayBackTable({ inFlight }: PlanPhase): string {
  return markdownTable(
    ['got as far as', 'at a rollback', 'brought back by hand'],
    [
      ['none of these', IN_FLIGHT[inFlight.otherwise], 'yes'],
      ...inFlight.milestones.map(({ id, reachedBy, policy }, index) => [
        `${code(id)} (${code(reachedBy)})`,
        IN_FLIGHT[policy],
        inFlight.milestones.slice(0, index + 1).some(({ pastReturn }) => pastReturn === true) ? '**never**' : 'yes',
      ]),
    ],
  );
}

/** Of every phase, what nobody takes back. */
export function neverBackTable({ phases }: Plan): string {
  return markdownTable(
    ['phase', 'never brought back or undone', 'shown by', 'what people do'],
    phases.flatMap(({ id: phase, inFlight, irreversible }) => {
      const past = inFlight.milestones.findIndex(({ pastReturn }) => pastReturn === true);
      return [
        ...(past < 0 ? [] : inFlight.milestones.slice(past)).map(({ id, reachedBy }) => [
          phase,
          `whoever reached ${code(id)}: no rollback of ${phase} brings them back, nor does a person`,
          code(reachedBy),
          '',
        ]),
        ...irreversible.map(({ effect, event, undo }) => [
          phase,
          `${code(effect)}: a rollback does not undo it`,
          code(event),
          inline(undo),
        ]),
      ];
    }),
  );
}

export function armedTable({ armedEffects = [] }: PlanPhase): string {
  return markdownTable(
    ['effect', 'what fires by itself', 'from, on legacy', 'from, on target', 'disarmed by'],
    armedEffects.map(({ effect, what, armedBy, disarm }) => [
      code(effect),
      inline(what),
      code(armedBy.legacy),
      code(armedBy.target),
      inline(disarm),
    ]),
  );
}

/** Limits that people watch: of one phase alone, or, without one, of all of them. */
export function watchedTable({ declaredGates = [], phases: all }: Plan, phase: string | undefined): string {
  const own = all.find(({ id }) => id === phase);
  return markdownTable(
    ['limit', 'of what', 'severity', 'crossed by', 'then, by hand', 'agreed by', 'paged as well'],
    declaredGates
      .filter(({ phases }) => (phase === undefined ? phases === undefined : phases?.includes(phase)))
      .map(({ id, measure, source, limit, minimumOutcomes, severity, action, agreedBy, page }) => [
        code(id),
        `${inline(measure)} From: ${source}.`,
        severity,
        inline(
          `${limitWords(limit)}${minimumOutcomes === undefined ? '' : `; decides on ${minimumOutcomes} outcomes or more`}`,
        ),
        inline(actionWords(action, own)),
        codes(agreedBy),
        page === undefined ? '' : code(page),
      ]),
  );
}

export function queueRuleTable({ queueRules = [] }: Plan): string {
  return markdownTable(
    ['rule', 'when', 'then', 'agreed by'],
    queueRules.map(({ id, queues, overdue, during, count, action, agreedBy }) => [
      code(id),
      `${count} of ${queues === undefined ? 'all queues' : codes(queues)} have over ${percentWords(overdue)} of their open cases overdue for ${formatDuration(during)}`,
      inline(actionWords(action)),
      codes(agreedBy),
    ]),
  );
}
