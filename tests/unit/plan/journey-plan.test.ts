import { parse } from 'yaml';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PlanDocument } from '../../../domain/plan/plan-schema';
import { edit, positionOf, problemsOf, TELEHEALTH, warningsOf } from './plan-texts';

const telehealth = parse(TELEHEALTH) as PlanDocument;

interface Refusal {
  name: string;
  /** What is replaced in the plan of the whole journey, and by what. */
  edits: [from: string, to: string][];
  /** What each problem points at, in the edited plan; its path; its message. */
  problems: [at: string, path: string, message: string][];
}

/** The lines from one text to before another. */
function lines(from: string, to: string): string {
  const start = TELEHEALTH.indexOf(from);
  return TELEHEALTH.slice(start, TELEHEALTH.indexOf(to, start));
}

const FRONT_DOOR = lines('  # ── 1. The front door', '  # ── 2. Intake');
const CLICK = lines('  # The click on the target', '  - id: intake-to-crm');
const CLICK_RULES = lines('  - id: clicks-lost', '  - id: intake-unseen');
const CLICK_QUEUE = lines('  - id: visitor-not-in-intake', '  - id: intake-not-routed');
const WITHOUT_FRONT_DOOR: [string, string][] = [
  [FRONT_DOOR, ''],
  [CLICK, ''],
  [CLICK_RULES, ''],
  [CLICK_QUEUE, ''],
  ['[legacy-site, target-site], phase: front-door }', '[legacy-site, target-site] }'],
];
const REASON: [string, string] = [
  '\nphases:\n',
  '\nphasesLeftOut: { frontDoor: The site stays where it is. }\nphases:\n',
];
const PAYMENT_MOVES = lines(
  '      - id: returning\n        when: { relation: [returning] }\n        # Few, so',
  '    ramp:\n      - { perDay: 10, maxOpen: 25',
);

/** What a comparison with legacy cannot decide where the first step leaves nobody there, or next to nobody. */
function blind(step: string, aDay: string, outcomes: number, come: string, patience: string): string {
  return (
    `In step 1 of ${step} ${aDay} a day at most are on legacy: its ${outcomes} outcomes ${come}, and after ${patience} a person is asked. ` +
    "Until then not even a total outage crosses its limit. Watch longer, write a longer 'hold.insufficient', a lower 'minimumOutcomes', or a larger step."
  );
}

