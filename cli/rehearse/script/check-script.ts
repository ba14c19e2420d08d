import { didYouMean } from '../../../domain/plan/closest-name';
import { quoteName, type Fault, type PlanPath } from '../../../domain/plan/plan-problem';
import type { Plan, PlanPhase, RampStep } from '../../../domain/plan/plan-schema';
import { WHOLE } from '../../../domain/phase/phase-rules';
import type { BreakScene, Moment, Script } from './script-schema';

/** What script and plan say of each other: all that is named is in the plan, and can come to pass there. */
export function* checkScript(script: Script, plan: Plan): Iterable<Fault> {
  if (script.plan !== plan.migration) {
    yield {
      path: ['plan'],
      message: `The plan that is rehearsed is ${quoteName(plan.migration)}. Write that, or give the plan that this script is for.`,
    };
    return;
  }
  const phases = plan.phases.map(({ id }) => id);
  for (const id of Object.keys(script.cut.phases)) {
    if (!phases.includes(id)) yield unknown(['cut', 'phases', id], 'phase', id, phases, true);
  }
  for (const queue of Object.keys(script.cases.by)) {
    const queues = plan.queues.map(({ id }) => id);
    if (!queues.includes(queue)) yield unknown(['cases', 'by', queue], 'queue', queue, queues, true);
  }
  for (const [attribute, weights] of Object.entries(script.mix)) {
    const codes = plan.attributes[attribute];
    if (codes === undefined) {
      yield unknown(['mix', attribute], 'attribute', attribute, Object.keys(plan.attributes), true);
      continue;
    }
    for (const code of Object.keys(weights)) {
      if (!codes.includes(code)) yield unknown(['mix', attribute, code], 'code', code, codes, true);
    }
  }
  const seen = new Set<string>();
  for (const [index, scene] of script.scenes.entries()) {
    const path = ['scenes', index];
    if (seen.size === seen.add(scene.id).size) {
      yield {
        path: [...path, 'id'],
        message: `Another scene is named ${quoteName(scene.id)}. Give each its own name.`,
      };
    }
    const phase = plan.phases.find(({ id }) => id === scene.at.phase);
    if (phase === undefined) {
      yield unknown([...path, 'at', 'phase'], 'phase', scene.at.phase, phases);
      continue;
    }
    const cohorts = phase.cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === undefined).map(({ id }) => id);
    if (scene.at.cohort !== undefined && !cohorts.includes(scene.at.cohort)) {
      yield unknown([...path, 'at', 'cohort'], 'cohort that is moved', scene.at.cohort, cohorts);
      continue;
    }
    if (scene.kind === 'absence') {
      if (scene.decision === 'step' && !asksForSteps(phase)) {
        yield { path: [...path, 'decision'], message: `No step of ${quoteName(phase.id)} asks for people's approval.` };
      }
      continue;
    }
    yield* checkMoment(scene.at, phase, [...path, 'at']);
    if (scene.kind === 'break') yield* checkBreak(scene, phase, plan, path);
  }
}

function* checkMoment(at: Moment, phase: PlanPhase, path: PlanPath): Iterable<Fault> {
  if ((at.share === undefined) === (at.step === undefined)) {
    yield { path, message: "Say at which step: either its 'share', such as '25%', or its number as 'step'." };
    return;
  }
  const ramps = phase.cohorts
    .filter(({ id, staysOnLegacy }) => staysOnLegacy === undefined && (at.cohort === undefined || id === at.cohort))
    .map(({ ramp }) => ramp ?? phase.ramp);
  if (ramps.some((ramp) => stepOf(at, ramp) !== undefined)) return;
  yield {
    path: [...path, at.share === undefined ? 'step' : 'share'],
    message: `No cohort that it is for has this step. Its steps: ${[...new Set(ramps.flatMap((ramp) => ramp.map(stepName)))].join(', ')}.`,
  };
}

function* checkBreak({ handoff }: BreakScene, phase: PlanPhase, plan: Plan, path: PlanPath): Iterable<Fault> {
  const rollBack = plan.rollbackRules
    .filter((rule) => rule.phase === phase.id && rule.action.kind === 'rollback')
    .map(({ gate }) => gate);
  const watched = phase.gates.filter(({ id }) => rollBack.includes(id)).map((gate) => gate.handoff);
  if (watched.includes(handoff)) return;
  const known = plan.handoffs.some(({ id }) => id === handoff);
  yield known
    ? {
        path: [...path, 'handoff'],
        message: `No gate of ${quoteName(phase.id)} rolls back for that handoff, so its failure would change nothing. Break one of: ${[...new Set(watched)].join(', ')}.`,
      }
    : unknown(
        [...path, 'handoff'],
        'handoff',
        handoff,
        plan.handoffs.map(({ id }) => id),
      );
}

function unknown(path: PlanPath, what: string, name: string, known: readonly string[], atName = false): Fault {
  return {
    path,
    atName,
    message: `The plan has no ${what} of this name.${didYouMean(name, known) || ` It has: ${known.join(', ')}.`}`,
  };
}

function asksForSteps({ ramp, cohorts }: PlanPhase): boolean {
  return [ramp, ...cohorts.flatMap((cohort) => (cohort.ramp === undefined ? [] : [cohort.ramp]))].some((steps) =>
    steps.some(({ approval }) => approval !== undefined),
  );
}

/** Which step of a ramp is meant; undefined where it has none such. Counted from 0. */
export function stepOf({ share, step }: Moment, ramp: readonly RampStep[]): number | undefined {
  if (step !== undefined) return step <= ramp.length ? step - 1 : undefined;
  const found = ramp.findIndex((declared) => declared.share === share);
  return found < 0 ? undefined : found;
}

/** `25%`, or `10 a day`. */
export function stepName({ share, perDay }: Pick<RampStep, 'share' | 'perDay'>): string {
  return share === undefined ? `${perDay ?? 0} a day` : `${(100 * share) / WHOLE}%`;
}
