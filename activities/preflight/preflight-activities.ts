import { createHash } from 'node:crypto';
import { KIND_DECLARATIONS } from '../../domain/journey-kinds/kind-declarations';
import type { PreflightCheck } from '../../domain/phase/cohort-event';
import { LAYERS } from '../../domain/plan/journey';
import type { Plan, PlanPhase, PlanProbe } from '../../domain/plan/plan-schema';
import { isPlanOf } from '../../domain/plan/plan-hash';
import { RouteNotCarried } from '../../domain/sides/route-failures';
import type { MetricSource } from '../gates/metric-source';
import type { PhaseActivities } from '../phase-activities';
import type { PlanReader } from '../plan-reader';
import type { FindRoute, OutwardRoute } from '../traffic/outward-route';
import type { ObservedSplit, SplitKey, TrafficRouter } from '../traffic/traffic-router';
import { whyNotRoutable } from '../traffic/why-not-routable';
import type { Probe } from './probe';
import { readinessChecks, type Standing } from './readiness-checks';

export interface PreflightOptions {
  router: TrafficRouter;
  metrics: MetricSource;
  plans: PlanReader;
  /** Where every cohort of a migration stands. */
  standing: (migration: string) => Promise<readonly Standing[]>;
  now: () => Date;
  probeFor: (probe: PlanProbe) => Probe;
  /** What routes a cohort outside, where something does. */
  routeOf?: FindRoute;
}

type Check = PreflightCheck;

/** What can be checked before people decide. Every check runs, so that all failures are listed at once. */
export function preflightActivities(options: PreflightOptions): Pick<PhaseActivities, 'runPreflight'> {
  return {
    async runPreflight({ planHash, calendar, ...key }) {
      const plan = await options.plans.plan(planHash);
      const phase = await options.plans.phase(planHash, key.phase);
      const { check: traffic, epoch } = await rehearseTheWayBack(options.router, key, phase);
      const checks = [
        checkHash(plan, planHash),
        checkStackMap(plan),
        ...readinessChecks(plan, phase, {
          calendar,
          standing: await options.standing(key.migration),
          now: options.now(),
        }),
        checkQueues(plan, phase),
        checkRollbackRules(plan, phase),
        ...checkRoute(options.routeOf?.(key), key, phase),
        ...checkOwn(plan, phase),
        ...(await Promise.all(phase.probes.map((probe) => runProbe(options.probeFor(probe), probe)))),
        ...(await Promise.all(phase.gates.map((gate) => checkSource(options.metrics, key, gate, epoch)))),
        traffic,
      ];
      const failures = checks.filter(({ ok }) => !ok).map(({ id, message }) => `${id}: ${message}`);
      const evidenceHash = createHash('sha256')
        .update(JSON.stringify([planHash, key, checks]))
        .digest('hex');
      return { ok: failures.length === 0, checks, failures, evidenceHash, epoch };
    },
  };
}

function checkHash(plan: Plan, planHash: string): Check {
  const ok = isPlanOf(plan, planHash);
  return {
    id: 'plan',
    ok,
    message: ok ? 'as approved.' : 'the stored plan is not the one of this hash. Start a new migration from the plan.',
  };
}

function checkStackMap(plan: Plan): Check {
  const missing = LAYERS.filter((layer) => !plan.stackMap.some((row) => row.layer === layer));
  return missing.length === 0
    ? { id: 'stack-map', ok: true, message: 'every layer has owners, or a reason why not.' }
    : { id: 'stack-map', ok: false, message: `add ${missing.join(', ')}.` };
}

/** All queues that this phase can feed have somebody who works on them. */
function checkQueues(plan: Plan, phase: PlanPhase): Check {
  const fed = new Set(
    plan.handoffs.flatMap((handoff) =>
      handoff.phase === phase.id && handoff.queue !== undefined ? [handoff.queue] : [],
    ),
  );
  if (phase.inFlight.queue !== undefined) fed.add(phase.inFlight.queue);
  const owners = new Set(plan.owners.map(({ id }) => id));
  const unowned = [...fed].filter((id) => {
    const queue = plan.queues.find((candidate) => candidate.id === id);
    return queue === undefined || !owners.has(queue.owner) || queue.path.length === 0;
  });
  return unowned.length === 0
    ? { id: 'queues', ok: true, message: `${fed.size} with owner, SLA and path.` }
    : { id: 'queues', ok: false, message: `give ${unowned.join(', ')} an owner, an SLA and a path.` };
}

