import fc from 'fast-check';
import { comparePlans } from '../../../domain/plan/diff/compare-plans';
import type { Direction, PlanChange } from '../../../domain/plan/diff/plan-change';
import { loadPlan } from '../../../domain/plan/load-plan';
import { planHash } from '../../../domain/plan/plan-hash';
import type { Plan } from '../../../domain/plan/plan-schema';
import { edit, PAYMENT, TELEHEALTH } from './plan-texts';

const { plan } = loadPlan(PAYMENT);
const telehealth = loadPlan(TELEHEALTH).plan;

function changed(...edits: [from: string, to: string][]): PlanChange[] {
  const text = edits.reduce((was, [from, to]) => edit(was, from, to), PAYMENT);
  return comparePlans(plan, loadPlan(text).plan).changes;
}

function short({ path, kind, concerns, direction, before, after }: PlanChange): string {
  return [kind, path, [before, after].filter(Boolean).join(' → '), concerns, direction].join(' | ');
}

describe('what a plan changes that was another (R36)', () => {
  it('is nothing where it is the same', () => {
    expect(comparePlans(plan, structuredClone(plan))).toEqual({ changes: [], reordered: [] });
  });

  it.each<[string, [string, string][], string[]]>([
    [
      'a floor that is raised',
      [['atLeast: 90%', 'atLeast: 95%']],
      ['changed | phases[payment].gates[routing-floor].rule.atLeast | 90% → 95% | gates | tightened'],
    ],
    [
      'a floor that is lowered',
      [['atLeast: 85%', 'atLeast: 80%']],
      ['changed | phases[payment].gates[messages-floor].rule.atLeast | 85% → 80% | gates | loosened'],
    ],
    [
      'a margin that is smaller',
      [['margin: 10%', 'margin: 5%']],
      ['changed | phases[payment].gates[routing-against-legacy].rule.margin | 10% → 5% | gates | tightened'],
    ],
    [
      'a gate that decides later',
      [['margin: 10%, minimumOutcomes: 30', 'margin: 10%, minimumOutcomes: 40']],
      ['changed | phases[payment].gates[routing-against-legacy].rule.minimumOutcomes | 30 → 40 | gates | loosened'],
    ],
    [
      'a gate that lets a step pass on less',
      [['margin: 10%, minimumOutcomes: 30', 'margin: 10%, minimumOutcomes: 10']],
      ['changed | phases[payment].gates[routing-against-legacy].rule.minimumOutcomes | 30 → 10 | gates | loosened'],
    ],
    [
      'a rollback that reaches further',
      [
        [
          'gate: routing-floor\n    action: { kind: rollback, scope: cohort }',
          'gate: routing-floor\n    action: { kind: rollback, scope: phase }',
        ],
      ],
      ['changed | rollbackRules[routing-breaks].action.scope | cohort → phase | gates | tightened'],
    ],
    [
      'a rollback that reaches less far',
      [
        [
          'gate: routing-floor\n    action: { kind: rollback, scope: cohort }',
          'gate: routing-floor\n    action: { kind: rollback, scope: step }',
        ],
      ],
      ['changed | rollbackRules[routing-breaks].action.scope | cohort → step | gates | loosened'],
    ],
    [
      'a rollback that becomes a pause',
      [
        [
          'gate: routing-floor\n    action: { kind: rollback, scope: cohort }',
          'gate: routing-floor\n    action: { kind: pause }',
        ],
      ],
      [
        'changed | rollbackRules[routing-breaks].action | { kind: rollback, scope: cohort } → { kind: pause } | gates | loosened',
      ],
    ],
    [
      'a pause that becomes a rollback',
      [['action: { kind: pause }', 'action: { kind: rollback, scope: step }']],
      [
        'changed | rollbackRules[messages-missing].action | { kind: pause } → { kind: rollback, scope: step } | gates | tightened',
      ],
    ],
    [
      'a rule that fewer agreed to',
      [['agreedBy: [release-managers, support-leads]', 'agreedBy: [release-managers]']],
      [
        'changed | rollbackRules[messages-missing].agreedBy | [release-managers, support-leads] → [release-managers] | people | loosened',
      ],
    ],
    [
      'a step that takes more',
      [['share: 25%', 'share: 30%']],
      ['changed | phases[payment].ramp[30%].share | 25% → 30% | patients | loosened'],
    ],
    [
      'a step that takes less',
      [['share: 25%', 'share: 20%']],
      ['changed | phases[payment].ramp[20%].share | 25% → 20% | patients | tightened'],
    ],
    [
      'a step in between',
      [
        [
          '      - { share: 25%, watch: 24h }\n',
          '      - { share: 25%, watch: 24h }\n      - { share: 40%, watch: 12h }\n',
        ],
      ],
      ['added | phases[payment].ramp[40%] | { share: 40%, watch: 12h } | patients | tightened'],
    ],
    [
      'a step that is gone',
      [['      - { share: 25%, watch: 24h }\n', '']],
      ['removed | phases[payment].ramp[25%] | { share: 25%, watch: 1d } | patients | loosened'],
    ],
    [
      'a step that is looked at for less long',
      [['share: 25%, watch: 24h', 'share: 25%, watch: 12h']],
      ['changed | phases[payment].ramp[25%].watch | 1d → 12h | gates | loosened'],
    ],
    [
      'a step that nobody is asked about',
      [[', approval: { count: 1, roles: [clinical-lead, release-manager] }', '']],
      [
        'removed | phases[payment].ramp[50%].approval | { count: 1, escalateAfter: 1d, fourEyes: false, roles: [clinical-lead, release-manager] } | people | loosened',
      ],
    ],
    ['a longer soak', [['soak: 14d', 'soak: 21d']], ['changed | phases[payment].soak | 14d → 21d | gates | tightened']],
    ['a shorter dwell', [['dwell: 7d', 'dwell: 5d']], ['changed | phases[payment].dwell | 7d → 5d | gates | loosened']],
    [
      'a longer hold before a person is paged',
      [['noData: 1h', 'noData: 2h']],
      ['changed | phases[payment].hold.noData | 1h → 2h | gates | loosened'],
    ],
    [
      'one pair of eyes in place of two',
      [
        [
          'commit: { count: 2, roles: [release-manager, clinical-lead], fourEyes: true }',
          'commit: { count: 1, roles: [release-manager, clinical-lead, engineer] }',
        ],
      ],
      [
        'changed | phases[payment].approvals.commit.count | 2 → 1 | people | loosened',
        'changed | phases[payment].approvals.commit.fourEyes | true → false | people | loosened',
        'changed | phases[payment].approvals.commit.roles | [clinical-lead, release-manager] → [clinical-lead, engineer, release-manager] | people | loosened',
      ],
    ],
    [
      'people in the middle of a journey',
      [['otherwise: bringBack', 'otherwise: pause']],
      ['changed | phases[payment].inFlight.otherwise | bringBack → pause | patients | loosened'],
    ],
    [
      'a cohort that takes others',
      [['when: { state: [CO, OR] }', 'when: { state: [CO] }']],
      ['changed | phases[payment].cohorts[pilot-states].when.state | [CO, OR] → [CO] | patients | loosened'],
    ],
    [
      'a queue with another owner and more time',
      [['owner: care-coordination\n    sla: 2h', 'owner: clinical-leads\n    sla: 3h']],
      [
        'changed | queues[payment-not-routed].owner | care-coordination → clinical-leads | people | other',
        'changed | queues[payment-not-routed].sla | 2h → 3h | people | loosened',
      ],
    ],
    [
      'a handoff with less time',
      [['within: 10m', 'within: 8m']],
      ['changed | handoffs[payment-to-provider-routing].within | 10m → 8m | gates | tightened'],
    ],
    [
      'the title',
      [['title: Payment', 'title: The payment']],
      [expect.stringMatching(/^changed \| title \| .* \| people \| other$/)],
    ],
  ])('%s', (_, edits, expected) => {
    expect(changed(...edits).map(short)).toEqual(expected);
  });

  it('says of a rule and of a handoff which phase they are of, and names the part for people', () => {
    const [rule] = changed(['action: { kind: pause }', 'action: { kind: rollback, scope: step }']);
    expect(rule).toMatchObject({
      phase: 'payment',
      part: 'rollbackRule',
      where: 'rollback rule messages-missing',
      what: 'action',
    });
    const [step] = changed(['share: 25%, watch: 24h', 'share: 25%, watch: 12h']);
    expect(step).toMatchObject({ part: 'rampStep', where: 'phase payment, step 25%', what: 'watch' });
  });

  it.each([
    ['times: 1.5', 'times: 1.2', 'times | 1.5 → 1.2 | gates | tightened'],
    ['times: 1.2', 'times: 1.5', 'times | 1.2 → 1.5 | gates | loosened'],
    [
      'event: prescription.sent',
      'event: review.decided',
      'event | prescription.sent → review.decided | gates | loosened',
    ],
  ])('knows of a ratio what %s and then %s is', (before, after, change) => {
    const ratio = edit(
      PAYMENT,
      'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30 }',
      'rule: { kind: ratio, event: prescription.sent, times: 1.3 }',
    );
    const [was, is] = [before, after].map((part) => {
      const [name = ''] = part.split(':');
      return loadPlan(ratio.replace(new RegExp(`${name}: (prescription\\.sent|1\\.3)`), part)).plan;
    });
    if (was === undefined || is === undefined) throw new Error('There are two.');
    expect(comparePlans(was, is).changes.map(short)).toEqual([
      `changed | phases[payment].gates[routing-against-legacy].rule.${change}`,
    ]);
  });

  it('compares a cohort by the steps that it goes by, whether they are its own or its phase’s', () => {
    const own = structuredClone(plan);
    for (const cohort of own.phases[0]?.cohorts ?? []) {
      if (cohort.id === 'pilot-states')
        cohort.ramp = structuredClone(plan.phases[0]?.ramp ?? []).map((step) => ({ ...step, watch: step.watch * 2 }));
    }
    const found = comparePlans(plan, own).changes;
    expect(new Set(found.filter(({ what }) => what === 'watch').map(({ direction }) => direction))).toEqual(
      new Set<Direction>(['tightened']),
    );
    expect(found.filter(({ path }) => path.endsWith('cohorts[pilot-states].ramp')).map(short)).toEqual([
      "changed | phases[payment].cohorts[pilot-states].ramp | the phase's → its own | patients | other",
    ]);
    expect(found).toHaveLength((plan.phases[0]?.ramp.length ?? 0) + 1);
  });

  it('finds a gate, a phase, a section and an order that are new, gone or others', () => {
    const after = structuredClone(telehealth);
    const [first, second] = after.phases;
    if (first === undefined || second === undefined) throw new Error('The example has phases.');
    const gate = first.gates.pop();
    after.phases = [second, first, ...after.phases.slice(2)];
    const found = comparePlans(telehealth, after).changes.map(({ kind, path, direction }) => [kind, path, direction]);
    expect(found).toEqual([
      ['removed', `phases[${first.id}].gates[${gate?.id ?? ''}]`, 'loosened'],
      ['changed', 'phases.order', 'loosened'],
    ]);
  });

  it('shows what a section changes that it does not know', () => {
    const with_ = (extra: object): Plan => ({ ...plan, ...extra });
    const tasks = [
      { id: 'freeze', owner: 'one', minutes: 30, tags: ['a', 'b'] },
      { id: 'call', owner: 'two', minutes: 5, tags: [] },
    ];
    const before = with_({ wallboard: { tasks } });
    const after = with_({
      wallboard: { tasks: [{ ...tasks[1] }, { ...tasks[0], minutes: 45, tags: ['b', 'a'] }], note: 'x' },
    });
    const { changes, reordered } = comparePlans(before, after);
    expect(changes.map(short)).toEqual([
      'added | wallboard.note | x | people | loosened',
      'changed | wallboard.tasks[freeze].minutes | 30 → 45 | people | loosened',
    ]);
    expect(reordered).toEqual(['wallboard.tasks[freeze].tags', 'wallboard.tasks']);
  });
});