const REFUSALS: Refusal[] = [
  {
    name: 'a part of the journey that no phase moves, without a reason (R8)',
    edits: WITHOUT_FRONT_DOOR,
    problems: [
      [
        'phases:\n',
        'phases',
        "No phase moves frontDoor. Add one of that kind, or give the reason as 'frontDoor' under 'phasesLeftOut'.",
      ],
    ],
  },
  {
    name: 'a part that is left out for no reason',
    edits: [...WITHOUT_FRONT_DOOR, ['\nphases:\n', '\nphasesLeftOut: { frontDoor: TBD }\nphases:\n']],
    problems: [['TBD }', 'phasesLeftOut.frontDoor', 'Write the reason; a plan cannot start without it.']],
  },
  {
    name: 'a reason for leaving out what moves',
    edits: [['\nphases:\n', '\nphasesLeftOut: { payment: Moved in spring. }\nphases:\n']],
    problems: [
      [
        'payment: Moved',
        'phasesLeftOut.payment',
        'A phase of this plan moves payment. Remove it here, or remove the phase.',
      ],
    ],
  },
  {
    name: 'phases out of order without a reason (R8)',
    edits: [
      [FRONT_DOOR, ''],
      ['# ── Who works on what goes wrong', `${FRONT_DOOR}# ── Who works on what goes wrong`],
    ],
    problems: [
      [
        'frontDoor\n',
        'phases[4].kind',
        "In the patient's journey frontDoor comes before portalRefills. Move this phase up, or give the reason as 'orderReason'.",
      ],
    ],
  },
  {
    name: 'a first step of 100% (R9)',
    edits: [
      [
        '      - { share: 5%, watch: 2d }\n      - { share: 25%, watch: 3d }\n      - { share: 50%, watch: 4d, approval: { roles: [release-manager, support-lead] } }\n',
        '',
      ],
    ],
    problems: [
      [
        '100%, watch: 4d }',
        'phases[0].ramp[0].share',
        "The first step moves everyone at once. Start with a small share, such as '5%', or a number 'perDay' (R9).",
      ],
      [
        'id: click-against-legacy\n        handoff',
        'phases[0].gates[1]',
        blind("'returning' (and 1 more)", '0', 40, 'never come', '7d'),
      ],
    ],
  },
  {
    name: 'a first step of 100% in the ramp of one cohort (R9)',
    edits: [
      [
        '          - { perDay: 8, maxOpen: 30, watch: 4d }\n          - { share: 50%, watch: 7d, approval: { roles: [release-manager, clinical-lead] } }\n',
        '',
      ],
    ],
    problems: [
      [
        '100%, watch: 7d }\n        volume: 16\n      - id: sync-first\n        when: { visit: [sync] }\n        volume: 44\n      - id: async\n        volume: 80\n    ramp:\n      - { perDay: 10, maxOpen: 25',
        'phases[2].cohorts[2].ramp[0].share',
        "The first step moves everyone at once. Start with a small share, such as '5%', or a number 'perDay' (R9).",
      ],
      [
        'id: routing-against-legacy\n        handoff',
        'phases[2].gates[1]',
        blind("'returning'", '0', 20, 'never come', '11d'),
      ],
    ],
  },
  {
    name: 'a first step of most in the ramp of one cohort (R9)',
    edits: [
      [
        '          - { perDay: 8, maxOpen: 30, watch: 4d }\n          - { share: 50%, watch: 7d, approval: { roles: [release-manager, clinical-lead] } }\n',
        '          - { share: 99%, watch: 4d }\n',
      ],
    ],
    problems: [
      [
        '99%, watch',
        'phases[2].cohorts[2].ramp[0].share',
        "The first step is for few: every fault of it is found by those in it. Start with 50% at most, better with '5%', or with a number 'perDay' (R9).",
      ],
      [
        'id: routing-against-legacy\n        handoff',
        'phases[2].gates[1]',
        blind("'returning' (and 1 more)", '0.2', 20, 'take 125d', '8d'),
      ],
    ],
  },
  {
    name: 'a cap on open units at 100%, which the commit would lift',
    edits: [
      [
        '          - { perDay: 25, maxOpen: 125, watch: 5d, approval: { roles: [clinical-lead] } }\n          - { share: 50%, watch: 7d, approval: { roles: [clinical-lead] } }\n          - { share: 100%,',
        '          - { perDay: 25, maxOpen: 125, watch: 5d, approval: { roles: [clinical-lead] } }\n          - { share: 50%, watch: 7d, approval: { roles: [clinical-lead] } }\n          - { share: 100%, maxOpen: 4321,',
      ],
    ],
    problems: [
      [
        '4321',
        'phases[3].cohorts[2].ramp[3].maxOpen',
        "The commit lifts a limit at 100%, so nobody would have seen the target without it. Remove 'maxOpen' here, and watch this step without it.",
      ],
    ],
  },
  {
    name: 'a reason for an order that is the usual one (R8)',
    edits: [['\nphases:\n', '\norderReason: The vendor asks for it.\nphases:\n']],
    problems: [
      [
        'orderReason: The',
        'orderReason',
        "The phases are in the order of the patient's journey. Remove it: there is no other order to give a reason for.",
      ],
    ],
  },
  {
    name: 'a ramp of one cohort that falls',
    edits: [['{ perDay: 25, maxOpen: 125,', '{ perDay: 5, maxOpen: 125,']],
    problems: [
      [
        '5, maxOpen: 125',
        'phases[3].cohorts[2].ramp[1].perDay',
        'A ramp never falls, and a step before is at 8 a day. Write that or more.',
      ],
    ],
  },
  {
    name: 'a machine that approves a step of one cohort',
    edits: [
      [
        '{ perDay: 25, maxOpen: 125, watch: 5d, approval: { roles: [clinical-lead] } }',
        '{ perDay: 25, maxOpen: 125, watch: 5d, approval: { roles: [automation] } }',
      ],
    ],
    problems: [
      [
        'automation]',
        'phases[3].cohorts[2].ramp[1].approval.roles[0]',
        "People approve; 'automation' is held by machines. Name another role.",
      ],
    ],
  },
  {
    name: 'a queue without an owner (R30)',
    edits: [['  - id: payment-not-routed\n    owner: care-coordination\n', '  - id: payment-not-routed\n']],
    problems: [['id: payment-not-routed\n    sla', 'queues[0].owner', "Add 'owner'. The team that works on it."]],
  },
  {
    name: 'a queue with two owners (R30)',
    edits: [
      ['  - id: payment-not-routed\n    owner: care-coordination\n', '  - id: payment-not-routed\n    owner: both\n'],
    ],
    problems: [['both\n', 'queues[0].owner', 'Name exactly one; a plan cannot start while this is undecided.']],
  },
  {
    name: 'a cap on open units that nothing closes',
    edits: [['    closedBy: [payment.succeeded, intake.abandoned, patient.withdrew]\n', '']],
    problems: [
      [
        '20\n        watch: 3d',
        'phases[1].ramp[0].maxOpen',
        "Nothing closes a unit of this phase, so those open only add up. Say under 'closedBy' which events do, or remove 'maxOpen'.",
      ],
    ],
  },
  {
    name: 'a cap of one cohort on open units that nothing closes',
    edits: [
      ['    closedBy: [review.assigned, payment.refunded, patient.withdrew]\n', '    closedBy: []\n'],
      ['      - { perDay: 10, maxOpen: 25, watch: 3d }\n', '      - { perDay: 10, watch: 3d }\n'],
    ],
    problems: [
      [
        '30, watch: 4d',
        'phases[2].cohorts[2].ramp[0].maxOpen',
        "Nothing closes a unit of this phase, so those open only add up. Say under 'closedBy' which events do, or remove 'maxOpen'.",
      ],
    ],
  },
  {
    name: 'an event that closes a unit, and that nobody sends',
    edits: [
      [
        'closedBy: [payment.succeeded, intake.abandoned, patient.withdrew]',
        'closedBy: [payment.succeeded, intake.abandonned]',
      ],
    ],
    problems: [
      [
        'intake.abandonned]',
        'phases[1].closedBy[1]',
        "There is no event 'intake.abandonned'. Did you mean 'intake.abandoned'?",
      ],
    ],
  },
  {
    name: 'a bridge to a phase that there is not',
    edits: [['    endPhase: intake\n', '    endPhase: intakes\n']],
    problems: [['intakes\n', 'handoffs[0].endPhase', "There is no phase 'intakes'. Did you mean 'intake'?"]],
  },
  {
    name: 'two queues that open on the same event',
    edits: [
      [
        '    owner: support-tier-2\n    sla: 8h\n',
        '    owner: support-tier-2\n    sla: 8h\n    opensOn: [record.mismatched]\n',
      ],
    ],
    problems: [
      [
        'record.mismatched]\n    path:\n      - Answer',
        'queues[16].opensOn[0]',
        "'record.mismatched' already opens a case in 'record-mismatch'. Leave it to one queue; 'opensOn: []' is none.",
      ],
    ],
  },
  {
    name: 'a queue that opens on an event that a queue above it opens on by default',
    edits: [
      [
        '    opensOn: [record.mismatched]\n',
        '    opensOn: [record.mismatched, record.duplicated, record.mismatched]\n',
      ],
    ],
    problems: [
      [
        'record.duplicated, record.mismatched]',
        'queues[5].opensOn[1]',
        "'record.duplicated' already opens a case in 'duplicate-record'. Leave it to one queue; 'opensOn: []' is none.",
      ],
      [
        'record.mismatched]\n    capacity: 120',
        'queues[5].opensOn[2]',
        "'record.mismatched' already opens a case here. Leave it to one queue; 'opensOn: []' is none.",
      ],
    ],
  },
  {
    name: 'a queue that opens by default on an event that a queue above it opens on',
    edits: [
      [
        '    sla: 30m\n    path:\n      - Confirm the charge in the billing system of',
        '    sla: 30m\n    opensOn: [record.duplicated]\n    path:\n      - Confirm the charge in the billing system of',
      ],
    ],
    problems: [
      [
        'id: duplicate-record',
        'queues[4]',
        "'record.duplicated' already opens a case in 'payment-not-routed'. Leave it to one queue; 'opensOn: []' is none. Filled in here, since it is left out: the events that open a case.",
      ],
    ],
  },
  {
    name: 'a queue that opens on an event that nobody sends',
    edits: [['opensOn: [record.mismatched]', 'opensOn: [record.mismatch]']],
    problems: [
      [
        'record.mismatch]',
        'queues[5].opensOn[0]',
        "There is no event 'record.mismatch'. Did you mean 'record.mismatched'?",
      ],
    ],
  },
  {
    name: 'a cohort that stays on legacy and has a ramp',
    edits: [
      [
        '        staysOnLegacy: Renewals stay with the card on file until the card vault has moved and their wave has come.\n',
        '        staysOnLegacy: Renewals stay with the card on file.\n        ramp: [{ share: 5%, watch: 1d }, { share: 100%, watch: 1d }]\n',
      ],
    ],
    problems: [
      [
        'ramp: [{ share',
        'phases[2].cohorts[0].ramp',
        "This cohort stays on legacy, so no ramp moves it. Remove 'ramp', or 'staysOnLegacy'.",
      ],
    ],
  },
  {
    name: 'a cohort that stays on legacy for no reason',
    edits: [
      [
        'staysOnLegacy: Renewals stay with the card on file until the card vault has moved and their wave has come.',
        "staysOnLegacy: '?'",
      ],
    ],
    problems: [["'?'", 'phases[2].cohorts[0].staysOnLegacy', 'Write the reason; a plan cannot start without it.']],
  },
  {
    name: 'a phase that moves nobody',
    edits: [[PAYMENT_MOVES, '']],
    problems: [
      [
        'cohorts:\n      - id: existing\n        when: { relation: [existing] }\n        staysOnLegacy: Renewals',
        'phases[2].cohorts',
        "Every cohort of this phase stays on legacy, so it moves nobody. Add one that moves, or leave the phase out and give the reason under 'phasesLeftOut'.",
      ],
    ],
  },
  {
    name: 'a front door whose landing page nobody looks at (R12)',
    edits: [["      - { id: target-landing, side: target, url: 'http://127.0.0.1:4722/landing' }\n", '']],
    problems: [
      [
        'id: front-door\n    kind',
        'phases[0]',
        "Nothing looks at the landing page on target (R12). Add it under 'probes'.",
      ],
    ],
  },
];