function checkRollbackRules(plan: Plan, phase: PlanPhase): Check {
  const ruled = new Set(plan.rollbackRules.filter((rule) => rule.phase === phase.id).map((rule) => rule.gate));
  const without = phase.gates.filter(({ id }) => !ruled.has(id)).map(({ id }) => id);
  return without.length === 0
    ? { id: 'rollback-rules', ok: true, message: 'every gate has one.' }
    : {
        id: 'rollback-rules',
        ok: false,
        message: `decide now what happens when ${without.join(', ')} crosses its limit.`,
      };
}

/** Whether what routes this cohort outside can do what the plan asks of it. */
function checkRoute(route: OutwardRoute | undefined, { cohort }: SplitKey, phase: PlanPhase): Check[] {
  if (route === undefined) return [];
  const failures = whyNotRoutable(route, cohort, phase);
  const ok = failures.length === 0;
  return [{ id: `route ${route.kind}`, ok, message: ok ? 'can do every step, and the way back.' : failures.join(' ') }];
}

/** What only phases of this kind have to have: the same checks that a plan is linted by, over the plan as it is stored. */
function checkOwn(plan: Plan, phase: PlanPhase): Check[] {
  return KIND_DECLARATIONS[phase.kind].ownChecks.map(({ id, requirement, passes, check }) => {
    const failures = check(plan, phase);
    const ok = failures.length === 0;
    return { id: `${phase.kind} ${id} (${requirement})`, ok, message: ok ? passes : failures.join(' ') };
  });
}

async function runProbe(probe: Probe, { id, side }: PlanProbe): Promise<Check> {
  const { result, message } = await probe.run();
  // `unknown` never lets a phase go on.
  return { id: `probe ${id} (${side})`, ok: result === 'pass', message: `${result}, ${message}` };
}

async function checkSource(
  metrics: MetricSource,
  key: SplitKey,
  gate: PlanPhase['gates'][number],
  epoch: number,
): Promise<Check> {
  const reading = await metrics.read({
    ...{ ...key, gate: gate.id, handoff: gate.handoff, epoch, attemptEpoch: epoch },
    ...(gate.source !== undefined && { source: gate.source }),
  });
  const id = `gate ${gate.id}`;
  if (reading.kind === 'sourceError') {
    return { id, ok: false, message: `its source cannot be read: ${reading.message}` };
  }
  // Of handoffs there are none before the first patient; whoever counts outside says 0 then, or may be asked for what is not there.
  if (reading.kind === 'noData' && gate.source?.kind === 'synthetic') {
    return { id, ok: true, message: 'the first synthetic patient sets out when the split rises.' };
  }
  if (reading.kind === 'noData' && gate.source !== undefined) {
    return { id, ok: false, message: `its source has no figures: ${reading.message}` };
  }
  return { id, ok: true, message: 'its source answers.' };
}

/** Writes the split at zero percent and reads it back: what a rollback will do first has been done once. */
async function rehearseTheWayBack(
  router: TrafficRouter,
  key: SplitKey,
  phase: PlanPhase,
): Promise<{ check: Check; epoch: number }> {
  const before = await router.readBack(key);
  if (before === undefined || before.share > 0) {
    const message = 'the split is not at zero percent, so the way back cannot be rehearsed. Roll back first.';
    return { check: { id: 'traffic', ok: false, message }, epoch: before?.epoch ?? 0 };
  }
  const change = {
    ...key,
    expectedEpoch: before.epoch,
    share: 0,
    perDay: null,
    mode: 'open' as const,
    lease: phase.lease,
  };
  try {
    await router.write({ ...change, cause: 'rehearsed' });
  } catch (error) {
    if (!(error instanceof RouteNotCarried)) throw error;
    return { check: { id: 'traffic', ok: false, message: error.message }, epoch: before.epoch + 1 };
  }
  const after = await router.readBack(key);
  const ok = after !== undefined && isZeroAt(after, before.epoch + 1);
  const message = ok
    ? 'written and read back at zero percent.'
    : 'was not read back as written. Check the traffic router.';
  return { check: { id: 'traffic', ok, message }, epoch: after?.epoch ?? before.epoch };
}

function isZeroAt(split: ObservedSplit, epoch: number): boolean {
  return split.share === 0 && split.epoch === epoch && split.mode === 'open' && split.outside?.confirmed !== false;
}
