import type { CohortRun } from '../../domain/phase/cohort-run';
import { isGranted } from '../../domain/phase/transition';
import type { MigrationStatus } from '../../domain/status/migration-status';
import type { Milliseconds } from '../../domain/time/duration';
import { compress } from '../../domain/time/time-scale';
import type { SandboxState } from '../../sandbox/control/control-contract';
import type { RunStatus } from '../../sandbox/runs/run-state';
import { CASES_ON_TARGET } from './checks';
import { runOf } from './gather-facts';
import type { Rehearsal } from './rehearsal';
import { rehearsalFailed } from './rehearsal-failure';
import type { Check } from './rehearsal-report';
import { phaseOf, runsOf } from './standing';

/** What the product needs on top of the plan's own durations: workflow tasks, sweeps, a loaded machine. */
const SLACK: Milliseconds = 60_000;
const FORWARD = ['goNoGo', 'step'] as const;
const ENDED: readonly RunStatus[] = ['finished', 'failed'];

/** Starts the migration and lets patients in while people give the go. */
async function begin(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.start();
  await rehearsal.until('the go/no-go', (status) => somewhere(rehearsal, status, 'awaitingGoNoGo'), {
    decide: [],
    within: SLACK,
  });
  await rehearsal.letPatientsIn();
}

/** Breaks target, waits until a gate has rolled it back, and mends it. */
async function breakAndRollBack(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.plantFault();
  await rehearsal.until('the gate to roll back', (status) => isRolledBack(runs(rehearsal, status)), {
    decide: FORWARD,
    mayRollBack: true,
    within: rehearsal.setup.finalWithin + 2 * SLACK,
  });
  await rehearsal.repair();
}

/**
 * The payment sandbox: a ramp, a break at its second step, the way back, the exceptions, and then all the way to the commit.
 * Everything that the patients did has come to rest when this returns.
 */
export async function playPayment(rehearsal: Rehearsal): Promise<Check[]> {
  const checks: Check[] = [];
  const longest = planned(rehearsal) + rehearsal.setup.finalWithin + 3 * SLACK;
  await begin(rehearsal);
  if (rehearsal.setup.fault !== undefined) {
    const at = Math.min(1, rehearsal.setup.phase.ramp.length - 1);
    await rehearsal.until(
      `step ${at + 1} of the ramp`,
      (status) => runs(rehearsal, status).some(({ status: now, step }) => now === 'watching' && step >= at),
      { decide: FORWARD, within: longest },
    );
    await breakAndRollBack(rehearsal);
    const before = await placedOnTarget(rehearsal);
    await untilExceptionsAreOpen(rehearsal);
    const after = await placedOnTarget(rehearsal);
    if (goesBackWhole(rehearsal)) {
      checks.push({
        check: 'nobody new went to target between the rollback and the next go',
        ok: after === before,
        seen: `${after - before} did`,
      });
    }
  }
  await rehearsal.until(
    'the soak to end',
    (status) => runs(rehearsal, status).every(({ status: now }) => now === 'awaitingCommit'),
    { decide: [...FORWARD, 'goOn'], within: longest },
  );
  await rehearsal.sandbox.stopRun(rehearsal.setup.migration);
  rehearsal.timeline.note('no more patients arrive; those who are here go on to their end');
  await untilAtRest(rehearsal);
  await rehearsal.until(
    'the commit',
    (status) => runs(rehearsal, status).every(({ status: now }) => now === 'committed'),
    {
      decide: ['commit'],
      within: SLACK,
    },
  );
  return checks;
}

/** The recorded log: a ramp, a break once enough cases are on target, the way back, and the log to the end of its days on legacy. */
export async function playRecorded(rehearsal: Rehearsal): Promise<Check[]> {
  const { setup } = rehearsal;
  await begin(rehearsal);
  const length = setup.run.kind === 'recorded' ? compress(setup.run.days * 86_400_000, setup.timeScale) : 0;
  if (setup.fault !== undefined) {
    await rehearsal.until(
      `${CASES_ON_TARGET} cases on target, at a step of the ramp`,
      async (status) => {
        const { patients, status: played } = runOf(await rehearsal.sandbox.state(), setup.migration);
        const enough = patients.bySide.target >= CASES_ON_TARGET;
        if (!enough && ENDED.includes(played)) throw tooFewCases(patients.bySide.target);
        return enough && runs(rehearsal, status).some(({ status: now, share }) => now === 'watching' && share > 0);
      },
      { decide: FORWARD, within: length + SLACK },
    );
    await breakAndRollBack(rehearsal);
  }
  await rehearsal.until(
    'the log to end',
    async () => ENDED.includes(runOf(await rehearsal.sandbox.state(), setup.migration).status),
    { decide: setup.fault === undefined ? FORWARD : [], mayRollBack: true, within: length + 2 * SLACK },
  );
  rehearsal.timeline.note('the log is played to the end of its days');
  await untilDelivered(rehearsal);
  return [];
}

