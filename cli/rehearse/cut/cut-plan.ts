import { KNOWN_FROM } from '../../../domain/gates/sequential/cut-points';
import { loadPlan } from '../../../domain/plan/load-plan';
import { formatPath, type PlanPath } from '../../../domain/plan/plan-problem';
import type { GateRule, Plan, PlanGate, PlanPhase, RampStep } from '../../../domain/plan/plan-schema';
import type { Milliseconds } from '../../../domain/time/duration';
import { planDocument } from './plan-document';
import { shippedTemplates } from '../../../platform/shipped-templates';

/** How short a rehearsal makes what takes days, in the wall clock. What is shorter already stays. */
export interface CutLimits {
  watch: Milliseconds;
  soak: Milliseconds;
  dwell: Milliseconds;
  hold: Milliseconds;
  escalateAfter: Milliseconds;
  /** Deadlines of handoffs, at most: a gate waits for those of each step. As written where absent. */
  within?: Milliseconds | undefined;
  /** An event needs this long to arrive, however fast time runs: the one duration that grows. */
  latenessAtLeast: Milliseconds;
  /** Outcomes that a gate waits for, at most: a watch of seconds sees a few. */
  minimumOutcomes: number;
  /** Units a day, at most: the first of a day come at once, and a watch of seconds is to see who comes after them too. */
  perDay: number;
}

/** Limits for all phases, and other ones for some. */
export interface CutOrder extends CutLimits {
  phases: Readonly<
    Record<string, { readonly [Name in keyof PhaseLimits]?: PhaseLimits[Name] | undefined } | undefined>
  >;
}
type PhaseLimits = Omit<CutLimits, 'latenessAtLeast' | 'within'>;

/**
 * What a cut makes shorter; `lateness` is made longer; `volume`, a `calendar` and what asks for evidence are left out. `kind` is that of a gate on how long legacy takes, which
 * compares what is kept where there are too few to know that.
 */
export const CUT_FIELDS = [
  ...(['watch', 'soak', 'dwell', 'insufficient', 'noData', 'sourceError'] as const),
  ...(['escalateAfter', 'lateness', 'minimumOutcomes', 'perDay', 'volume', 'calendar'] as const),
  ...(['above', 'notWorseBy', 'watchAtLeast', 'within', 'businessTime', 'kind'] as const),
] as const;
export type CutField = (typeof CUT_FIELDS)[number];

/** One value of the plan that is another one in the rehearsal; both in the plan's time where they are durations. */
export interface Cut {
  /** Such as `phases[0].ramp[1].watch`. */
  path: string;
  field: CutField;
  /** The phase that it belongs to; none for what holds for all. */
  phase?: string;
  from: number | string;
  /** Null where it is left out. */
  to: number | string | null;
}

/** Outcomes that it takes, about, to show that a target is as good as a plan asks for. */
const EVIDENCE_TAKES = 1_000;

export interface CutPlan {
  plan: Plan;
  /** What is started. */
  planText: string;
  hash: string;
  /** Every value that differs from the plan as written, and there is no other. */
  cuts: Cut[];
}

/**
 * The plan that a rehearsal plays: the same, but for durations that nobody would sit through and for the numbers of patients
 * that they would have brought; how many are expected (`volume`) says nothing of the sandbox's patients, and it goes on at any hour. Gates, limits, shares,
 * approvals, queues and rules are as written, and so are deadlines unless the order says how long they may be.
 */
export function cutPlan(plan: Plan, order: CutOrder, timeScale: number): CutPlan {
  const cutter = new Cutter(order, timeScale);
  const asked = cutter.plan(plan);
  const planText = planDocument(asked);
  const { plan: read, hash } = loadPlan(planText, Date.now(), shippedTemplates());
  return { plan: read, planText, hash, cuts: cutter.cuts };
}

class Cutter {
  readonly cuts: Cut[] = [];
  private inPhase: string | undefined;
  private limits: CutLimits;

  constructor(
    private readonly order: CutOrder,
    private readonly timeScale: number,
  ) {
    this.limits = order;
  }

