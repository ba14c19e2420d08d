import { formatDuration } from '../../time/duration';
import { NOT_CARRIED_OUT } from '../not-carried-out';
import type { Plan, PlanPhase } from '../plan-schema';
import { actionWords } from '../words/action-words';
import { approvalWords } from '../words/approval-words';
import { gateWords } from '../words/gate-words';
import { limitWords } from '../words/limit-words';
import { percentWords } from '../words/percent-words';
import { shareWords } from '../words/ramp-words';
import { journeyMapOf } from './journey-map';
import { coursesOf, type PhaseCourse, type RampCourse, type StepCourse } from './phase-course';
import type { Picture, PictureEdge, PictureGroup, PictureNode } from './picture';
import { wrap } from './wrap';

/** The phases in their order. */
export function phasesPicture(plan: Plan): Picture {
  const stagesOf = new Map(journeyMapOf(plan).phases.map(({ phase, stages }) => [phase, stages]));
  const courses = coursesOf(plan);
  const nodes = courses.map((course): PictureNode => {
    const { phase, number, lasts, ramps, staying } = course;
    const stages = stagesOf.get(phase.id) ?? [];
    const cohorts = ramps.flatMap((ramp) => ramp.cohorts);
    return {
      id: `phase-${number}`,
      tone: 'step',
      lines: [
        `Phase ${number}: ${phase.id}`,
        `by ${phase.unit}${stages.length === 0 ? '' : `; moves ${stages.join(', ')}`}`,
        `steps and soak: ${formatDuration(lasts)} or more`,
        ...wrap(`moves ${cohorts.join(', ')}`, 48),
        ...(staying.length === 0 ? [] : wrap(`stay on legacy: ${staying.map(({ cohort }) => cohort).join(', ')}`, 48)),
      ],
    };
  });
  return {
    id: 'phases',
    title: `${plan.migration}: the phases in their order`,
    description:
      'Every phase in order, with what has a side in it, how long its steps and its soak last at least, the cohorts that it moves and those that stay on legacy. On the arrow, how long a phase must be stable before the next begins.',
    direction: 'down',
    columns: false,
    groups: [{ id: 'order', lines: ['One phase after the other'], nodes }],
    edges: courses.slice(1).map(({ number }, index) => ({
      from: `phase-${number - 1}`,
      to: `phase-${number}`,
      kind: 'plain',
      lines: ['committed, then stable for', formatDuration(courses[index]?.phase.dwell ?? 0)],
    })),
  };
}

/** One phase: its ramps, its gates with what a crossed limit does, and the way back. */
export function phasePicture(plan: Plan, course: PhaseCourse): Picture {
  const { phase, number } = course;
  const parts = [
    ...course.ramps.map((ramp, index) => rampPart(phase, ramp, `r${index + 1}`)),
    stayPart(course),
    gatePart(plan, phase),
    watchedPart(plan, phase.id),
    backPart(phase),
  ].filter(({ group }) => group.nodes.length > 0);
  return {
    id: `phase-${phase.id}`,
    title: `${plan.migration}: phase ${number}, ${phase.id}`,
    description: `How ${phase.id} goes: from the go/no-go over each step of each ramp and the soak to the commit; the cohorts that stay on legacy; each gate with the rollback rule that answers it; and what a rollback does with people on target, by how far they got.`,
    direction: 'right',
    columns: false,
    groups: parts.map(({ group }) => group),
    edges: parts.flatMap(({ edges }) => edges),
  };
}

/** What people watch in every phase, and the rules on queues; undefined where there are none. */
export function everyPhasePicture(plan: Plan): Picture | undefined {
  const parts = [watchedPart(plan, undefined), queuePart(plan)].filter(({ group }) => group.nodes.length > 0);
  if (parts.length === 0) return undefined;
  return {
    id: 'every-phase',
    title: `${plan.migration}: limits in every phase`,
    description:
      'Limits that people watch in every phase, and rules on queues that nobody can work off, each with what is done when it is crossed.',
    direction: 'right',
    columns: false,
    groups: parts.map(({ group }) => group),
    edges: parts.flatMap(({ edges }) => edges),
  };
}

