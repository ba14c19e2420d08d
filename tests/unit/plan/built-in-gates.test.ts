import { parse } from 'yaml';
import { BUILT_IN_GATES } from '../../../domain/journey-kinds/built-in-gates';
import { fillDefaults } from '../../../domain/plan/fill-defaults';
import { BUILT_IN_GATE_NAMES, type BuiltInGateName } from '../../../domain/plan/journey';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PlanDocument, PlanGate } from '../../../domain/plan/plan-schema';
import { gateWords } from '../../../domain/plan/words/gate-words';
import { findingsOf, TELEHEALTH } from './plan-texts';

type Handoff = PlanDocument['handoffs'][number];

const IN_PHASE: Record<BuiltInGateName, string> = {
  'intake-completion': 'intake',
  'payment-to-provider-routing': 'payment',
  'portal-access': 'portal-and-refills',
  'tickets-over-capacity': 'portal-and-refills',
  'double-charge': 'payment',
  unlicensed: 'payment',
  'no-next-step': 'payment',
};
const STARTED: Handoff = {
  id: 'intake-started-to-submitted',
  phase: 'intake',
  start: 'intake.started',
  end: 'intake.submitted',
  within: '24h',
  severity: 'access',
  cases: 'none',
};

interface Change {
  gates: Partial<PlanDocument['phases'][number]['gates'][number]>[];
  phase: string;
  /** Of the plan's handoffs. */
  handoffs?: (handoffs: Handoff[]) => Handoff[];
}

/** The plan of the whole journey with these gates more, each with a rollback rule. */
function planWith({ gates, phase, handoffs = (all) => all }: Change): string {
  const plan = parse(TELEHEALTH) as PlanDocument;
  const rules = gates.map(({ builtIn, id = builtIn ?? '' }) => ({
    ...{ id: `${id}-crossed`, phase, gate: id, action: { kind: 'pause' as const } },
    agreedBy: ['release-management', 'clinical-leadership'],
  }));
  return JSON.stringify({
    ...plan,
    handoffs: handoffs([...plan.handoffs.filter(({ id }) => id !== STARTED.id), STARTED]),
    phases: plan.phases.map((one) =>
      one.id === phase
        ? {
            ...one,
            gates: [...one.gates.filter(({ id }) => !gates.some((gate) => (gate.id ?? gate.builtIn) === id)), ...gates],
          }
        : one,
    ),
    rollbackRules: [
      ...plan.rollbackRules.filter((rule) => !rules.some(({ gate }) => gate === rule.gate && rule.phase === phase)),
      ...rules,
    ],
  });
}

function gatesOf(change: Change): PlanGate[] {
  const { plan } = loadPlan(planWith(change));
  const phase = plan.phases.find(({ id }) => id === change.phase);
  return (phase?.gates ?? []).slice(-change.gates.length);
}