  plan(plan: Plan): Plan {
    const { advance, ...written } = plan;
    this.leaveOut(['advance'], advance?.calendar);
    return {
      ...written,
      lateness: this.latenessAtLeast(['lateness'], plan.lateness),
      handoffs: plan.handoffs.map((handoff, index) => this.handoff(handoff, ['handoffs', index])),
      phases: plan.phases.map((phase, index) => this.phase(phase, ['phases', index])),
    };
  }

  private handoff(handoff: Plan['handoffs'][number], path: PlanPath): Plan['handoffs'][number] {
    const { businessTime, ...rest } = handoff;
    const { within: longest } = this.limits;
    const within = longest === undefined ? handoff.within : this.atMost([...path, 'within'], handoff.within, longest);
    const isCut = within !== handoff.within;
    // Open hours are nothing to count in any more.
    if (isCut && businessTime !== undefined) this.push([...path, 'businessTime'], businessTime.calendar, null);
    return {
      ...rest,
      within,
      ...(businessTime !== undefined && !isCut && { businessTime }),
      ...(handoff.lateness !== undefined && {
        lateness: this.latenessAtLeast([...path, 'lateness'], handoff.lateness),
      }),
    };
  }

  private phase(phase: PlanPhase, path: PlanPath): PlanPhase {
    this.inPhase = phase.id;
    this.limits = withOthers(this.order, this.order.phases[phase.id] ?? {});
    const { approvals, hold, calendar, ...rest } = this.withoutVolume(phase, path);
    this.leaveOut([...path, 'calendar'], calendar);
    const cut = {
      ...rest,
      cohorts: phase.cohorts.map((one, index) => {
        const cohort = this.withoutVolume(one, [...path, 'cohorts', index]);
        return cohort.ramp === undefined
          ? cohort
          : { ...cohort, ramp: this.ramp(cohort.ramp, [...path, 'cohorts', index, 'ramp']) };
      }),
      ramp: this.ramp(phase.ramp, [...path, 'ramp']),
      soak: this.atMost([...path, 'soak'], phase.soak, this.limits.soak),
      dwell: this.atMost([...path, 'dwell'], phase.dwell, this.limits.dwell),
      gates: phase.gates.map((gate, index) => this.gate(gate, [...path, 'gates', index])),
      hold: {
        insufficient: this.atMost([...path, 'hold', 'insufficient'], hold.insufficient, this.limits.hold),
        noData: this.atMost([...path, 'hold', 'noData'], hold.noData, this.limits.hold),
        sourceError: this.atMost([...path, 'hold', 'sourceError'], hold.sourceError, this.limits.hold),
        ...(hold.then !== undefined && { then: hold.then }),
      },
      approvals: {
        ...approvals,
        goNoGo: this.approval(approvals.goNoGo, [...path, 'approvals', 'goNoGo']),
        goOn: this.approval(approvals.goOn, [...path, 'approvals', 'goOn']),
        commit: this.approval(approvals.commit, [...path, 'approvals', 'commit']),
      },
    };
    this.inPhase = undefined;
    return cut;
  }

  private withoutVolume<Part extends { volume?: number | undefined }>(part: Part, path: PlanPath): Part {
    if (part.volume === undefined) return part;
    this.push([...path, 'volume'], part.volume, null);
    const { volume: _volume, ...rest } = part;
    return rest as Part;
  }

  private ramp(ramp: readonly RampStep[], path: PlanPath): RampStep[] {
    return ramp.map(({ watchAtLeast, ...step }, index) => ({
      ...step,
      ...this.earliest(watchAtLeast, [...path, index, 'watchAtLeast']),
      watch: this.atMost([...path, index, 'watch'], step.watch, this.limits.watch),
      ...(step.perDay !== undefined && {
        perDay: this.note([...path, index, 'perDay'], step.perDay, Math.min(step.perDay, this.limits.perDay)),
      }),
      ...(step.approval && { approval: this.approval(step.approval, [...path, index, 'approval']) }),
    }));
  }

