import type { CohortRun } from '../../../domain/phase/cohort-run';
import { isGranted } from '../../../domain/phase/transition';
import type { MigrationStatus } from '../../../domain/status/migration-status';
import type { Milliseconds } from '../../../domain/time/duration';
import { compress } from '../../../domain/time/time-scale';
import type { SandboxState } from '../../../sandbox/control/control-contract';
import type { Agenda } from '../agenda/agenda';
import { runOf } from '../gather-facts';
import type { Rehearsal } from '../rehearsal';
import type { PlayedScene } from '../rehearsal-setup';
import { runsOf, type Standing } from '../standing';
import { workOnCases, type CaseWork } from '../cases/work-on-cases';
import { Absence } from './absence';
import { BreakTarget } from './break-scene';
import { Director } from './director';
import { RollBackCohort } from './roll-back-cohort';
import type { Scene } from './scene';

/** What the product needs on top of the plan's own durations: workflow tasks, sweeps, a loaded machine. */
const SLACK: Milliseconds = 60_000;
const EVERY_DECISION = ['goNoGo', 'step', 'goOn', 'commit'] as const;

/** What was played, for whoever checks it. */
export interface Played {
  scenes: readonly Scene[];
  cases: CaseWork;
}

/**
 * Plays a migration: its phases one after the other, the scenes when their moment comes, people all along. Everything that patients
 * did has come to rest when this returns.
 */
export async function playRehearsal(rehearsal: Rehearsal, agenda: Agenda): Promise<Played> {
  const scenes = rehearsal.setup.scenes.map((scene) => sceneOf(scene, rehearsal));
  const director = new Director(rehearsal, scenes, agenda);
  await rehearsal.start();
  const [first] = rehearsal.setup.plan.phases;
  await director.until('the go/no-go', (status) => isAsked(status, first?.id ?? ''), { decide: [], quiet: SLACK });
  await rehearsal.letPatientsIn();
  const cases = rehearsal.setup.run.kind === 'recorded' ? await untilLogEnds(director) : await untilCommitted(director);
  return { scenes, cases };
}

function sceneOf(scene: PlayedScene, rehearsal: Rehearsal): Scene {
  switch (scene.kind) {
    case 'break':
      return new BreakTarget(scene, rehearsal);
    case 'absence':
      return new Absence(scene, rehearsal);
    case 'rollBack':
      return new RollBackCohort(scene, rehearsal);
  }
}

/** To the commit of the last phase. It waits for the last patient: what stacks say of a migration that has ended is refused. */
async function untilCommitted(director: Director): Promise<CaseWork> {
  const { rehearsal } = director;
  const { plan, migration } = rehearsal.setup;
  const last = plan.phases.at(-1)?.id ?? '';
  const isLastCommit = (standing: Standing, all: readonly Standing[]): boolean =>
    standing.phase === last &&
    isLastToCommit(
      standing.run,
      all.filter(({ phase }) => phase === last),
    );
  const onTheWay = { decide: EVERY_DECISION, except: isLastCommit, quiet: quietOf(director) };
  await director.until('everyone to go to target', (status) => isAt100(status, last) && scenesOver(director), onTheWay);
  await rehearsal.sandbox.stopRun(migration);
  rehearsal.timeline.note('no more patients arrive; those who are here go on to their end');
  const farewell = new Farewell(rehearsal);
  await director.until('the patients to reach their end', () => farewell.isOver(), {
    ...onTheWay,
    quiet: rehearsal.setup.finalWithin + 2 * SLACK,
  });
  await untilDelivered(director);
  await director.until('every handoff to end', allEnded, { ...onTheWay, quiet: rehearsal.setup.finalWithin + SLACK });
  const cases = await workOnCases(rehearsal, director.agenda);
  await director.until('the last soak to end', (status) => isSoaked(status, last), onTheWay);
  await director.until('the commit', (status) => isCommitted(status, last), { decide: EVERY_DECISION, quiet: SLACK });
  return cases;
}

/** To the end of a recorded log's days, wherever the phase is by then. */
async function untilLogEnds(director: Director): Promise<CaseWork> {
  const { rehearsal } = director;
  const { setup } = rehearsal;
  const length = setup.run.kind === 'recorded' ? compress((setup.run.days ?? 14) * 86_400_000, setup.timeScale) : 0;
  const waiting = { decide: ['goNoGo', 'step'], quiet: length + 2 * SLACK } as const;
  await director.until(
    'the log to end',
    async () => scenesOver(director) && hasEnded(runOf(await rehearsal.sandbox.state(), setup.migration).status),
    waiting,
  );
  rehearsal.timeline.note('the log is played to the end of its days');
  await untilDelivered(director);
  return workOnCases(rehearsal, director.agenda);
}