interface Part {
  group: PictureGroup;
  edges: PictureEdge[];
}

function rampPart(phase: PlanPhase, ramp: RampCourse, id: string): Part {
  const { goNoGo, commit } = phase.approvals;
  const cycles = (phase.soakCycles ?? []).map(({ id: name, count }) => `and ${count} ${name}${mark('WH813')}`);
  const nodes: PictureNode[] = [
    { id: `${id}-go`, tone: 'people', lines: ['go/no-go', ...wrap(approvalWords(goNoGo), 26)] },
    ...ramp.steps.map((step) => stepNode(step, id)),
    {
      id: `${id}-soak`,
      tone: 'step',
      lines: ['soak', `at ${percentWords(1)} for ${formatDuration(phase.soak)}`, ...cycles],
    },
    { id: `${id}-commit`, tone: 'people', lines: ['commit', ...wrap(approvalWords(commit), 26)] },
  ];
  return { group: { id, lines: [`Ramp of ${ramp.cohorts.join(', ')}`], nodes }, edges: chain(nodes, 'plain') };
}

function stepNode({ number, step }: StepCourse, ramp: string): PictureNode {
  const { approval, checks = [], watch } = step;
  return {
    id: `${ramp}-step-${number}`,
    tone: 'step',
    lines: [
      `step ${number}: ${shareWords({ share: step.share, perDay: step.perDay, maxOpen: undefined })}`,
      ...(step.maxOpen === undefined ? [] : [`${step.maxOpen} open at most`]),
      `for ${formatDuration(watch)} or more`,
      ...(approval === undefined ? [] : wrap(`asks ${approvalWords(approval)}`, 26)),
      ...checks.flatMap(({ id, by }) => wrap(`check ${id} by ${by}${mark('WH816')}`, 26)),
    ],
  };
}

function stayPart({ staying }: PhaseCourse): Part {
  const nodes = staying.map(({ cohort, reason }): PictureNode => ({
    id: `stays-${cohort}`,
    tone: 'legacy',
    lines: [`${cohort}: stays on legacy`, ...wrap(reason)],
  }));
  return { group: { id: 'staying', lines: ['Not moved by the ramp'], nodes }, edges: [] };
}

function gatePart(plan: Plan, phase: PlanPhase): Part {
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  for (const { id, handoff, severity, rule, source } of phase.gates) {
    const gate = `gate-${id}`;
    nodes.push({
      id: gate,
      tone: 'gate',
      lines: [`${id} (${severity})`, `of ${handoff}`, ...wrap(gateWords(rule, source))],
    });
    for (const answer of plan.rollbackRules.filter((one) => one.phase === phase.id && one.gate === id)) {
      nodes.push(ruleNode(answer, phase));
      edges.push({ from: gate, to: `rule-${answer.id}`, kind: 'back', lines: ['limit crossed'] });
    }
  }
  return {
    group: { id: 'gates', lines: ['Gates: a step ends only when all of them pass'], nodes },
    edges,
  };
}

function ruleNode({ id, action, agreedBy }: Plan['rollbackRules'][number], phase: PlanPhase): PictureNode {
  return {
    id: `rule-${id}`,
    tone: 'rule',
    lines: [id, ...wrap(actionWords(action, phase)), ...wrap(`agreed by ${agreedBy.join(', ')}`)],
  };
}