  private approval<Rule extends { escalateAfter: Milliseconds }>(rule: Rule, path: PlanPath): Rule {
    const escalateAfter = this.atMost([...path, 'escalateAfter'], rule.escalateAfter, this.limits.escalateAfter);
    return { ...rule, escalateAfter };
  }

  private gate(gate: PlanGate, path: PlanPath): PlanGate {
    const rule = this.knowable(this.withoutEvidence(gate.rule, [...path, 'rule']), [...path, 'rule', 'kind']);
    if (rule.kind === 'capacity') return gate;
    const minimumOutcomes = Math.min(rule.minimumOutcomes, this.limits.minimumOutcomes);
    this.note([...path, 'rule', 'minimumOutcomes'], rule.minimumOutcomes, minimumOutcomes);
    return { ...gate, rule: { ...rule, minimumOutcomes } };
  }

  /** How long legacy takes is known by more of its outcomes than a rehearsal would wait for. */
  private knowable(rule: GateRule, path: PlanPath): GateRule {
    if (rule.kind !== 'slowerThanLegacy' || this.limits.minimumOutcomes >= KNOWN_FROM) return rule;
    this.push(path, rule.kind, 'comparison');
    return { ...rule, kind: 'comparison' };
  }

  /** Evidence takes hundreds of outcomes, and nobody would sit through them. */
  private get hasEvidence(): boolean {
    return this.limits.minimumOutcomes >= EVIDENCE_TAKES;
  }

  private withoutEvidence(rule: GateRule, path: PlanPath): GateRule {
    if (this.hasEvidence) return rule;
    const asked: GateRule & { above?: number | undefined; notWorseBy?: number | undefined } = rule;
    const { above, notWorseBy, ...without } = asked;
    for (const [name, rate] of Object.entries({ above, notWorseBy })) {
      if (rate !== undefined) this.push([...path, name], rate, null);
    }
    return without;
  }

  /** Without evidence nothing ends early. */
  private earliest(watchAtLeast: Milliseconds | undefined, path: PlanPath): Pick<RampStep, 'watchAtLeast'> {
    if (watchAtLeast === undefined) return {};
    if (this.hasEvidence) return { watchAtLeast: this.atMost(path, watchAtLeast, this.limits.watch) };
    this.push(path, watchAtLeast, null);
    return {};
  }

  private atMost(path: PlanPath, from: Milliseconds, wall: Milliseconds): Milliseconds {
    return this.note(path, from, Math.min(from, this.inPlanTime(wall)));
  }

  private latenessAtLeast(path: PlanPath, from: Milliseconds): Milliseconds {
    return this.note(path, from, Math.max(from, this.inPlanTime(this.limits.latenessAtLeast)));
  }

  /** Nights and weekends that nobody would sit through. */
  private leaveOut(path: PlanPath, calendar: string | undefined): void {
    if (calendar === undefined) return;
    const phase = this.inPhase && { phase: this.inPhase };
    this.cuts.push({ path: formatPath(path), field: 'calendar', ...phase, from: calendar, to: null });
  }

  /** Whole seconds where that is enough to go by: people read it. */
  private inPlanTime(wall: Milliseconds): Milliseconds {
    const exact = Math.max(1, Math.round(wall * this.timeScale));
    return exact < 1_000 ? exact : Math.ceil(exact / 1_000) * 1_000;
  }

  private note(path: PlanPath, from: number, to: number): number {
    if (from !== to) this.push(path, from, to);
    return to;
  }

  private push(path: PlanPath, from: number | string, to: number | string | null): void {
    const field = path.at(-1) as CutField;
    this.cuts.push({ path: formatPath(path), field, ...(this.inPhase && { phase: this.inPhase }), from, to });
  }
}

function withOthers(limits: CutLimits, others: Record<string, number | undefined>): CutLimits {
  const said = Object.entries(others).filter(([, value]) => value !== undefined);
  return { ...limits, ...(Object.fromEntries(said) as Partial<CutLimits>) };
}
