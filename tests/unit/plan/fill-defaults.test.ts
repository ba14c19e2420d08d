import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { wholePlan } from '../../../cli/plan/whole-plan-screen';
import { BUILT_IN_QUEUES } from '../../../domain/journey-kinds/built-in-queues';
import { KIND_DECLARATIONS } from '../../../domain/journey-kinds/kind-declarations';
import { fillDefaults } from '../../../domain/plan/fill-defaults';
import { JOURNEY_KINDS } from '../../../domain/plan/journey';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PlanDocument } from '../../../domain/plan/plan-schema';
import { edit, positionOf, problemsOf, TELEHEALTH } from './plan-texts';

type Phase = PlanDocument['phases'][number];
/** A plan as somebody may write it: what a kind knows may be absent. */
type Sparse = Omit<PlanDocument, 'handoffs' | 'events' | 'queues' | 'phases'> & {
  handoffs?: PlanDocument['handoffs'];
  events?: PlanDocument['events'];
  queues: Partial<PlanDocument['queues'][number]>[];
  phases: Partial<Phase>[];
};

const telehealth = parse(TELEHEALTH) as PlanDocument;
const KINDS = JOURNEY_KINDS.map((kind) => KIND_DECLARATIONS[kind]);

/** The plan of the whole journey, with all that its kinds know left to them. */
const SPARSE: Sparse = (() => {
  const { handoffs: _handoffs, events: _events, hooks: _hooks, ...rest } = telehealth;
  return {
    ...rest,
    stackMap: telehealth.stackMap,
    phases: telehealth.phases.map(({ inFlight, ...whole }) => {
      // A cycle is ended by an event of the plan's own.
      const { unit: _unit, gates: _gates, irreversible: _effects, soakCycles: _cycles, ...phase } = whole;
      const { milestones: _milestones, ...policy } = inFlight ?? {};
      return { ...phase, inFlight: policy };
    }),
    queues: Object.keys(BUILT_IN_QUEUES).map((id) => ({ id, owner: 'support-tier-2' })),
    rollbackRules: KINDS.flatMap(({ kind, gates }) =>
      gates.map(({ id }) => ({
        id: `${id}-crossed`,
        phase: telehealth.phases.find((phase) => phase.kind === kind)?.id ?? '',
        gate: id,
        action: { kind: 'pause' as const },
        agreedBy: ['release-management', 'clinical-leadership'],
      })),
    ),
  };
})();

/** What may be left out of the sparse plan's whole, by name, and how to leave it out. */
const OMISSIONS: Record<string, (plan: Sparse) => Sparse> = {
  handoffs: ({ handoffs: _, ...plan }) => plan,
  'handoffs of one phase': (plan) => ({
    ...plan,
    ...(plan.handoffs && { handoffs: plan.handoffs.filter(({ phase }) => phase !== 'portal-and-refills') }),
  }),
  units: (plan) => ({ ...plan, phases: plan.phases.map(({ unit: _, ...phase }) => phase) }),
  gates: (plan) => ({ ...plan, phases: plan.phases.map(({ gates: _, ...phase }) => phase) }),
  'effects of every other phase': (plan) => ({
    ...plan,
    phases: plan.phases.map(({ irreversible, ...phase }, index) =>
      index % 2 === 0 && irreversible !== undefined ? { ...phase, irreversible } : phase,
    ),
  }),
  milestones: (plan) => ({
    ...plan,
    phases: plan.phases.map(({ inFlight: { milestones: _, ...policy } = {}, ...phase }) => ({
      ...phase,
      inFlight: policy,
    })),
  }),
  'deadlines of queues': (plan) => ({ ...plan, queues: plan.queues.map(({ sla: _, ...queue }) => queue) }),
  'paths of queues': (plan) => ({ ...plan, queues: plan.queues.map(({ path: _, ...queue }) => queue) }),
  'events that open a case': (plan) => ({ ...plan, queues: plan.queues.map(({ opensOn: _, ...queue }) => queue) }),
  leases: (plan) => ({ ...plan, phases: plan.phases.map(({ lease: _, ...phase }) => phase) }),
  'what a pause does': (plan) => ({
    ...plan,
    phases: plan.phases.map((phase, index) => (index === 0 ? omit(phase, 'pause') : phase)),
  }),
};

