import { randomBytes } from 'node:crypto';
import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import type { Milliseconds } from '../../domain/time/duration';
import { compress } from '../../domain/time/time-scale';
import type { RunOrder } from '../../sandbox/control/control-contract';
import type { LogColumns } from '../../sandbox/recorded/event-log';
import { surveyLog, type LogSurvey } from '../../sandbox/recorded/survey-log';
import { REHEARSAL_PREFIX } from '../../sandbox/runs/demo-load';
import { withApprovalsBySignal } from './approvals-by-signal';
import { cutPlan, type Cut } from './cut/cut-plan';
import { journeyRun, paymentRun, recordedRun, speaksJourneys } from './patients-of-plan';
import { checkPeople } from './people';
import { readFaultOption } from './planted-fault';
import type { MovedProbe } from './with-probes-at';
import { cannotRehearse } from './rehearsal-failure';
import { defaultScript, limitsOf, phaseToBreak } from './script/default-script';
import { readScript } from './script/read-script';
import type { BreakScene, Script, ScriptScene } from './script/script-schema';
import { shippedTemplates } from '../../platform/shipped-templates';

export interface RehearsalRequest {
  planText: string;
  /** The script; of plans of the whole journey only. */
  script?: { text: string; file: string };
  /** An event log; synthetic patients of the sandbox's stacks without one. */
  log?: { path: string; columns: LogColumns; days: number };
  timeScale?: number;
  /** What breaks where no script says it. */
  fault: string;
  bySignal: boolean;
  seed: string;
}

/** A scene of a script, or what `--fault` and a log make of one. */
export type PlayedScene = Exclude<ScriptScene, { kind: 'break' }> | PlayedBreak;
export interface PlayedBreak extends BreakScene {
  /** Not before so many cases are on target. */
  casesOnTarget?: number;
  /** Whether people go on after it; a recorded log is played to its end on legacy. */
  goesOn: boolean;
}

/** Everything that is known before anything is started. */
export interface RehearsalSetup {
  migration: string;
  /** The plan that is played. */
  planText: string;
  plan: Plan;
  planHash: string;
  /** The plan as it was written; the same where nothing is cut. */
  written: { plan: Plan; hash: string };
  cuts: Cut[];
  /** Probes that look at the sandbox instead of where the plan says. */
  probes?: MovedProbe[];
  timeScale: number;
  bySignal: boolean;
  scenes: readonly PlayedScene[];
  cases: Script['cases'];
  run: RunOrder;
  /** What the log holds, where there is one. */
  survey: LogSurvey | undefined;
  /** How late an event may arrive, in wall-clock time. */
  lateness: Milliseconds;
  /** How long after its start a missed handoff is final, at most, in wall-clock time. */
  finalWithin: Milliseconds;
}

/** The log of a rehearsal goes by in this long, unless a time scale is given. */
const LOG_WITHIN: Milliseconds = 360_000;
/** A rehearsal in the payment sandbox, unless a time scale is given. */
const PAYMENT_TIME_SCALE = 180;
/** Lateness must leave an event this long to arrive. A loaded machine needs some of it. */
const ARRIVES_WITHIN: Milliseconds = 2_000;
/** Cases that must be on target before something is broken there. */
export const CASES_ON_TARGET = 100;

/** Reads plan, script and log, and judges whether they go together. @throws BadPlan, BadEventLog, CliFailure */
export async function setUpRehearsal(request: RehearsalRequest): Promise<RehearsalSetup> {
  const planText = request.bySignal ? withApprovalsBySignal(request.planText) : request.planText;
  const written = loadPlan(planText, Date.now(), shippedTemplates());
  const migration = `${REHEARSAL_PREFIX}${randomBytes(4).toString('hex')}`;
  const part = { request, planText, written, migration };
  const setup = await setUp(part);
  checkPeople(setup.plan, setup.cases.resolve === 0 ? {} : setup.cases.by);
  return setup;
}

async function setUp(part: SetupPart): Promise<RehearsalSetup> {
  const { request, written } = part;
  if (request.log !== undefined) return setUpLog(part, request.log);
  if (request.script !== undefined || speaksJourneys(written.plan)) return setUpJourneys(part);
  return setUpPayment(part);
}

interface SetupPart {
  request: RehearsalRequest;
  planText: string;
  written: { plan: Plan; hash: string };
  migration: string;
}

