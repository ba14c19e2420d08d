import type { Fall, Sight } from '../../../../domain/gates/power/gate-power';
import { planPower, type PowerOfGate, type PowerOptions } from '../../../../domain/gates/power/plan-power';
import { simulateWait } from '../../../../domain/gates/power/simulate-wait';
import { crossing } from '../../../../domain/gates/power/watchers';
import { loadPlan } from '../../../../domain/plan/load-plan';
import type { GateRule, PlanPhase } from '../../../../domain/plan/plan-schema';
import { PAYMENT } from '../../plan/plan-texts';

const { plan } = loadPlan(PAYMENT);
const [payment] = plan.phases;
if (payment === undefined) throw new Error('The plan has no phase.');
const [gate] = payment.gates;
if (gate === undefined) throw new Error('The phase has no gate.');

const COMPARISON: GateRule = { kind: 'comparison', margin: 0, minimumOutcomes: 30 };
const FLOOR: GateRule = { kind: 'floor', atLeast: 0.6, minimumOutcomes: 20 };
const OPTIONS: PowerOptions = { base: 0.6, drops: [], alpha: 0.05, share: 0.25, volume: 150 };

function power(rule: GateRule, options: Partial<PowerOptions> = {}, phase = payment): PowerOfGate {
  if (phase === undefined || gate === undefined) throw new Error('There is no phase.');
  const [of] = planPower([{ phase, gate: { ...gate, rule } }], { ...OPTIONS, ...options });
  if (of === undefined) throw new Error('Nothing was told.');
  return of;
}

/** Outcomes on target, or days, of the middle run and of nine in ten. */
function seen(sight: Sight | undefined, unit: 'patients' | 'days' = 'patients'): [number, number] {
  const within = sight?.kind === 'seen' ? sight[unit] : null;
  if (within?.half == null || within.nineTenths === null) throw new Error(`It is not seen: ${JSON.stringify(sight)}`);
  return [within.half, within.nineTenths];
}

const sightOf = (of: PowerOfGate, drop: Fall['drop'], step = 0): Sight | undefined =>
  of.steps[step]?.falls.find((fall) => fall.drop === drop)?.sight;

