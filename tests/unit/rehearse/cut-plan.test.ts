import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { cutPlan, CUT_FIELDS, type Cut, type CutOrder } from '../../../cli/rehearse/cut/cut-plan';
import { cutLines } from '../../../cli/rehearse/cut/cut-screen';
import { planDocument } from '../../../cli/rehearse/cut/plan-document';
import { loadPlan } from '../../../domain/plan/load-plan';
import { planHash } from '../../../domain/plan/plan-hash';
import type { GateRule, Plan, RampStep } from '../../../domain/plan/plan-schema';
import { parseDuration } from '../../../domain/time/duration';
import { exactDuration } from '../../../domain/time/exact-duration';
import { parseFormattedPath, removeAt, setAt, valueAt } from './plan-paths';

const EXAMPLES = ['payment.yaml', 'loan-funnel.yaml', 'telehealth.yaml'].map((name) => ({
  name,
  ...loadPlan(readFileSync(join(__dirname, '..', '..', '..', 'examples', name), 'utf8')),
}));
const LIMITS: CutOrder = {
  phases: {},
  watch: 2_000,
  soak: 3_000,
  dwell: 1_000,
  hold: 20_000,
  escalateAfter: 5_000,
  latenessAtLeast: 3_000,
  minimumOutcomes: 3,
  perDay: 4,
};

const phaseLimits = fc.record(
  { watch: fc.integer({ min: 1, max: 20_000 }), minimumOutcomes: fc.integer({ min: 1, max: 40 }) },
  { requiredKeys: [] },
);
const limits = fc.record({
  within: fc.option(fc.integer({ min: 1_000, max: 200_000 }), { nil: undefined }),
  phases: fc.record({ payment: phaseLimits, application: phaseLimits }, { requiredKeys: [] }),
  watch: fc.integer({ min: 1, max: 20_000 }),
  soak: fc.integer({ min: 1, max: 20_000 }),
  dwell: fc.integer({ min: 1, max: 20_000 }),
  hold: fc.integer({ min: 1, max: 60_000 }),
  escalateAfter: fc.integer({ min: 1, max: 60_000 }),
  latenessAtLeast: fc.integer({ min: 1, max: 6_000 }),
  perDay: fc.integer({ min: 1, max: 30 }),
  minimumOutcomes: fc.integer({ min: 1, max: 40 }),
});
const duration = fc.integer({ min: 1, max: 30 * 86_400 }).map((seconds) => seconds * 1_000);

/** Plans of every shape that a cut looks at: durations of their own, ramps of cohorts, approvals of steps, lateness of handoffs. */
const plans = fc
  .record({
    // The whole journey takes ten times as long to read as a plan of one phase.
    base: fc.oneof(
      ...EXAMPLES.map(({ plan, name }) => ({
        ...{ weight: name === 'telehealth.yaml' ? 1 : 2, arbitrary: fc.constant(plan) },
      })),
    ),
    durations: fc.array(duration, { minLength: 40, maxLength: 40 }),
    minimum: fc.integer({ min: 1, max: 200 }),
    ownRamp: fc.boolean(),
    ownLateness: fc.boolean(),
    stepApproval: fc.boolean(),
    evidence: fc.boolean(),
    pauses: fc.boolean(),
  })
  .map(({ base, durations, minimum, ownRamp, ownLateness, stepApproval, evidence, pauses }): Plan => {
    let drawn = 0;
    const draw = (): number => durations[drawn++ % durations.length] ?? 1_000;
    const stepTimes = (): Pick<RampStep, 'watch' | 'watchAtLeast'> => {
      const watch = draw();
      return { watch, ...(evidence && { watchAtLeast: Math.ceil(watch / 2_000) * 1_000 }) };
    };
    const ramp = (steps: Plan['phases'][number]['ramp']): typeof steps =>
      steps.map((step) => ({
        ...step,
        ...stepTimes(),
        ...(stepApproval && { approval: { count: 1, roles: ['engineer'], fourEyes: false, escalateAfter: draw() } }),
      }));
    return {
      ...base,
      lateness: draw(),
      handoffs: base.handoffs.map((handoff) => ({ ...handoff, ...(ownLateness && { lateness: draw() }) })),
      phases: base.phases.map((phase) => ({
        ...phase,
        ramp: ramp(phase.ramp),
        cohorts: phase.cohorts.map((cohort) => ({
          ...cohort,
          ...(ownRamp && cohort.staysOnLegacy === undefined && { ramp: ramp(phase.ramp) }),
        })),
        soak: draw(),
        dwell: draw(),
        hold: {
          ...{ insufficient: draw(), noData: draw(), sourceError: draw() },
          ...(pauses && { then: { noData: 'pause' as const } }),
        },
        gates: phase.gates.map((gate) => ({ ...gate, rule: drawnRule(gate.rule, minimum, evidence) })),
      })),
    };
  });

function drawnRule(rule: GateRule, minimumOutcomes: number, evidence: boolean): GateRule {
  if (rule.kind === 'floor') return { ...rule, minimumOutcomes, ...(evidence && { above: rule.atLeast }) };
  if (rule.kind === 'comparison') {
    const kind = minimumOutcomes % 2 === 0 ? 'comparison' : 'slowerThanLegacy';
    return { ...rule, kind, minimumOutcomes, ...(evidence && { notWorseBy: 0.1 }) };
  }
  return rule;
}

/** What is left out, since nobody would sit through it. */
const LEFT_OUT: readonly string[] = ['calendar', 'volume', 'above', 'notWorseBy', 'watchAtLeast', 'businessTime'];