/** The plan with its script, cut to what one sitting sees. */
function setUpJourneys({ request, written, migration }: SetupPart): RehearsalSetup {
  const { plan } = written;
  const script =
    request.script === undefined ? scriptOf(request, plan) : readScript(request.script.text, plan, request.script.file);
  const timeScale = request.timeScale ?? script.timeScale;
  const cut = cutPlan(plan, limitsOf(script), timeScale);
  return {
    ...common({ request, planText: cut.planText, written, migration }, cut.plan, timeScale),
    planHash: cut.hash,
    cuts: cut.cuts,
    scenes: script.scenes.map((scene) => (scene.kind === 'break' ? { ...scene, goesOn: true } : scene)),
    cases: script.cases,
    run: journeyRun(plan, { migration, timeScale, seed: request.seed, script }),
    survey: undefined,
  };
}

function scriptOf(request: RehearsalRequest, plan: Plan): Script {
  const phase = phaseToBreak(plan);
  const fault = phase === undefined ? undefined : readFaultOption(request.fault, plan, phase);
  return defaultScript(plan, phase === undefined || fault === undefined ? undefined : { phase, fault });
}

/** One phase in the payment stacks: as written, since its watches are minutes. */
function setUpPayment(part: SetupPart): RehearsalSetup {
  const { request, written, migration } = part;
  const phase = firstPhase(written.plan);
  const timeScale = request.timeScale ?? fastest(PAYMENT_TIME_SCALE, shortestLateness(written.plan));
  const at = { phase: phase.id, step: Math.min(2, phase.ramp.length) };
  return {
    ...common(part, written.plan, timeScale),
    scenes: breakOf(request, written.plan, { at, goesOn: true }),
    run: paymentRun(written.plan, phase, { migration, timeScale, seed: request.seed }),
    survey: undefined,
  };
}

/** A recorded log through the first phase. */
async function setUpLog(part: SetupPart, log: NonNullable<RehearsalRequest['log']>): Promise<RehearsalSetup> {
  const { request, written, migration } = part;
  const phase = firstPhase(written.plan);
  const wanted = (log.days * 86_400_000) / LOG_WITHIN;
  const timeScale = request.timeScale ?? fastest(wanted, shortestLateness(written.plan));
  const shared = common(part, written.plan, timeScale);
  const scenes = breakOf(request, written.plan, {
    at: { phase: phase.id, step: 1 },
    casesOnTarget: CASES_ON_TARGET,
    goesOn: false,
  });
  const survey = await surveyLog(log.path, log.columns, log.days);
  const run = recordedRun(written.plan, phase, { migration, timeScale, seed: request.seed, log, survey });
  return { ...shared, scenes, run, survey };
}

function common(
  { request, planText, written, migration }: SetupPart,
  plan: Plan,
  timeScale: number,
): Omit<RehearsalSetup, 'scenes' | 'run' | 'survey'> {
  const lateness = shortestLateness(plan);
  if (compress(lateness, timeScale) < ARRIVES_WITHIN / 2) {
    throw cannotRehearse(
      'time-scale-too-fast',
      `At this time scale an event would have ${Math.round(compress(lateness, timeScale))} ms to arrive (the plan's lateness, compressed). ` +
        `Use --time-scale ${Math.floor(lateness / ARRIVES_WITHIN)} or less, or a longer lateness in the plan.`,
    );
  }
  const longest = Math.max(...plan.handoffs.map((handoff) => handoff.within + (handoff.lateness ?? plan.lateness)));
  return {
    migration,
    planText,
    plan,
    planHash: written.hash,
    written,
    cuts: [],
    timeScale,
    bySignal: request.bySignal,
    cases: { resolve: 0, by: {} },
    lateness: compress(lateness, timeScale),
    finalWithin: compress(longest, timeScale),
  };
}

function breakOf(
  request: RehearsalRequest,
  plan: Plan,
  played: Pick<PlayedBreak, 'at' | 'casesOnTarget' | 'goesOn'>,
): PlayedBreak[] {
  const fault = readFaultOption(request.fault, plan, played.at.phase);
  return fault === undefined
    ? []
    : [{ id: 'break', kind: 'break', handoff: fault.handoff, how: fault.kind, ...played }];
}

function firstPhase({ phases }: Plan): PlanPhase {
  const [phase] = phases;
  if (phase === undefined) throw new Error('A plan without a phase was accepted.');
  return phase;
}

function shortestLateness(plan: Plan): Milliseconds {
  return Math.min(plan.lateness, ...plan.handoffs.map((handoff) => handoff.lateness ?? plan.lateness));
}

function fastest(wanted: number, lateness: Milliseconds): number {
  return Math.max(1, Math.floor(Math.min(wanted, lateness / ARRIVES_WITHIN)));
}
