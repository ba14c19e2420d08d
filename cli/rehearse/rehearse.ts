import type { CliIo } from '../io';
import { Agenda } from './agenda/agenda';
import { caseChecks } from './checks/case-checks';
import { commonChecks } from './checks/common-checks';
import { journeyChecks } from './checks/journey-checks';
import { paymentChecks, recordedChecks } from './checks/one-phase-checks';
import { cutLines } from './cut/cut-screen';
import { gatherFacts, type Facts } from './gather-facts';
import { playRehearsal, type Played } from './play/play-rehearsal';
import { probesAt } from './probes-at';
import { recountLog, type Recount } from './recount/recount-log';
import { Rehearsal } from './rehearsal';
import type { RehearsalReport } from './rehearsal-report';
import { setUpRehearsal, type RehearsalRequest, type RehearsalSetup } from './rehearsal-setup';
import { openRehearsalSystem } from './rehearsal-system';
import { reportOf } from './report-of';
import type { Timeline } from './timeline';

/**
 * Plays a whole migration on a running system or one of its own, breaks it on purpose, and judges what came of it. What is wrong
 * with plan, script, log or fault shows before anything is started; nothing is left under way after it.
 * @throws BadPlan, BadEventLog, CliFailure, StartFailure
 */
export async function rehearse(
  request: RehearsalRequest,
  options: { io: CliIo; timeline: Timeline; temporary: boolean },
): Promise<RehearsalReport> {
  const { io, timeline } = options;
  const wanted = await setUpRehearsal(request);
  const system = await openRehearsalSystem(io, {
    temporary: options.temporary,
    tell: (message) => {
      timeline.note(message);
    },
  });
  timeline.note(system.kind === 'running' ? 'on the system that runs here' : 'a system of the rehearsal’s own is up');
  try {
    const setup = await probesAt(wanted, system, io.signal);
    tellCuts(setup, timeline);
    const rehearsal = new Rehearsal(setup, system, timeline, io.signal);
    try {
      return await play(rehearsal, request);
    } finally {
      if (!io.signal.aborted) await leaveNothing(rehearsal);
    }
  } finally {
    await system.close();
  }
}

async function play(rehearsal: Rehearsal, request: RehearsalRequest): Promise<RehearsalReport> {
  const { setup } = rehearsal;
  const agenda = new Agenda(setup.written.plan, setup.plan, setup.timeScale);
  const played = await playRehearsal(rehearsal, agenda);
  const facts = await gatherFacts(rehearsal);
  const checks = [
    ...commonChecks(setup, facts),
    ...played.scenes.flatMap((scene) => scene.checks(facts)),
    ...(await checksOfKind(setup, request, facts, played)),
  ];
  return reportOf(rehearsal, facts, checks, agenda.duties);
}

async function checksOfKind(
  setup: RehearsalSetup,
  request: RehearsalRequest,
  facts: Facts,
  { cases }: Played,
): Promise<RehearsalReport['checks']> {
  switch (setup.run.kind) {
    case 'payment':
      return paymentChecks(setup, facts);
    case 'recorded':
      return recordedChecks(setup, facts, await recount(setup, request, facts));
    case 'journey':
      return [...journeyChecks(setup, facts), ...caseChecks(setup, facts, cases)];
  }
}

async function recount(
  { plan, run, timeScale }: RehearsalSetup,
  { log, seed }: RehearsalRequest,
  { lost, run: replayed, status }: Facts,
): Promise<Map<string, Recount>> {
  if (log === undefined) return new Map();
  const began = { replay: Date.parse(replayed.startedAt), migration: Date.parse(status.startedAt) };
  return recountLog({ plan, log, timeScale, began, seed, prefix: run.prefixes.episode, lost });
}

function tellCuts({ cuts, probes = [], planHash, written }: RehearsalSetup, timeline: Timeline): void {
  if (planHash === written.hash) return;
  timeline.note(
    `the plan ${written.hash.slice(0, 12)} is cut for one sitting (${cuts.length} values), as ${planHash.slice(0, 12)}:`,
  );
  for (const line of cutLines(cuts)) timeline.note(`  ${line}`);
  if (probes.length > 0) {
    timeline.note(`  probes look at the sandbox: ${probes.map(({ probe }) => probe).join(', ')}`);
  }
}

/** Whatever happened, faults are taken away, patients stop coming, and the migration ends. What fails here must not hide why. */
async function leaveNothing(rehearsal: Rehearsal): Promise<void> {
  const { migration } = rehearsal.setup;
  for (const leave of [() => rehearsal.repair(), () => rehearsal.sandbox.stopRun(migration), () => rehearsal.end()]) {
    await leave().catch(() => undefined);
  }
}