function isShorter({ field, from, to }: Cut): boolean {
  if (LEFT_OUT.includes(field)) return to === null;
  if (field === 'kind') return from === 'slowerThanLegacy' && to === 'comparison';
  if (typeof to !== 'number') return false;
  return field === 'lateness' ? to > Number(from) : to < Number(from);
}

describe('a plan written down again', () => {
  it.each(EXAMPLES)('$name is the same plan, of the same hash', ({ plan, hash }) => {
    const again = loadPlan(planDocument(plan));
    expect(again.plan).toEqual(plan);
    expect(again.hash).toBe(hash);
  });

  it('loses nothing of a duration', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 366 * 86_400_000 }), (milliseconds) => {
        expect(parseDuration(exactDuration(milliseconds))).toBe(milliseconds);
      }),
    );
    expect(exactDuration(5_400_000)).toBe('90m');
  });
});

describe('a plan cut for a rehearsal', () => {
  it('differs from the plan in what is listed as cut, and in nothing else: nothing is longer but lateness, and nothing asks for more outcomes', () => {
    fc.assert(
      fc.property(plans, limits, fc.integer({ min: 1, max: 3_600 }), (plan, wanted, timeScale) => {
        const { plan: cut, hash, cuts } = cutPlan(plan, wanted, timeScale);
        const listed = structuredClone(plan);
        for (const { path, to } of cuts) {
          if (to === null) removeAt(listed, parseFormattedPath(path));
          else setAt(listed, parseFormattedPath(path), to);
        }
        expect(cut).toEqual(listed);
        expect(new Set(cuts.map(({ path }) => path)).size).toBe(cuts.length);
        expect(planHash(cut)).toBe(hash);
        const was = cuts.map(({ path, field }) => {
          if (path === 'advance') return plan.advance?.calendar;
          const value = valueAt(plan, parseFormattedPath(path));
          return field === 'businessTime' ? (value as { calendar: string }).calendar : value;
        });
        expect(was).toEqual(cuts.map(({ from }) => from));
        expect(cuts.filter((one) => !isShorter(one))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('takes no longer in the wall clock than it was cut to', () => {
    const [payment] = EXAMPLES;
    if (payment === undefined) throw new Error('no example');
    const { plan } = cutPlan(payment.plan, LIMITS, 600);
    const [phase] = plan.phases;
    expect(phase?.ramp.map(({ watch }) => watch / 600)).toEqual([2_000, 2_000, 2_000, 2_000]);
    expect((phase?.soak ?? 0) / 600).toBe(3_000);
    expect(plan.lateness / 600).toBe(3_000);
    expect(phase?.gates.map(({ rule }) => rule)).toMatchObject(Array(4).fill({ minimumOutcomes: 3 }));
  });

  it('compares what is kept where it has too few to know how long legacy takes', () => {
    const [payment] = EXAMPLES;
    if (payment === undefined) throw new Error('no example');
    const plan = structuredClone(payment.plan);
    const [gate] = plan.phases[0]?.gates ?? [];
    if (gate === undefined) throw new Error('no gate');
    gate.rule = { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 30, notWorseBy: 0.05 };
    const few = cutPlan(plan, LIMITS, 600);
    expect(few.plan.phases[0]?.gates[0]?.rule).toEqual({ kind: 'comparison', margin: 0.05, minimumOutcomes: 3 });
    expect(cutLines(few.cuts).join('\n')).toContain('kind slowerThanLegacy → comparison');
    const many = cutPlan(plan, { ...LIMITS, minimumOutcomes: 5_000 }, 600);
    expect(many.plan.phases[0]?.gates[0]?.rule).toEqual(gate.rule);
  });

  it('is the plan itself where nothing is too long', () => {
    const [payment] = EXAMPLES;
    if (payment === undefined) throw new Error('no example');
    const none = {
      ...LIMITS,
      watch: 1e9,
      soak: 1e9,
      dwell: 1e9,
      hold: 1e9,
      escalateAfter: 1e9,
      minimumOutcomes: 1e9,
      perDay: 1e9,
    };
    const cut = cutPlan(payment.plan, { ...none, latenessAtLeast: 1 }, 1);
    expect(cut.cuts).toEqual([]);
    expect(cut.hash).toBe(payment.hash);
  });

  it('leaves deadlines as written unless it is told how long they may be, and then in no open hours', () => {
    const telehealth = EXAMPLES.find(({ name }) => name === 'telehealth.yaml');
    if (telehealth === undefined) throw new Error('no example');
    const deadlines = (plan: Plan): unknown[] =>
      plan.handoffs.map(({ within, businessTime }) => [within, businessTime]);
    expect(deadlines(cutPlan(telehealth.plan, LIMITS, 3_600).plan)).toEqual(deadlines(telehealth.plan));
    const { plan } = cutPlan(telehealth.plan, { ...LIMITS, within: 10_000 }, 3_600);
    const longest = 10 * 3_600_000;
    expect(deadlines(plan)).toEqual(
      telehealth.plan.handoffs.map(({ within, businessTime }) =>
        within > longest ? [longest, undefined] : [within, businessTime],
      ),
    );
  });

  it('says each cut, by phase, with what it was and what it is', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { cuts } = cutPlan(plan, LIMITS, 600);
        const said = cutLines(cuts).join('\n');
        const lost = cuts.filter(({ field, phase }) => !said.includes(field) || !said.includes(phase ?? 'all phases'));
        expect(lost).toEqual([]);
        const times = [...said.matchAll(/\((\d+) times\)/g)].reduce((sum, [, count]) => sum + Number(count) - 1, 0);
        expect((said.match(/→/g) ?? []).length + times).toBe(cuts.length);
      }),
      { numRuns: 30 },
    );
    expect(CUT_FIELDS).toContain('lateness');
  });
});