function tooFewCases(onTarget: number): Error {
  return rehearsalFailed(
    'too-few-cases',
    `The log ended with ${onTarget} cases on target, and ${CASES_ON_TARGET} are needed before anything is broken. Play more --days of it, or plan a faster ramp.`,
  );
}

/** Waits until patients have left, stacks have done what they owe, and every handoff has ended for good. */
async function untilAtRest(rehearsal: Rehearsal): Promise<void> {
  const { migration, finalWithin } = rehearsal.setup;
  await rehearsal.untilSandbox(
    'the patients to reach their end',
    (state) => runOf(state, migration).status !== 'stopping' && isIdle(state, migration),
    finalWithin + SLACK,
  );
  await untilDelivered(rehearsal);
  await rehearsal.until(
    'every handoff to end',
    ({ handoffs }) => handoffs.every(({ bySide }) => Object.values(bySide).every(({ open }) => open === 0)),
    { decide: [], within: finalWithin + SLACK },
  );
}

/** Waits until every event is acknowledged and matched. */
async function untilDelivered(rehearsal: Rehearsal): Promise<void> {
  const { migration } = rehearsal.setup;
  await rehearsal.untilSandbox('every event to be acknowledged', (state) => isIdle(state, migration), SLACK);
  await rehearsal.until('every event to be matched', ({ events }) => events.pending === 0, {
    decide: [],
    mayRollBack: true,
    within: SLACK,
  });
}

/** Waits until as many exceptions are open as patients were dropped, and no more is to come of those dropped. */
async function untilExceptionsAreOpen(rehearsal: Rehearsal): Promise<void> {
  const { fault, migration, finalWithin } = rehearsal.setup;
  if (fault?.kind !== 'drop') return;
  const status = await rehearsal.until(
    'an exception for each patient dropped',
    async ({ queues }) => {
      const { events } = await rehearsal.sandbox.state();
      const dropped = events[migration]?.target.dropped ?? 0;
      return queues.reduce((sum, { open }) => sum + open, 0) >= dropped;
    },
    { decide: [], mayRollBack: true, within: finalWithin + SLACK },
  );
  const open = status.queues.reduce((sum, queue) => sum + queue.open, 0);
  rehearsal.timeline.note(`${open} exceptions open, each with an owner`);
}

/** Whether every gate that the fault can cross takes all arrivals off target, rather than a step or a cohort of them. */
function goesBackWhole({ setup: { plan, phase, fault } }: Rehearsal): boolean {
  const gates = phase.gates.filter(({ handoff }) => handoff === fault?.handoff.id).map(({ id }) => id);
  return plan.rollbackRules
    .filter((rule) => rule.phase === phase.id && gates.includes(rule.gate))
    .every(
      ({ action }) =>
        action.kind === 'rollback' &&
        (action.scope === 'phase' || (action.scope === 'cohort' && phase.cohorts.length === 1)),
    );
}

async function placedOnTarget(rehearsal: Rehearsal): Promise<number> {
  const { cohorts } = phaseOf(await rehearsal.status(), rehearsal.setup.phase.id);
  return cohorts.reduce((sum, { placements }) => sum + placements.target, 0);
}

function isIdle({ stacks, events }: SandboxState, migration: string): boolean {
  const underway = Object.values(stacks).some((stack) => (stack.underway[migration] ?? 0) > 0);
  return !underway && Object.values(events[migration] ?? {}).every(({ pending }) => pending === 0);
}

function isRolledBack(all: readonly CohortRun[]): boolean {
  const back = all.some(
    ({ status, because }) => status === 'rolledBack' || (status === 'held' && because?.code === 'limitCrossed'),
  );
  return back && all.every(({ status }) => status !== 'rollingBack');
}

function somewhere(rehearsal: Rehearsal, status: MigrationStatus, wanted: CohortRun['status']): boolean {
  const all = runs(rehearsal, status);
  return all.length > 0 && all.every((run) => run.status === wanted && !isGranted(run.request));
}

function runs(rehearsal: Rehearsal, status: MigrationStatus): CohortRun[] {
  return runsOf(status, rehearsal.setup.phase.id);
}

/** The plan's own way forward, in wall-clock time. */
function planned({ setup: { phase, timeScale } }: Rehearsal): Milliseconds {
  const watches = phase.ramp.reduce((sum, { watch }) => sum + watch, 0);
  return compress(watches + phase.soak, timeScale);
}