/** Waits until every event is acknowledged and matched. */
async function untilDelivered(director: Director): Promise<void> {
  const { rehearsal } = director;
  const { migration } = rehearsal.setup;
  await rehearsal.untilSandbox('every event to be acknowledged', (state) => isIdle(state, migration), SLACK);
  const waiting = { decide: [], quiet: SLACK };
  await director.until('every event to be matched', ({ events }) => events.pending === 0, waiting);
}

function hasEnded(status: string): boolean {
  return status === 'finished' || status === 'failed';
}

function scenesOver({ scenes }: Director): boolean {
  return scenes.every(({ over }) => over);
}

/** Looks whether everyone has left, but for those whom a fault lost: they wait for news that never comes, for days of the plan. */
class Farewell {
  private seen = '';
  private since = 0;

  constructor(private readonly rehearsal: Rehearsal) {}

  async isOver(): Promise<boolean> {
    const { sandbox, setup } = this.rehearsal;
    const state = await sandbox.state();
    const { status, patients } = runOf(state, setup.migration);
    if (!isIdle(state, setup.migration)) return false;
    if (status !== 'stopping') return true;
    const lost = new Set((await this.rehearsal.dropped()).map(({ journey }) => journey)).size;
    if (patients.present > lost - (patients.ends['gaveUp'] ?? 0)) return false;
    // Nobody else stands still for an hour of the plan: whoever might be among those counted would have moved.
    const seen = JSON.stringify([patients, state.events[setup.migration]]);
    if (seen !== this.seen) [this.seen, this.since] = [seen, performance.now()];
    return performance.now() - this.since > compress(3_600_000, setup.timeScale) + 1_000;
  }
}

function isIdle({ stacks, events }: SandboxState, migration: string): boolean {
  const underway = Object.values(stacks).some((stack) => (stack.underway[migration] ?? 0) > 0);
  return !underway && Object.values(events[migration] ?? {}).every(({ pending }) => pending === 0);
}

function allEnded({ handoffs, events }: MigrationStatus): boolean {
  return events.pending === 0 && handoffs.every(({ bySide }) => Object.values(bySide).every(({ open }) => open === 0));
}

function isAsked(status: MigrationStatus, phase: string): boolean {
  const moved = runsOf(status, phase).filter((run) => run.status !== 'takenOut');
  return moved.length > 0 && moved.every((run) => run.status === 'awaitingGoNoGo' && !isGranted(run.request));
}

/** Whether the phase's cohorts are all past their ramp, so that nobody more needs to arrive. */
function isAt100(status: MigrationStatus, phase: string): boolean {
  const runs = runsOf(status, phase);
  return runs.length > 0 && runs.every(({ status: now }) => ['soaking', ...SOAKED].includes(now));
}

function isSoaked(status: MigrationStatus, phase: string): boolean {
  const runs = runsOf(status, phase);
  return runs.length > 0 && runs.every(({ status: now }) => SOAKED.includes(now));
}

/** An approved commit waits for every other cohort's, so that the one that is asked for last keeps back all of them. */
export function isLastToCommit(run: CohortRun, all: readonly { run: CohortRun }[]): boolean {
  if (run.request?.kind !== 'commit') return false;
  const undone = all.map((each) => each.run).filter((each) => each.status !== 'takenOut' && !isApproved(each));
  return undone.every(({ request }) => request?.kind === 'commit') && undone.at(-1)?.cohort === run.cohort;
}

function isApproved({ status, request }: CohortRun): boolean {
  return status === 'committed' || (request?.kind === 'commit' && isGranted(request));
}

const SOAKED: readonly string[] = ['awaitingCommit', 'committing', 'committed', 'takenOut'];

function isCommitted(status: MigrationStatus, phase: string): boolean {
  const runs = runsOf(status, phase);
  return runs.length > 0 && runs.every(({ status: now }) => now === 'committed' || now === 'takenOut');
}

/** The longest that a migration may stand still by its plan, in wall-clock time. */
function quietOf({ rehearsal: { setup } }: Director): Milliseconds {
  const longest = setup.plan.phases.map(({ ramp, cohorts, soak, dwell, approvals }) =>
    Math.max(
      soak,
      dwell,
      approvals.goNoGo.escalateAfter,
      ...[ramp, ...cohorts.flatMap(({ ramp: own }) => (own === undefined ? [] : [own]))]
        .flat()
        .map(({ watch }) => watch),
    ),
  );
  return compress(Math.max(...longest), setup.timeScale) + setup.finalWithin + 2 * SLACK;
}