describe('R32 to R35 gates that a plan has by their name', () => {
  it.each(BUILT_IN_GATE_NAMES)(
    '%s is a whole gate by its name alone, with nothing to warn of but what nobody sees at such a volume',
    (builtIn) => {
      const change = { gates: [{ builtIn }], phase: IN_PHASE[builtIn] };
      const text = planWith(change);
      const found = findingsOf(text).filter(({ path }) => path.includes('gates'));
      expect(found.filter(({ code }) => code !== 'WH645')).toEqual([]);
      const [gate] = gatesOf(change);
      expect(gate).toMatchObject({ builtIn, id: builtIn, handoff: BUILT_IN_GATES[builtIn].handoff });
    },
  );

  it('that is misspelt is one problem, with the name that was meant', () => {
    const text = planWith({ gates: [{ builtIn: 'portal-access' }], phase: 'portal-and-refills' });
    const found = findingsOf(text.replace('"builtIn":"portal-access"', '"builtIn":"portal-acces"'));
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({
        code: 'WH104',
        path: expect.stringMatching(/\.builtIn$/),
        message: expect.stringMatching(/Did you mean 'portal-access'\?$/),
      }),
    ]);
  });

  it('says of each what crosses it', () => {
    const words = BUILT_IN_GATE_NAMES.map((builtIn) => {
      const [gate] = gatesOf({ gates: [{ builtIn }], phase: IN_PHASE[builtIn] });
      return [builtIn, gate?.severity, gate && gateWords(gate.rule)];
    });
    expect(words).toEqual([
      [
        'intake-completion',
        'access',
        "kept on target more than 10 points under legacy's, on evidence; goes on after 30 outcomes or more",
      ],
      [
        'payment-to-provider-routing',
        'access',
        'kept on target under 97%, on evidence; goes on after 20 outcomes or more',
      ],
      ['portal-access', 'access', 'kept on target under 95%, on evidence; goes on after 20 outcomes or more'],
      [
        'tickets-over-capacity',
        'experience',
        'open on both sides above 85% of what support-tier-2 on duty can work on, for 2h',
      ],
      ['double-charge', 'money', 'more than 0 ended twice on target; goes on after 1 outcomes or more'],
      ['unlicensed', 'safety', "more than 0 missed for 'licensed' on target; goes on after 1 outcomes or more"],
      ['no-next-step', 'experience', 'kept on target under 98%, on evidence; goes on after 20 outcomes or more'],
    ]);
  });

  it('takes what is written beside the name', () => {
    const rule = { kind: 'floor', atLeast: '90%', minimumOutcomes: 40 } as const;
    const own = { builtIn: 'portal-access', id: 'logins', severity: 'safety', rule } as const;
    expect(gatesOf({ gates: [own], phase: 'portal-and-refills' })).toMatchObject([
      { ...own, handoff: 'login-to-portal', rule: { kind: 'floor', atLeast: 0.9, minimumOutcomes: 40 } },
    ]);
  });

  it('is measured on a handoff of another name that leads from the same event to the same, and is as severe as that', () => {
    const renamed = (all: Handoff[]): Handoff[] =>
      all.map((one) => (one.id === STARTED.id ? { ...one, id: 'answered', severity: 'money' } : one));
    expect(gatesOf({ gates: [{ builtIn: 'intake-completion' }], phase: 'intake', handoffs: renamed })).toMatchObject([
      { handoff: 'answered', severity: 'money' },
    ]);
  });

  it('counts by the condition that compares with the start, whatever it is called', () => {
    const renamed = (all: Handoff[]): Handoff[] =>
      all.map((one) =>
        one.must === undefined || one.id !== 'payment-to-provider-routing'
          ? one
          : { ...one, must: one.must.map((condition) => ({ ...condition, id: 'may-treat' })) },
      );
    expect(gatesOf({ gates: [{ builtIn: 'unlicensed' }], phase: 'payment', handoffs: renamed })).toMatchObject([
      { rule: { kind: 'zeroTolerance', condition: 'may-treat' } },
    ]);
  });

  it.each<[BuiltInGateName, (handoff: Handoff) => boolean]>([
    ['intake-completion', ({ id }) => id !== STARTED.id],
    ['portal-access', ({ id }) => id !== 'login-to-portal'],
    ['tickets-over-capacity', ({ id }) => id !== 'ticket-to-answer'],
    ['double-charge', ({ exactlyOnce }) => exactlyOnce !== true],
  ])(
    '%s without its handoff is found fault with where it is written, and lint says what to declare',
    (builtIn, keeps) => {
      const phase = IN_PHASE[builtIn];
      const text = planWith({ gates: [{ builtIn }], phase, handoffs: (all) => all.filter(keeps) });
      const found = findingsOf(text).find(({ code }) => code === 'WH663');
      expect(found?.message).toContain(`call it '${BUILT_IN_GATES[builtIn].handoff}'`);
      expect(found?.message).toContain(BUILT_IN_GATES[builtIn].declare);
    },
  );

  it('unlicensed on a handoff without that condition says which is missing, of the gate', () => {
    const without = (all: Handoff[]): Handoff[] => all.map(({ must: _, ...handoff }) => handoff);
    const found = findingsOf(planWith({ gates: [{ builtIn: 'unlicensed' }], phase: 'payment', handoffs: without }));
    expect(found).toContainEqual(
      expect.objectContaining({ code: 'WH657', message: expect.stringContaining("no condition 'licensed'") }),
    );
  });

  it('tells what was filled in, and leaves a plan without one as it was', () => {
    const { parts } = fillDefaults(parse(planWith({ gates: [{ builtIn: 'double-charge' }], phase: 'payment' })));
    const payment = (parse(TELEHEALTH) as PlanDocument).phases.findIndex(({ id }) => id === 'payment');
    const gates = (parse(TELEHEALTH) as PlanDocument).phases[payment]?.gates ?? [];
    const kept = gates.filter(({ id }) => id !== 'double-charge').length;
    expect(parts.map(({ from, what }) => [from, what])).toEqual(
      expect.arrayContaining([
        [['phases', payment, 'gates', kept], "the name 'double-charge'"],
        [['phases', payment, 'gates', kept], "the handoff 'renewal-to-settled'"],
        [['phases', payment, 'gates', kept], "the severity 'money'"],
        [['phases', payment, 'gates', kept], 'the rule { kind: zeroTolerance, missed: 0, counts: secondEnds }'],
      ]),
    );
    const plain = parse(TELEHEALTH) as PlanDocument;
    const noneBuiltIn = {
      ...plain,
      phases: plain.phases.map((phase) => ({
        ...phase,
        gates: phase.gates.filter(({ builtIn }) => builtIn === undefined),
      })),
    };
    expect(fillDefaults(noneBuiltIn).value).toMatchObject({ phases: noneBuiltIn.phases });
  });
});
