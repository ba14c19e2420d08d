import type { CliIo } from '../io';
import { commonChecks, paymentChecks, recordedChecks } from './checks';
import { gatherFacts, type Facts } from './gather-facts';
import { playPayment, playRecorded } from './play-rehearsal';
import { recountLog, type Recount } from './recount-log';
import { Rehearsal } from './rehearsal';
import type { Check, RehearsalReport } from './rehearsal-report';
import { setUpRehearsal, type RehearsalRequest, type RehearsalSetup } from './rehearsal-setup';
import { openRehearsalSystem, type RehearsalSystem } from './rehearsal-system';
import type { Timeline } from './timeline';

/**
 * Plays a whole migration on a running system or one of its own, breaks it on purpose, and judges what came of it. What is wrong
 * with plan, log or fault shows before anything is started; nothing is left under way after it.
 * @throws BadPlan, BadEventLog, CliFailure, StartFailure
 */
export async function rehearse(
  request: RehearsalRequest,
  options: { io: CliIo; timeline: Timeline; temporary: boolean },
): Promise<RehearsalReport> {
  const { io, timeline } = options;
  const setup = await setUpRehearsal(request);
  const system = await openRehearsalSystem(io, {
    temporary: options.temporary,
    tell: (message) => {
      timeline.note(message);
    },
  });
  timeline.note(system.kind === 'running' ? 'on the system that runs here' : 'a system of the rehearsal’s own is up');
  try {
    const rehearsal = new Rehearsal(setup, system, timeline, io.signal);
    try {
      return await play(rehearsal, request, system);
    } finally {
      if (!io.signal.aborted) await leaveNothing(rehearsal);
    }
  } finally {
    await system.close();
  }
}

async function play(
  rehearsal: Rehearsal,
  request: RehearsalRequest,
  system: RehearsalSystem,
): Promise<RehearsalReport> {
  const { setup } = rehearsal;
  const during = await (setup.run.kind === 'payment' ? playPayment : playRecorded)(rehearsal);
  const facts = await gatherFacts(rehearsal);
  const after =
    setup.run.kind === 'payment'
      ? paymentChecks(setup, facts)
      : recordedChecks(setup, facts, await recount(setup, request, facts));
  return reportOf(rehearsal, system, facts, [...commonChecks(setup, facts), ...during, ...after]);
}

async function recount(
  { plan, run, timeScale }: RehearsalSetup,
  { log, seed }: RehearsalRequest,
  { lost }: Facts,
): Promise<Map<string, Recount>> {
  if (log === undefined) return new Map();
  return recountLog({ plan, log, timeScale, seed, prefix: run.prefixes.episode, lost });
}

function reportOf(
  { setup, timeline }: Rehearsal,
  system: RehearsalSystem,
  facts: Facts,
  checks: Check[],
): RehearsalReport {
  const { patients, recorded } = facts.run;
  const { fault } = setup;
  return {
    rehearsal: setup.run.kind,
    ok: checks.every(({ ok }) => ok),
    migration: setup.migration,
    planHash: setup.planHash,
    system: system.kind,
    timeScale: setup.timeScale,
    seed: facts.run.seed,
    bySignal: setup.bySignal,
    took: timeline.elapsed,
    sides: { told: patients.bySide, placed: facts.placed, noSide: patients.ends['noSide'] ?? 0 },
    ...(recorded !== undefined && { log: { days: recorded.days, cases: patients.arrived, events: recorded.done } }),
    handoffs: facts.status.handoffs,
    events: facts.events,
    exceptions: {
      open: facts.exceptions.filter(({ state }) => state === 'open').length,
      ofFault: facts.exceptions.filter(({ handoff, side }) => handoff === fault?.handoff.id && side === 'target')
        .length,
      lost: new Set(facts.lost.map(({ journey }) => journey)).size,
    },
    ...(facts.rollback !== undefined && { rollback: facts.rollback }),
    checks,
    timeline: timeline.entries,
  };
}

/** Whatever happened, faults are taken away, patients stop coming, and the migration ends. What fails here must not hide why. */
async function leaveNothing(rehearsal: Rehearsal): Promise<void> {
  const { migration } = rehearsal.setup;
  for (const leave of [() => rehearsal.repair(), () => rehearsal.sandbox.stopRun(migration), () => rehearsal.end()]) {
    await leave().catch(() => undefined);
  }
}