describe('what a gate would see', () => {
  it.each([
    ['a comparison', COMPARISON],
    ['a floor', FLOOR],
    ['zero tolerance', { kind: 'zeroTolerance', missed: 4, minimumOutcomes: 15 } satisfies GateRule],
  ])('takes fewer patients the further the kept rate falls: %s', (_, rule) => {
    const told = power(rule, { drops: [0.1, 0.2, 0.5] });
    const falls = [0.1, 0.2, 0.5, null].map((drop) => seen(sightOf(told, drop)));
    for (const [index, [half, nineTenths]] of falls.entries()) {
      expect(nineTenths).toBeGreaterThanOrEqual(half);
      const further = falls[index + 1];
      if (further === undefined) continue;
      expect(nineTenths).toBeGreaterThan(further[1]);
      // Of 60% hardly anything is left below 50 points.
      if (index < 2) expect(half).toBeGreaterThan(further[0]);
      else expect(half).toBeGreaterThanOrEqual(further[0]);
    }
  });

  it.each([COMPARISON, FLOOR])('sees an outage within 12 patients at 25% with 60% kept: $kind', (rule) => {
    expect(seen(sightOf(power(rule), null))[0]).toBeLessThanOrEqual(12);
  });

  it('goes on by the evidence that the rule asks for, and by its limit where it asks for none', () => {
    const goesOn = (rule: GateRule): number => seen(power(rule, { base: 0.9 }).steps[0]?.goingOn)[0];
    const floor = { ...FLOOR, atLeast: 0.6 } satisfies GateRule;
    expect(goesOn({ ...floor, above: 0.6 })).toBe(goesOn(floor));
    expect(goesOn({ ...floor, above: 0.8 })).toBeGreaterThan(goesOn(floor));
    expect(power({ ...floor, above: 0.9 }, { base: 0.9 }).steps[0]?.goingOn).toEqual({ kind: 'noTest' });
    const compared = { ...COMPARISON, margin: 0.2 } satisfies GateRule;
    expect(goesOn({ ...compared, notWorseBy: 0.2 })).toBe(goesOn(compared));
    expect(goesOn({ ...compared, notWorseBy: 0.1 })).toBeGreaterThan(goesOn(compared));
  });

  it('takes as many patients at any volume, and fewer days the more there are', () => {
    const [few, many] = [
      power(COMPARISON, { volume: 100, drops: [0.2] }),
      power(COMPARISON, { volume: 400, drops: [0.2] }),
    ];
    expect(seen(sightOf(many, 0.2))).toEqual(seen(sightOf(few, 0.2)));
    const days = seen(sightOf(few, 0.2), 'days');
    expect(seen(sightOf(many, 0.2), 'days')).toEqual(days.map((of) => of / 4));
    // At 25 patients on target a day.
    expect(days).toEqual(seen(sightOf(few, 0.2)).map((patients) => patients / 25));
  });

  it('takes longer for a wider margin, and does not look for what the rule allows', () => {
    const wide = power({ ...COMPARISON, margin: 0.1 }, { drops: [0.1, 0.3] });
    const narrow = power({ ...COMPARISON, margin: 0 }, { drops: [0.3] });
    expect(seen(sightOf(wide, 0.3))[0]).toBeGreaterThan(seen(sightOf(narrow, 0.3))[0]);
    expect(sightOf(wide, 0.1)).toEqual({ kind: 'allowed' });
    expect(sightOf(power({ ...FLOOR, atLeast: 0.5 }, { drops: [0.1] }), 0.1)).toEqual({ kind: 'allowed' });
  });

  it('knows exactly how long zero tolerance takes where nothing is kept or all is', () => {
    const told = power({ kind: 'zeroTolerance', missed: 2, minimumOutcomes: 15 }, { base: 1 });
    expect(seen(sightOf(told, null))).toEqual([3, 3]);
    expect(seen(told.steps[0]?.goingOn)).toEqual([15, 15]);
  });

  it('counts the first so many where the rule is about them, and sees nothing once they have come', () => {
    const rule: GateRule = { kind: 'zeroTolerance', missed: 2, minimumOutcomes: 10, ofFirst: 10 };
    const told = power(rule, { base: 1, drops: [0.05] });
    expect(seen(sightOf(told, null))).toEqual([3, 3]);
    // Of ten hardly ever three are missed where one in twenty is.
    expect(sightOf(told, 0.05)).toMatchObject({ kind: 'seen', most: 10, patients: { half: null, nineTenths: null } });
    expect(seen(sightOf(power({ kind: 'zeroTolerance', missed: 2, minimumOutcomes: 10 }, { base: 1, drops: [0.05] }), 0.05))[0]).toBeGreaterThan(20); // prettier-ignore
    // At 150 arrivals a day the first step has 15 of them on target.
    const { share: _, ...ramp } = { ...OPTIONS, base: 1, drops: [0.5] };
    const [of] = planPower([{ phase: payment, gate: { ...gate, rule } }], ramp);
    expect(of?.steps.map(({ falls, goingOn }) => [falls.at(-1)?.sight.kind, goingOn.kind])).toEqual([
      ['seen', 'seen'],
      ...Array.from({ length: 3 }, () => ['noTest', 'seen']),
    ]);
    expect(of?.steps[1]?.goingOn).toMatchObject({ patients: { half: 0, nineTenths: 0 }, days: { half: 0 } });
  });

  it('counts runs of synthetic patients by the clock, whatever arrives and whatever the split', () => {
    const rule: GateRule = { kind: 'zeroTolerance', missed: 1, minimumOutcomes: 20 };
    const source = { kind: 'synthetic', connection: 'journey', every: 300_000, timeout: 10_000, steps: [] } as const;
    const one = { phase: payment, gate: { ...gate, rule, source: { ...source, steps: [{ get: '/x' }] } as never } };
    const { base: _, share: __, ...ramp } = OPTIONS;
    const [few, many] = [30, 30_000].map((volume) => planPower([one], { ...ramp, volume })[0]);
    expect(few).toEqual(many);
    expect(few).toMatchObject({ every: 300_000, base: 1, baseIsFloor: false });
    expect(few?.steps).toHaveLength(4);
    // Two runs are enough to see an outage: ten minutes.
    for (const step of few?.steps ?? []) {
      expect(step.volume).toBe(288);
      expect(step.falls.at(-1)?.sight).toMatchObject({ patients: { half: 2 }, days: { half: 2 / 288 } });
      expect(step.unseen).toEqual([]);
    }
  });

  it('says how long going on takes: sooner by a wider margin; never where nothing can show it', () => {
    const [narrow, wide] = [0.1, 0.2].map((margin) => power({ ...COMPARISON, margin }).steps[0]?.goingOn);
    // As npm run bench:gates measures it at 150 arrivals a day, looked at each hour: 174.
    expect(seen(narrow)[0]).toBeGreaterThan(130);
    expect(seen(narrow)[0]).toBeLessThan(230);
    expect(seen(wide)[0]).toBeLessThan(seen(narrow)[0]);
    expect(power(COMPARISON).steps[0]?.goingOn).toEqual({ kind: 'noTest' });
    expect(power(FLOOR).steps[0]?.goingOn).toEqual({ kind: 'noTest' });
    expect(seen(power({ ...FLOOR, atLeast: 0.4 }).steps[0]?.goingOn)[0]).toBeLessThan(150);
  });

  it('has no test of a comparison without anybody on legacy, nor of a floor of 100%', () => {
    expect(sightOf(power(COMPARISON, { share: 1 }), null)).toEqual({ kind: 'noTest' });
    expect(sightOf(power({ ...FLOOR, atLeast: 1 }), null)).toEqual({ kind: 'noTest' });
    expect(power(COMPARISON, { share: 1 }).steps[0]?.goingOn).toEqual({ kind: 'noTest' });
  });

  it('says that a fall is beyond what it looks at, and that a rate cannot fall below nought', () => {
    const hardly = power({ ...COMPARISON, margin: 0.19 }, { drops: [0.2], share: 0.9 });
    expect(sightOf(hardly, 0.2)).toMatchObject({ kind: 'seen', patients: { half: null, nineTenths: null } });
    expect(sightOf(power(COMPARISON, { base: 0.4, drops: [0.5] }), 0.5)).toEqual({ kind: 'noSuch' });
  });

  it('lists what stays unseen while a step is watched: less of it with more arrivals', () => {
    const { share: _, volume: __, ...ramp } = { ...OPTIONS, drops: [0.2, 0.5] };
    const steps = (volume: number) => {
      const [of] = planPower([{ phase: payment, gate: { ...gate, rule: FLOOR } }], { ...ramp, volume });
      return of?.steps ?? [];
    };
    const few = steps(30);
    expect(few.map(({ cohorts, step, share }) => [cohorts, step, share])).toEqual(
      [0.1, 0.25, 0.5, 1].map((share, index) => [['pilot-states', 'everyone-else'], index + 1, share]),
    );
    expect(few[0]?.unseen).toEqual([0.2, 0.5, null]);
    expect(steps(100_000).map(({ unseen }) => unseen)).toEqual([[], [], [], []]);
    for (const { falls, unseen, watch } of few) {
      const late = falls.filter(({ sight }) => seen(sight, 'days')[1] * 86_400_000 > (watch ?? 0));
      expect(unseen).toEqual(late.map(({ drop }) => drop));
    }
  });

  it("goes by the plan's volume and ramps, cohort by cohort; without a volume it knows no days", () => {
    const cohorts = payment.cohorts.map((cohort, index) => ({ ...cohort, volume: [40, 200][index] }));
    const phase = { ...payment, cohorts };
    const { share: _, volume: __, ...ramp } = { ...OPTIONS, drops: [0.2, 0.5] };
    const of = (one: PlanPhase) => planPower([{ phase: one, gate: { ...gate, rule: FLOOR } }], ramp);
    expect(of(phase)[0]?.steps.map(({ cohorts, volume }) => [cohorts.join(), volume])).toEqual([
      ...Array.from({ length: 4 }, () => ['pilot-states', 40]),
      ...Array.from({ length: 4 }, () => ['everyone-else', 200]),
    ]);
    const undeclared = of(payment)[0];
    expect(undeclared?.steps.map(({ unseen }) => unseen)).toEqual([null, null, null, null]);
    expect(undeclared?.steps[0]?.falls[0]?.sight).toMatchObject({ kind: 'seen', days: null });
  });

  it('takes the floor of the handoff for what is kept, where nothing else is said; without one it refuses', () => {
    const { base: _, ...without } = OPTIONS;
    expect(planPower([{ phase: payment, gate }], without)).toMatchObject([{ base: 0.9, baseIsFloor: true }]);
    const alone = { ...payment, gates: [{ ...gate, rule: COMPARISON }] };
    expect(() =>
      planPower(
        alone.gates.map((one) => ({ phase: alone, gate: one })),
        without,
      ),
    ).toThrow('no kept rate');
  });

  it('says the same each time, and rolls a healthy target back in hardly any run', () => {
    expect(power(COMPARISON, { drops: [0.5] })).toEqual(power(COMPARISON, { drops: [0.5] }));
    const healthy = simulateWait({ share: 0.9, target: 0.6, legacy: 0.6 }, crossing(COMPARISON, 0.05));
    expect(healthy).toEqual({ half: Infinity, nineTenths: Infinity });
  });

  it('is as far from what is known at a tiny share as at a small one: many of legacy are drawn at once', () => {
    const at = (share: number) => seen(sightOf(power(COMPARISON, { share, drops: [0.5] }), 0.5))[0];
    expect(Math.abs(at(0.0005) - at(0.005))).toBeLessThanOrEqual(4);
  });
});