/** Of one phase alone, or, without one, of all of them. */
function watchedPart({ declaredGates = [], phases: all }: Plan, phase: string | undefined): Part {
  const own = all.find(({ id }) => id === phase);
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  const byHand = isByHand('WH818');
  const watched = declaredGates.filter(({ phases }) =>
    phase === undefined ? phases === undefined : (phases?.includes(phase) ?? false),
  );
  for (const { id, measure, limit, severity, action, agreedBy } of watched) {
    const lines = [`${id} (${severity})`, ...wrap(measure), ...wrap(`crossed by ${limitWords(limit)}`)];
    nodes.push({ id: `watched-${id}`, tone: byHand ? 'watched' : 'gate', lines });
    nodes.push({
      id: `answer-${id}`,
      tone: byHand ? 'byHand' : 'rule',
      lines: [
        ...(byHand ? ['by hand'] : []),
        ...wrap(actionWords(action, own)),
        ...wrap(`agreed by ${agreedBy.join(', ')}`),
      ],
    });
    edges.push({ from: `watched-${id}`, to: `answer-${id}`, ...crossed(byHand) });
  }
  const where = phase === undefined ? ' in every phase' : '';
  return { group: { id: 'watched', lines: [`Limits that people watch${where}${notYet('WH818')}`], nodes }, edges };
}

function queuePart({ queueRules = [] }: Plan): Part {
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  const byHand = isByHand('WH805');
  for (const rule of queueRules) {
    const { id, overdue, during, count, queues } = rule;
    const which = queues === undefined ? 'any queues' : queues.join(', ');
    nodes.push({
      id: `queues-${id}`,
      tone: byHand ? 'watched' : 'gate',
      lines: wrap(`${count} of ${which} with over ${percentWords(overdue)} overdue for ${formatDuration(during)}`),
    });
    nodes.push({
      id: `rule-${id}`,
      tone: byHand ? 'byHand' : 'rule',
      lines: [
        id,
        ...(byHand ? ['by hand'] : []),
        ...wrap(actionWords(rule.action)),
        ...wrap(`agreed by ${rule.agreedBy.join(', ')}`),
      ],
    });
    edges.push({ from: `queues-${id}`, to: `rule-${id}`, ...crossed(byHand) });
  }
  return { group: { id: 'queues', lines: [`Rules on queues${notYet('WH805')}`], nodes }, edges };
}

/** What this release does not act on is not drawn as if it did. */
function isByHand(code: string): boolean {
  return Object.hasOwn(NOT_CARRIED_OUT, code);
}

/** The same in a few characters. */
function mark(code: string): string {
  return isByHand(code) ? ` (${code})` : '';
}

/** An arrow is only where the engine goes by itself. */
function crossed(byHand: boolean): Pick<PictureEdge, 'kind' | 'lines'> {
  return byHand ? { kind: 'link', lines: ['by hand'] } : { kind: 'back', lines: ['limit crossed'] };
}

function notYet(code: string): string {
  return isByHand(code) ? `, not carried out by this release (${code})` : '';
}

const IN_FLIGHT = {
  finish: 'finishes on target',
  bringBack: 'is brought back to legacy',
  pause: 'waits on target for a person',
} as const;

function backPart({ inFlight }: PlanPhase): Part {
  const nodes: PictureNode[] = [
    { id: 'way-none', tone: 'note', lines: ['reached none of these', IN_FLIGHT[inFlight.otherwise]] },
    ...inFlight.milestones.map(({ id, reachedBy, policy, pastReturn }): PictureNode => ({
      id: `way-${id}`,
      tone: 'note',
      lines: [
        `${id}: ${reachedBy}`,
        IN_FLIGHT[policy],
        ...(pastReturn === true ? ['past return: never brought back'] : []),
      ],
    })),
  ];
  const cases = inFlight.queue === undefined ? [] : [`cases in ${inFlight.queue}`];
  return {
    group: { id: 'back', lines: ['The way back: whoever is on target, by how far they got', ...cases], nodes },
    edges: chain(nodes, 'link'),
  };
}

function chain(nodes: readonly PictureNode[], kind: PictureEdge['kind']): PictureEdge[] {
  return nodes.slice(1).map(({ id }, index) => ({ from: nodes[index]?.id ?? id, to: id, kind, lines: [] }));
}