describe('a comparison', () => {
  const numbers = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));

  it.each([
    ['a plan of one phase', plan],
    ['the plan of the whole journey', telehealth],
  ])(
    'does not change with the order of names, nor of entries whose order has no meaning, and neither does the hash: %s',
    (_, one) => {
      fc.assert(
        fc.property(numbers, fc.nat(), (stream, seed) => {
          const random = (): number => stream.next().value as number;
          const after = mutated(one, seed);
          const expected = comparePlans(one, after).changes;
          expect(comparePlans(reordered(one, random), reordered(after, random)).changes).toEqual(expected);
          expect(comparePlans(one, reordered(one, random)).changes).toEqual([]);
          expect(planHash(reordered(after, random))).toBe(planHash(after));
        }),
        { numRuns: 30 },
      );
    },
  );

  it('finds every value that is another, and only that', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const after = mutated(telehealth, seed);
        expect(comparePlans(telehealth, after).changes.length > 0).toBe(planHash(after) !== planHash(telehealth));
      }),
      { numRuns: 60 },
    );
  });

  it('turned round, finds the same places, with what was added removed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const after = mutated(telehealth, seed);
        const there = comparePlans(telehealth, after).changes;
        const back = comparePlans(after, telehealth).changes;
        expect(back.map(({ before, after: is }) => [is, before]).sort()).toEqual(
          there.map(({ before, after: is }) => [before, is]).sort(),
        );
      }),
      { numRuns: 100 },
    );
  });
});

const ORDERED = ['phases', 'cohorts', 'milestones', 'path', 'ramp', 'sizes', 'lists', 'escalation'];

/** The same plan: every map's names, and every list whose order has no meaning, in another order. */
function reordered<Value>(value: Value, random: () => number, name = ''): Value {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => reordered(item, random));
    return (ORDERED.includes(name) ? items : shuffled(items, random)) as Value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, reordered(inner as unknown, random, key)] as const);
  return Object.fromEntries(shuffled(entries, random)) as Value;
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);
}

/** A copy with one value changed that names nothing, by a number that says which. */
function mutated(value: Plan, seed: number): Plan {
  const copy = structuredClone(value);
  const places: (() => void)[] = [];
  const visit = (map: Record<string, unknown>): void => {
    for (const [name, inner] of Object.entries(map)) {
      if (typeof inner === 'number') places.push(() => (map[name] = inner + 1_000));
      else if (typeof inner === 'boolean') places.push(() => (map[name] = !inner));
      else if (Array.isArray(inner))
        inner.forEach((item: unknown) => {
          if (isMap(item)) visit(item);
        });
      else if (isMap(inner)) visit(inner);
    }
  };
  visit(copy);
  places[seed % places.length]?.();
  return copy;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