describe('the plan of the whole journey is refused', () => {
  it.each(REFUSALS)('for $name, at its line', ({ edits, problems }) => {
    const text = edits.reduce((plan, [from, to]) => edit(plan, from, to), TELEHEALTH);
    expect(problemsOf(text)).toEqual(
      problems.map(([at, path, message]) => ({ ...positionOf(text, at), path, message })),
    );
  });

  const LEGS: [name: string, handoff: string, message: string][] = [
    ['an intake that nobody stages in the CRM (R13)', 'intake-to-crm', "'intake.submitted' to 'crm.staged' (R13)"],
    [
      'a payment after which nobody is told (R14)',
      'payment-to-next-step-message',
      "'payment.succeeded' to 'message.delivered' (R14)",
    ],
    [
      'a payment after which nobody reviews (R14)',
      'payment-to-provider-routing',
      "'payment.succeeded' to 'review.assigned' (R14)",
    ],
    [
      'an approved review that no pharmacy hears of (R15)',
      'approved-to-acknowledged',
      "'review.approved' to 'prescription.acknowledged' (R15)",
    ],
    ['a portal that nobody is let into (R16)', 'login-to-portal', "'portal.loginRequested' to 'portal.loggedIn' (R16)"],
    ['refills that nobody decides (R16)', 'refill-to-decision', "'refill.requested' to 'refill.decided' (R16)"],
  ];

  it.each(LEGS)('for %s, at its phase', (_, id, leg) => {
    const handoff = telehealth.handoffs.find((declared) => declared.id === id);
    const phase = telehealth.phases.findIndex((declared) => declared.id === handoff?.phase);
    expect(problemsOf(withHandoffs((declared) => (declared.id === id ? [] : [declared])))).toEqual([
      expect.objectContaining({
        path: `phases[${phase}]`,
        message: `This phase hands off nothing from ${leg}. Add that handoff; where the stacks have other words for it, call it '${id}'.`,
      }),
    ]);
  });

  it.each(LEGS)('but not for %s where another handoff is that leg: by its events, or by its name', (_, id) => {
    const renamed = withHandoffs((handoff) => [handoff.id === id ? { ...handoff, id: 'in-other-words' } : handoff]);
    expect(loadPlan(renamed).plan.handoffs.some((handoff) => handoff.id === id)).toBe(false);
    const inOtherWords = withHandoffs((handoff) => [
      handoff.id === id
        ? { ...handoff, start: 'support.ticketOpened', end: 'support.answered', must: undefined, unless: [] }
        : handoff,
    ]);
    expect(loadPlan(inOtherWords).plan.handoffs.some((handoff) => handoff.id === id)).toBe(true);
  });

  it('but not where each part is left out for a reason', () => {
    const text = [...WITHOUT_FRONT_DOOR, REASON].reduce((plan, [from, to]) => edit(plan, from, to), TELEHEALTH);
    expect(loadPlan(text).plan.phasesLeftOut).toEqual({ frontDoor: 'The site stays where it is.' });
  });
});

