import type { Duty } from './agenda/agenda';
import { rollbackFacts, type Facts } from './gather-facts';
import type { Rehearsal } from './rehearsal';
import type { Check, RehearsalReport } from './rehearsal-report';

/** Puts together everything that a rehearsal says in the end. */
export function reportOf(
  { setup, timeline, system }: Rehearsal,
  facts: Facts,
  checks: Check[],
  duties: Duty[],
): RehearsalReport {
  const { patients, recorded } = facts.run;
  const { exceptions, status } = facts;
  const broken = setup.scenes.flatMap((scene) => (scene.kind === 'break' ? [scene] : []));
  const rollback = rollbackFacts(facts.audit, broken[0] === undefined ? {} : { phase: broken[0].at.phase });
  const placed = Object.values(facts.placed);
  return {
    rehearsal: setup.run.kind,
    ok: checks.every(({ ok }) => ok),
    migration: setup.migration,
    planHash: setup.planHash,
    writtenHash: setup.written.hash,
    cuts: setup.cuts,
    system: system.kind,
    timeScale: setup.timeScale,
    seed: facts.run.seed,
    bySignal: setup.bySignal,
    took: timeline.elapsed,
    sides: {
      told: patients.bySide,
      placed: {
        legacy: placed.reduce((sum, { legacy }) => sum + legacy, 0),
        target: placed.reduce((sum, { target }) => sum + target, 0),
      },
      noSide: patients.ends['noSide'] ?? 0,
    },
    cohorts: status.phases.flatMap(({ phase, cohorts }) =>
      cohorts.map(({ cohort, run, placements }) => ({
        phase,
        cohort,
        status: run?.status ?? 'not begun',
        ...placements,
      })),
    ),
    ...(recorded !== undefined && { log: { days: recorded.days, cases: patients.arrived, events: recorded.done } }),
    handoffs: status.handoffs,
    events: facts.events,
    exceptions: {
      open: exceptions.filter(({ state }) => state === 'open').length,
      resolved: exceptions.filter(({ state }) => state !== 'open').length,
      ofFault: exceptions.filter(
        ({ handoff, side }) => side === 'target' && broken.some((scene) => scene.handoff === handoff),
      ).length,
      lost: new Set(facts.lost.map(({ journey }) => journey)).size,
      byQueue: status.queues.map(({ queue, owner, open, resolved, overdue }) => ({
        queue,
        owner,
        open,
        resolved,
        overdue,
      })),
    },
    ...(rollback !== undefined && { rollback }),
    duties,
    checks,
    timeline: timeline.entries,
  };
}
