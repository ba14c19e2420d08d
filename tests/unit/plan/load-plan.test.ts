import fc from 'fast-check';
import { parse } from 'yaml';
import { BadPlan } from '../../../domain/plan/bad-plan';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PlanDocument } from '../../../domain/plan/plan-schema';
import { edit, PAYMENT, positionOf, problemsOf, TELEHEALTH, warningsOf } from './plan-texts';

describe('a good plan', () => {
  it('loads with its defaults, a hash, and nothing to warn of', () => {
    const { plan, hash, warnings } = loadPlan(PAYMENT);
    expect(warnings).toEqual([]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(plan.phases[0]).toMatchObject({
      ramp: [{ share: 10_000, watch: 86_400_000 }, { share: 25_000 }, { share: 50_000 }, { share: 100_000 }],
      lease: 60_000,
      resumeWithin: 900_000,
      approvals: { bySignal: false, goNoGo: { count: 2, escalateAfter: 86_400_000 } },
      pause: { arrivals: 'stop' },
    });
    expect(plan.phases[0]?.gates.map(({ rule }) => rule)).toEqual([
      { kind: 'floor', atLeast: 0.9, minimumOutcomes: 20 },
      { kind: 'comparison', margin: 0.1, minimumOutcomes: 30 },
      { kind: 'floor', atLeast: 0.85, minimumOutcomes: 20 },
    ]);
    expect(plan.handoffs[0]).toMatchObject({ end: ['review.assigned'], within: 600_000 });
  });

  it('may ramp by number a day first, then by share', () => {
    const text = edit(
      PAYMENT,
      '      - { share: 10%, watch: 24h }\n',
      '      - { perDay: 5, watch: 24h }\n      - { perDay: 20, watch: 24h }\n      - { share: 10%, watch: 24h }\n',
    );
    expect(loadPlan(text).plan.phases[0]?.ramp.slice(0, 3)).toEqual([
      { perDay: 5, watch: 86_400_000 },
      { perDay: 20, watch: 86_400_000 },
      { share: 10_000, watch: 86_400_000 },
    ]);
  });
});

describe('a bad plan', () => {
  it('is answered with all of its problems at once, of its fields and of what they say of each other, in the order of its lines', () => {
    const edits: [from: string, to: string, at: string][] = [
      ['title: Payment moves', 'titel: Payment moves', 'titel'],
      ['  patient: pat\n', '', 'keys:'],
      ['    side: shared\n    source: /pharmacy', '    side: both\n    source: /pharmacy', 'both\n'],
      ['    actionOwner: billing-operations', '    actionOwner: TBD', 'TBD'],
      ['  - layer: patient-portal\n', '  - layer: charting-and-ehr\n', 'charting-and-ehr\n    notApplicable'],
      ['{ kind: code, codes: [email, sms, portal] }', '{ kind: code }', 'channel: {'],
      ['within: 10m', 'within: soon', 'soon'],
      ['end: next-step.sent', 'end: next-step.send', 'next-step.send\n'],
      ['when: { state: [CO, OR] }', 'when: { state: [CO, WA] }', 'WA'],
      ['{ share: 25%, watch: 24h }', '{ share: 5%, watch: 24h }', '5%, watch'],
      ['    soak: 14d\n', '', 'id: payment\n    kind'],
      ['goOn: { count: 1, roles: [release-manager],', 'goOn: { count: 1, roles: [stack],', 'stack],'],
      ['    sla: 2h\n', '    sla: 2h\n    sla: 3h\n', 'sla: 3h'],
      ['    gate: messages-floor', '    gate: messages-flor', 'messages-flor\n'],
    ];
    const text = edits.reduce((plan, [from, to]) => edit(plan, from, to), PAYMENT);
    const problems = problemsOf(text);
    const places = problems.map(({ line, column }) => ({ line, column }));
    for (const [, , at] of edits) expect(places).toContainEqual(positionOf(text, at));
    expect(places).toEqual([...places].sort((left, right) => left.line - right.line || left.column - right.column));
    // The missing layer and the gate that no rule answers any more follow from two of the edits; nothing else does.
    expect(problems.map(({ path }) => path).sort()).toEqual(
      [
        'titel',
        'keys.patient',
        'systems[6].side',
        'stackMap',
        'stackMap[4].actionOwner',
        'stackMap[7].layer',
        'events[6].data.channel.codes',
        'handoffs[0].within',
        'handoffs[1].end',
        'phases[0]',
        'phases[0].approvals.goOn.roles[0]',
        'phases[0].cohorts[0].when.state[1]',
        'phases[0].gates[2]',
        'phases[0].ramp[1].share',
        'phases[0].soak',
        'queues[0].sla',
        'rollbackRules[2].gate',
      ]
        .filter((path) => path !== 'phases[0]')
        .sort(),
    );
  });

  it('has no second problem for a name that could not be read where it is declared', () => {
    const text = edit(PAYMENT, '  - id: next-step-not-sent\n', '  - id: Next step not sent\n');
    expect(problemsOf(text).map(({ path }) => path)).toEqual(['queues[1].id']);
  });

  it('is a DomainError that the API can answer, and repeats nothing of the text in its own message', () => {
    const error = failureOf('secret: 1\n');
    expect(error).toMatchObject({ name: 'BadPlan', code: 'bad-plan', status: 400 });
    expect(error.message).not.toContain('secret');
    expect(error.message).toContain(`${error.problems.length} problems`);
  });

  it('keeps its messages to one line and short, whatever names the plan has', () => {
    const name = `${'x'.repeat(5_000)}\\n\\e[31m`;
    const problems = problemsOf(`apiVersion: warm-handoff/v1\n"${name}": 1\n`);
    for (const { path, message } of problems) {
      expect(`${path}${message}`.length).toBeLessThan(700);
      expect(`${path}${message}`).not.toMatch(/\p{Cc}/u);
    }
  });
});

describe('apiVersion', () => {
  it.each(['warm-handoff/v2', 'argoproj.io/v1alpha1', 'v1/v1'])(
    'of another language (%s) is the only thing that is said of the document',
    (version) => {
      const text = edit(edit(PAYMENT, 'warm-handoff/v1', version), 'unit: episode', 'unit: other');
      expect(problemsOf(text)).toEqual([
        {
          line: 1,
          column: 13,
          path: 'apiVersion',
          message: "This release reads plans of 'warm-handoff/v1' only. Write that, and the plan in its language.",
        },
      ]);
    },
  );

  it('that is missing comes first, with everything else', () => {
    const text = edit(edit(PAYMENT, 'apiVersion: warm-handoff/v1\n', ''), 'unit: episode', 'unit: other');
    expect(problemsOf(text).map(({ path }) => path)).toEqual(['apiVersion', 'phases[0].unit']);
    expect(problemsOf(text)[0]).toMatchObject({
      line: 1,
      column: 1,
      message: expect.stringContaining("'warm-handoff/v1'") as string,
    });
  });

  it.each(['1', 'v1', "''", 'true', 'warm handoff v1'])('that is no version (%s) is told what to write', (version) => {
    const text = edit(PAYMENT, 'apiVersion: warm-handoff/v1', `apiVersion: ${version}`);
    expect(problemsOf(text)).toEqual([
      { line: 1, column: 13, path: 'apiVersion', message: "Write 'warm-handoff/v1'." },
    ]);
  });

  it('further down stops nothing, but deserves a look', () => {
    const text = `${edit(PAYMENT, 'apiVersion: warm-handoff/v1\n', '')}apiVersion: warm-handoff/v1\n`;
    const { hash } = loadPlan(text);
    expect(hash).toBe(loadPlan(PAYMENT).hash);
    expect(warningsOf(text)).toEqual([
      { ...positionOf(text, 'apiVersion'), path: 'apiVersion', message: "Move 'apiVersion' to the top of the plan." },
    ]);
  });
});

describe('what stops nothing but deserves a look', () => {
  it.each([
    [
      'a lateness as long as the deadline',
      'within: 5m',
      'within: 60s',
      '60s\n    unless',
      /known only 2m after its start/,
    ],
    [
      "a handoff's own lateness, longer than its deadline",
      'within: 5m\n',
      'within: 5m\n    lateness: 1h\n',
      '1h\n    unless',
      /known only 1h 5m after its start/,
    ],
    [
      'a cohort that those above it take whole',
      '      - id: everyone-else\n',
      '      - id: returning-in-colorado\n        when: { visitType: [returning], state: [CO] }\n      - id: everyone-else\n',
      'when: { visitType: [returning], state',
      /'pilot-states' above takes all of them/,
    ],
    [
      'arrivals that no cohort takes',
      '      - id: everyone-else\n',
      '      - id: texas\n        when: { state: [TX] }\n',
      'cohorts:',
      /stay on legacy/,
    ],
    [
      'a patient-facing event that no stack reports',
      'patientEvents: [prescription.sent]',
      'patientEvents: [prescription.sent, refill.due]',
      'refill.due',
      /no event 'refill.due'/,
    ],
    [
      'an event that nothing uses',
      '  - type: patient.withdrew\n',
      '  - type: patient.withdrew\n  - type: patient.moved\n',
      'patient.moved',
      /Nothing in the plan uses 'patient.moved'/,
    ],
    [
      'a value that is in its list already',
      'when: { state: [CO, OR] }',
      'when: { state: [CO, CO ] }',
      'CO ]',
      /'CO' is in this list already/,
    ],
    [
      'a step that moves nobody more than the one before',
      '{ share: 25%, watch: 24h }',
      '{ share: 10%, watch: 24h } # again',
      '{ share: 10%, watch: 24h } # again',
      /moves nobody more than the one before/,
    ],
    [
      'a queue that nothing feeds',
      '\nrollbackRules:\n',
      '  - { id: portal-login, owner: support-leads, sla: 1h, path: [Call the patient.] }\n\nrollbackRules:\n',
      'portal-login',
      /Nothing feeds this queue/,
    ],
    [
      'a side that an outage would guess for whoever another process was asked for',
      '    soak: 14d\n',
      '    onUnknown: { beforeCommit: legacy, afterCommit: tryAgain }\n    soak: 14d\n',
      'legacy, afterCommit',
      /another API process was asked for/,
    ],
    [
      'a side that an outage would guess for whoever is left on legacy after the commit',
      '    soak: 14d\n',
      '    onUnknown: { afterCommit: target }\n    soak: 14d\n',
      'target }\n    soak',
      /on legacy since before the commit/,
    ],
  ])('%s', (_, from, to, at, message) => {
    const text = edit(PAYMENT, from, to);
    expect(warningsOf(text)).toEqual([
      {
        ...positionOf(text, at),
        path: expect.any(String) as string,
        message: expect.stringMatching(message) as string,
      },
    ]);
  });

  it('is no cohort that overlaps those above only in part', () => {
    const text = edit(
      PAYMENT,
      '      - id: everyone-else\n',
      '      - id: returning\n        when: { visitType: [returning], state: [CO, TX] }\n      - id: everyone-else\n',
    );
    expect(warningsOf(text)).toEqual([]);
  });
});

describe('R8 the parts of the journey', () => {
  const document = parse(TELEHEALTH) as PlanDocument;

  /** The plan of the whole journey, as JSON, with its phases in this order, and reasons for those that are not there. */
  function planOf(phases: readonly string[], more: Partial<PlanDocument> = {}): string {
    const there = phases.map((id) => document.phases.find((phase) => phase.id === id));
    const leftOut = document.phases.filter(({ id }) => !phases.includes(id));
    const stays = ({ phase }: { phase: string }): boolean => phases.includes(phase);
    const endPhase = (id: string | undefined): { endPhase?: string } =>
      id !== undefined && phases.includes(id) ? { endPhase: id } : {};
    return JSON.stringify({
      ...document,
      // Each of these speaks of phases by name.
      ...{ journey: undefined, ownership: undefined, data: undefined, coverage: undefined, runbook: undefined },
      declaredGates: undefined,
      phases: there,
      phasesLeftOut: Object.fromEntries(leftOut.map(({ kind }) => [kind, 'Stays where it is.'])),
      handoffs: document.handoffs
        .filter(stays)
        .map(({ endPhase: id, ...handoff }) => ({ ...handoff, ...endPhase(id) })),
      rollbackRules: document.rollbackRules.filter(stays),
      ...more,
    });
  }
  const ALL = ['front-door', 'intake', 'payment', 'provider-routing', 'portal-and-refills'];

  it('move in the patient’s order, and any of them may be left out with a reason', () => {
    const choices = ALL.reduce<string[][]>((some, id) => [...some, ...some.map((before) => [...before, id])], [[]]);
    for (const phases of choices.slice(1)) {
      expect(loadPlan(planOf(phases)).plan.phases.map(({ id }) => id)).toEqual(phases);
    }
  });

  it('are refused in any other order, at each phase that comes too late', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(ALL, { minLength: 2 }), (phases) => {
        const late = phases.filter((id, index) =>
          phases.slice(0, index).some((above) => ALL.indexOf(above) > ALL.indexOf(id)),
        );
        const expected = late.map((id) => `phases[${phases.indexOf(id)}].kind`);
        fc.pre(expected.length > 0);
        expect(problemsOf(planOf(phases)).map(({ path }) => path)).toEqual(expected);
        expect(loadPlan(planOf(phases, { orderReason: 'The vendor asks for it.' })).plan.phases).toHaveLength(
          phases.length,
        );
      }),
      { numRuns: 20 },
    );
    expect(problemsOf(planOf(['payment', 'front-door']))[0]?.message).toBe(
      "In the patient's journey frontDoor comes before payment. Move this phase up, or give the reason as 'orderReason'.",
    );
  });

  it('keep that order for a reason that is one, not for tbd', () => {
    const text = planOf(['payment', 'intake'], { orderReason: 'tbd' });
    expect(problemsOf(text).map(({ path }) => path)).toEqual(expect.arrayContaining(['orderReason']) as string[]);
  });

  it('have gates on handoffs of their own phase', () => {
    const text = edit(
      TELEHEALTH,
      'id: crm-floor\n        handoff: intake-to-crm',
      'id: crm-floor\n        handoff: payment-to-next-step-message',
    );
    expect(problemsOf(text)).toEqual([
      expect.objectContaining({
        path: 'phases[1].gates[0].handoff',
        message: "'payment-to-next-step-message' belongs to the phase 'payment'. Name a handoff of this phase.",
      }),
    ]);
  });
});

function failureOf(text: string): BadPlan {
  try {
    loadPlan(text);
  } catch (error) {
    if (error instanceof BadPlan) return error;
    throw error;
  }
  throw new Error('The plan loaded.');
}