function omit<Value extends object, Name extends keyof Value>(value: Value, name: Name): Omit<Value, Name> {
  const { [name]: _, ...rest } = value;
  return rest;
}

describe('what a plan leaves out', () => {
  const loaded = loadPlan(stringify(SPARSE));
  const WHOLE = wholePlan(loaded.plan) as unknown as Sparse;

  it('comes from its kinds of phase: handoffs with their events, units, gates, effects, milestones; and from the built-in queues', () => {
    const { plan, warnings } = loaded;
    expect(warnings).toEqual([]);
    expect(plan.handoffs.map(({ id }) => id)).toEqual(KINDS.flatMap(({ handoffs }) => handoffs.map(({ id }) => id)));
    expect(plan.phases.map(({ unit }) => unit)).toEqual(['visitor', 'episode', 'subscription', 'episode', 'patient']);
    for (const [index, kind] of KINDS.entries()) {
      expect(plan.phases[index]?.gates.map(({ id }) => id)).toEqual(kind.gates.map(({ id }) => id));
      expect(plan.phases[index]?.irreversible).toEqual(kind.irreversible);
      expect(plan.phases[index]?.inFlight.milestones).toEqual(
        kind.milestones.map((milestone) => ({ ...milestone, policy: 'finish' })),
      );
    }
    expect(plan.queues.find(({ id }) => id === 'record-mismatch')).toMatchObject({
      sla: 86_400_000,
      path: BUILT_IN_QUEUES['record-mismatch'].path,
      opensOn: ['record.mismatched'],
    });
  });

  it('names the phase of the other end by its kind, so that bridges have lanes of their own', () => {
    const ends = loaded.plan.handoffs.flatMap(({ id, endPhase }) => (endPhase === undefined ? [] : [[id, endPhase]]));
    expect(Object.fromEntries(ends)).toEqual({
      'click-to-intake': 'intake',
      'intake-to-chart': 'provider-routing',
      'payment-to-provider-routing': 'provider-routing',
      'declined-to-refunded': 'payment',
      'shipped-to-tracking': 'portal-and-refills',
    });
  });

  it('is part of what people approve: any of it left out or written out, the hash is the same', () => {
    expect(loadPlan(JSON.stringify(WHOLE)).hash).toBe(loaded.hash);
    fc.assert(
      fc.property(fc.subarray(Object.keys(OMISSIONS)), (names) => {
        const plan = names.reduce((rest, name) => OMISSIONS[name]?.(rest) ?? rest, WHOLE);
        const { hash } = loadPlan(JSON.stringify(plan));
        expect([names, hash]).toEqual([names, loaded.hash]);
      }),
      { numRuns: 25 },
    );
  });

  it('is nothing that the plan says itself, be it that there is none', () => {
    const [first, ...rest] = SPARSE.phases;
    const own = loadPlan(
      stringify({
        ...SPARSE,
        phases: [first, ...rest].map((phase) => ({ ...phase, irreversible: [], inFlight: { milestones: [] } })),
        queues: SPARSE.queues.map((queue, index) => ({
          ...queue,
          sla: '3d',
          opensOn: index === 0 ? ['support.ticketOpened'] : [],
        })),
      }),
    ).plan;
    for (const phase of own.phases) expect([phase.irreversible, phase.inFlight.milestones]).toEqual([[], []]);
    for (const [index, queue] of own.queues.entries()) {
      expect([queue.sla, queue.opensOn]).toEqual([259_200_000, index === 0 ? ['support.ticketOpened'] : []]);
    }
  });

  it('is never what people decide: owners, rollback rules, approvals', () => {
    const text = stringify({
      ...SPARSE,
      rollbackRules: SPARSE.rollbackRules.slice(1),
      queues: SPARSE.queues.map((queue, index) => (index === 0 ? { id: queue.id } : queue)),
    });
    expect(problemsOf(text).map(({ path, message }) => [path, message])).toEqual([
      [
        'phases[0]',
        "No rollback rule answers the gate 'click-floor'. Add one under 'rollbackRules'. Filled in here, since it is left out: the gates 'click-floor', 'click-against-legacy'.",
      ],
      ['queues[0].owner', "Add 'owner'. The team that works on it."],
    ]);
  });

  it('is said at the phase that left it out, where it does not fit the rest', () => {
    const text = stringify({ ...SPARSE, queues: SPARSE.queues.filter(({ id }) => id !== 'payment-not-routed') });
    const problems = problemsOf(text);
    expect(problems.map(({ path }) => path)).toEqual(['phases[2]', 'phases[2]']);
    for (const problem of problems) expect(problem).toMatchObject(positionOf(text, 'id: payment\n    kind: payment'));
    expect(problems[0]?.message).toMatch(
      /^There is no queue 'payment-not-routed'\..* Filled in here, since it is left out: the handoff 'payment-to-next-step-message'\.$/,
    );
  });

  it('stays out where it would speak of handoffs or events that the plan does not have', () => {
    const text = edit(
      TELEHEALTH,
      '    irreversible:\n      - effect: card-charged',
      '    x-irreversible:\n      - effect: card-charged',
    );
    expect(problemsOf(text).map(({ path }) => path)).toEqual(['phases[2].x-irreversible']);
    const ownWords = fillDefaults({
      phases: [{ id: 'payment', kind: 'payment' }],
      handoffs: [{ id: 'charge-to-review', phase: 'payment' }],
      events: [{ type: 'Charge.Succeeded' }],
    });
    expect(ownWords.value).toEqual({
      phases: [{ id: 'payment', kind: 'payment', unit: 'subscription' }],
      handoffs: [{ id: 'charge-to-review', phase: 'payment' }],
      events: [{ type: 'Charge.Succeeded' }],
    });
  });

  it('is not guessed at where a handoff names a phase that there is not: that one may be the missing one', () => {
    const { handoffs } = fillDefaults({
      phases: [{ id: 'payment', kind: 'payment' }],
      handoffs: [{ id: 'a', phase: 'paymnt' }],
    }).value as Sparse;
    expect(handoffs).toHaveLength(1);
  });

  it.each([
    null,
    3,
    [],
    {},
    { phases: 3 },
    { phases: [3] },
    { phases: [{ kind: 'payment' }], handoffs: 3, queues: [3] },
  ])('is nothing where nothing can be read: %j', (value) => {
    expect(fillDefaults(value).parts.every(({ from }) => from[0] === 'phases')).toBe(true);
    expect(fillDefaults(fillDefaults(value).value)).toEqual({ value: fillDefaults(value).value, parts: [] });
  });
});

describe('what is known of each part of the journey', () => {
  it.each(KINDS)('speaks of its own events, handoffs and queues only: $kind', (kind) => {
    const types = kind.events.map(({ type }) => type);
    expect(new Set(types).size).toBe(types.length);
    const named = [
      ...kind.handoffs.flatMap(({ start, end, unless = [] }) => [start, ...end, ...unless]),
      ...kind.irreversible.map(({ event }) => event),
      ...[...kind.stages, ...kind.milestones].map(({ reachedBy }) => reachedBy),
    ];
    expect(named.filter((type) => !types.includes(type))).toEqual([]);
    const handoffs = kind.handoffs.map(({ id }) => id);
    expect(kind.gates.filter(({ handoff }) => !handoffs.includes(handoff))).toEqual([]);
  });

  it('has the words of examples/telehealth.yaml', () => {
    const declared = new Set(telehealth.events.map(({ type }) => type));
    const known = KINDS.flatMap(({ events }) => events.map(({ type }) => type));
    expect(known.filter((type) => !declared.has(type))).toEqual([]);
  });
});