describe('the plan of the whole journey', () => {
  it('deserves no second look, and says so of queues that its parts usually fill', () => {
    expect(warningsOf(TELEHEALTH)).toEqual([]);
    const text = edit(
      TELEHEALTH,
      '  - id: duplicate-record\n',
      '  - id: duplicates\n    opensOn: [record.duplicated]\n',
    );
    expect(warningsOf(text)).toEqual([
      {
        ...positionOf(text, 'intake\n    unit: episode'),
        path: 'phases[1].kind',
        message:
          "Cases of intake usually get stuck as 'duplicate-record', and no queue of that name has an owner here. Add it under 'queues'.",
      },
    ]);
  });

  it('warns of a ramp for those whom an earlier phase left on legacy: they are taken out there too (I14)', () => {
    const stays =
      '        staysOnLegacy: Renewals stay with the card on file until the card vault has moved and their wave has come.\n';
    const text = edit(TELEHEALTH, stays, '');
    expect(warningsOf(text)).toEqual([
      {
        ...positionOf(text, 'id: existing\n        when: { relation: [existing] }\n      - id: controlled-by-hand'),
        path: 'phases[2].cohorts[0]',
        message:
          "No ramp moves this cohort: it stays on legacy in the phase 'intake', so it is taken out here too. Say so with 'staysOnLegacy', or give those whom this phase moves a cohort of another id.",
      },
    ]);
  });

  it('asks people for everything that people decide', () => {
    const { plan } = loadPlan(TELEHEALTH);
    for (const phase of plan.phases) {
      expect([phase.id, phase.approvals.goNoGo.count, phase.approvals.goNoGo.fourEyes]).toEqual([phase.id, 2, true]);
      expect([phase.id, phase.approvals.commit.count, phase.approvals.commit.fourEyes]).toEqual([phase.id, 2, true]);
    }
    expect(
      new Set(plan.rollbackRules.map(({ action }) => (action.kind === 'rollback' ? action.scope : 'pause'))),
    ).toEqual(new Set(['step', 'cohort', 'phase', 'migration', 'pause']));
  });
});

