import { rollbackFacts, type Facts } from '../gather-facts';
import type { PlantedFault } from '../planted-fault';
import type { Check } from '../rehearsal-report';
import type { PlayedBreak, RehearsalSetup } from '../rehearsal-setup';
import { phaseInPlan } from '../standing';

/** From the outcome that crossed the limit becoming final to the split down. A watch looks about once a second (DESIGN). */
const DOWN_WITHIN = 5_000;

/** What a scene that broke something has to show. */
export interface BreakStory {
  readonly scene: PlayedBreak;
  readonly planted: PlantedFault;
  readonly brokenAt?: string;
  readonly onTarget: { readonly back?: number; readonly later?: number };
}

/** A gate saw it, traffic went back at once, and exactly those who were lost have an exception. */
export function breakChecks(story: BreakStory, facts: Facts, setup: RehearsalSetup): Check[] {
  const { scene, planted, brokenAt, onTarget } = story;
  const phase = phaseInPlan(setup.plan, scene.at.phase);
  const gates = phase.gates.filter(({ handoff }) => handoff === planted.handoff.id).map(({ id }) => `gate:${id}`);
  const rollback = rollbackFacts(facts.audit, { phase: phase.id, since: brokenAt });
  const named = setup.plan.phases.length > 1 ? ` in ${phase.id}` : '';
  const checks: Check[] = [
    {
      check: `the gate rolled the break back${named}`,
      ok: brokenAt !== undefined && rollback !== undefined && gates.includes(rollback.by),
      seen: rollback === undefined ? 'no gate did' : `${rollback.by}: ${rollback.because}`,
    },
    {
      check: `the split was down within ${DOWN_WITHIN / 1_000} s of the outcome that crossed the limit${named}`,
      ok: rollback !== undefined && rollback.took <= DOWN_WITHIN,
      seen: rollback === undefined ? 'it was not' : `${rollback.took} ms`,
    },
  ];
  if (scene.how === 'drop' && setup.run.kind !== 'recorded') checks.push(exactCheck(story, facts));
  if (goesBackWhole(setup, scene) && onTarget.back !== undefined && onTarget.later !== undefined && scene.goesOn) {
    const more = onTarget.later - onTarget.back;
    checks.push({
      check: `nobody new went to target between the rollback and the next go${named}`,
      ok: more <= 0,
      seen: `${Math.max(0, more)} did`,
    });
  }
  return checks;
}

/** By the patients' keys: nobody who was lost is without an exception, and nobody has one of this handoff who was not. */
function exactCheck({ planted }: BreakStory, { lost, exceptions }: Facts): Check {
  const { id, end, queue } = planted.handoff;
  const dropped = lost
    .filter(({ type }) => end.includes(type))
    .map(({ journey }) => journey)
    .sort();
  const found = exceptions.filter(({ handoff, cause }) => handoff === id && cause.startsWith('handoff:'));
  const excepted = found.flatMap(({ journey, occurrences }) => Array<string>(occurrences).fill(journey)).sort();
  const same = JSON.stringify(dropped) === JSON.stringify(excepted);
  const without = dropped.filter((journey) => !excepted.includes(journey)).length;
  const beside = excepted.filter((journey) => !dropped.includes(journey)).length;
  return {
    check: 'the exceptions are the patients dropped, one each, none else',
    ok: dropped.length > 0 && same && found.every((each) => each.queue === queue),
    seen: `dropped ${dropped.length}, exceptions ${excepted.length} in ${queue}; without one ${without}, of others ${beside}`,
  };
}

/** Whether every gate that the fault can cross takes all arrivals off target, rather than a step or a cohort of them. */
function goesBackWhole({ plan }: RehearsalSetup, { at, handoff }: PlayedBreak): boolean {
  const phase = phaseInPlan(plan, at.phase);
  const gates = phase.gates.filter((gate) => gate.handoff === handoff).map(({ id }) => id);
  return plan.rollbackRules
    .filter((rule) => rule.phase === phase.id && gates.includes(rule.gate))
    .every(
      ({ action }) =>
        action.kind === 'rollback' &&
        (action.scope === 'phase' || (action.scope === 'cohort' && phase.cohorts.length === 1)),
    );
}