/** The plan with other handoffs, and without the gates and rules that stood on those that are gone. */
function withHandoffs(change: (handoff: PlanDocument['handoffs'][number]) => PlanDocument['handoffs']): string {
  const handoffs = telehealth.handoffs.flatMap(change);
  const ids = new Set(handoffs.map(({ id }) => id));
  const gone = new Set<string>();
  const phases = telehealth.phases.map((phase) => ({
    ...phase,
    gates: phase.gates.filter(({ id, handoff }) => ids.has(handoff) || !gone.add(`${phase.id} ${id}`)),
  }));
  const rollbackRules = telehealth.rollbackRules.filter(({ phase, gate }) => !gone.has(`${phase} ${gate}`));
  return JSON.stringify({ ...telehealth, handoffs, phases, rollbackRules });
}

describe('who is brought back in the example', () => {
  it('is still open until the phase lets them finish: nothing before a milestone closes a unit', () => {
    const intake = loadPlan(TELEHEALTH).plan.phases.find(({ id }) => id === 'intake');
    expect(intake?.inFlight).toMatchObject({
      otherwise: 'bringBack',
      milestones: [{ reachedBy: 'payment.succeeded' }],
    });
    const over = ['intake.abandoned', 'patient.withdrew'];
    expect(intake?.closedBy.filter((type) => !over.includes(type))).toEqual(['payment.succeeded']);
  });
});
