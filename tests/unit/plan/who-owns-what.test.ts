import { loadPlan } from '../../../domain/plan/load-plan';
import { NOT_CARRIED_OUT_CODES } from '../../../domain/plan/lint/codes/not-carried-out-codes';
import { lintEntry } from '../../../domain/plan/lint/lint-catalogue';
import { edit, positionOf, problemsOf, TELEHEALTH, warningsOf } from './plan-texts';

interface Refusal {
  name: string;
  /** What is replaced in the plan of the whole journey, and by what. */
  from: string;
  to: string;
  /** What the finding points at, in the edited plan; its path; its message. */
  at: string;
  path: string;
  message: string;
}

const REFUSALS: Refusal[] = [
  {
    name: 'a journey without one of its stages (R3)',
    from: '  - { stage: fulfillment, systems: [legacy-pharmacy, target-pharmacy], phase: provider-routing }\n',
    to: '',
    at: 'journey:\n',
    path: 'journey',
    message: "Add the stage 'fulfillment', or list it with 'notApplicable' and the reason.",
  },
  {
    name: 'a stage that there is not, for no reason (R3)',
    from: '{ stage: discovery, systems: [legacy-site, target-site], phase: front-door }',
    to: '{ stage: discovery, notApplicable: TBD }',
    at: 'TBD }',
    path: 'journey[0].notApplicable',
    message: 'Write the reason; a plan cannot start without it.',
  },
  {
    name: 'a system that serves no stage: an entry of a vendor list (R3)',
    from: 'systems:\n  - { id: legacy-site,',
    to: 'systems:\n  - { id: legacy-fax, side: legacy, source: /legacy/fax }\n  - { id: legacy-site,',
    at: 'legacy-fax, side',
    path: 'systems[0].id',
    message:
      "'legacy-fax' serves patients in no stage of the journey. Name it under the stage that it serves, or leave it out (R3).",
  },
  {
    name: 'a stage of a system that there is not',
    from: 'systems: [legacy-site, target-site]',
    to: 'systems: [legacy-site, target-site, target-sites]',
    at: 'target-sites]',
    path: 'journey[0].systems[2]',
    message: "There is no system 'target-sites'. Did you mean 'target-site'?",
  },
  {
    name: 'a stage that names a system twice',
    from: 'systems: [legacy-site, target-site]',
    to: 'systems: [legacy-site, target-site, legacy-site]',
    at: 'legacy-site], phase',
    path: 'journey[0].systems[2]',
    message: "'legacy-site' is named twice. Name each system once.",
  },
  {
    name: 'a stage that moves to nowhere',
    from: '{ stage: fulfillment, systems: [legacy-pharmacy, target-pharmacy], phase: provider-routing }',
    to: '{ stage: fulfillment, systems: [legacy-pharmacy], phase: provider-routing }',
    at: 'systems: [legacy-pharmacy], phase',
    path: 'journey[4].systems',
    message:
      "The phase 'provider-routing' moves this stage, and no system here is on target. Name the one that serves patients there, or remove 'phase'.",
  },
  {
    name: 'a stage that a phase moves which there is not',
    from: 'systems: [legacy-site, target-site], phase: front-door }',
    to: 'systems: [legacy-site, target-site], phase: front-dor }',
    at: 'front-dor }',
    path: 'journey[0].phase',
    message: "There is no phase 'front-dor'. Did you mean 'front-door'?",
  },
  {
    name: 'one of the seven data that nobody owns (R4)',
    from: '  - datum: support-ownership\n',
    to: '  - datum: support-owner\n',
    at: 'ownership:\n',
    path: 'ownership',
    message: "Nobody owns 'support-ownership'. Add it: each of the seven data has one owner (R4).",
  },
  {
    name: 'a datum that is not declared (R4)',
    from: '  - datum: support-ownership\n',
    to: '  - datum: support-owner\n',
    at: 'support-owner\n',
    path: 'ownership[7].datum',
    message: "There is no datum 'support-owner'. Declare it under 'data'.",
  },
  {
    name: 'a datum of the plan that nobody owns (R4)',
    from: '  - { id: consent, title: Consents and STOP }\n',
    to: '  - { id: consent, title: Consents and STOP }\n  - { id: coupons }\n',
    at: 'coupons }',
    path: 'data[1].id',
    message: "Nobody owns 'coupons'. Add it under 'ownership', or leave it out here.",
  },
  {
    name: 'a datum of every migration that is declared again',
    from: '  - { id: consent, title: Consents and STOP }\n',
    to: '  - { id: consent, title: Consents and STOP }\n  - { id: payment-status }\n',
    at: 'payment-status }',
    path: 'data[1].id',
    message: "'payment-status' is one of the seven data of every migration. Remove it here.",
  },
  {
    name: 'two owners of one datum in one stage (R4)',
    from: '  - datum: support-ownership\n',
    to: '  - datum: provider-decision\n    stages: [discovery, refills]\n    owner: { legacy: legacy-chart, target: legacy-chart }\n    sync: none\n    conflict: byHand\n    escalation: growth\n  - datum: support-ownership\n',
    at: 'stages: [discovery, refills]',
    path: 'ownership[7].stages',
    message:
      "'provider-decision' has an owner in 'refills' already. Two owners are none: give each stage to one row (R4).",
  },
  {
    name: 'a stage in the middle in which nobody owns a datum (R4)',
    from: 'stages: [fulfillment, portal-visibility, refills]',
    to: 'stages: [fulfillment, refills]',
    at: 'stages: [fulfillment, refills]',
    path: 'ownership[6].stages',
    message:
      "Nobody owns 'fulfillment-status' in 'portal-visibility', between stages in which somebody does. Add that stage to a row.",
  },
  {
    name: 'an owner that there is not',
    from: 'owner: { legacy: legacy-intake, target: target-intake }\n    handedOverBy',
    to: 'owner: { legacy: legacy-intakes, target: target-intake }\n    handedOverBy',
    at: 'legacy-intakes',
    path: 'ownership[2].owner.legacy',
    message: "There is no system 'legacy-intakes'. Did you mean 'legacy-intake'?",
  },
  {
    name: 'an owner of the other side',
    from: 'owner: { legacy: legacy-intake, target: target-intake }\n    handedOverBy',
    to: 'owner: { legacy: legacy-intake, target: legacy-crm }\n    handedOverBy',
    at: 'legacy-crm }\n    handedOverBy: intake\n    sync: fromOwner\n    conflict: ownerWins\n    escalation: care',
    path: 'ownership[2].owner.target',
    message: "'legacy-crm' is a legacy system. Name a target or shared one.",
  },
  {
    name: 'an owner who is undecided',
    from: 'owner: { legacy: legacy-intake, target: target-intake }\n    handedOverBy',
    to: 'owner: { legacy: legacy-intake, target: both }\n    handedOverBy',
    at: 'both }',
    path: 'ownership[2].owner.target',
    message: 'Name exactly one; a plan cannot start while this is undecided.',
  },
  {
    name: 'a second writer who is the owner',
    from: 'secondaryWriter: target-support',
    to: 'secondaryWriter: target-crm',
    at: 'target-crm #',
    path: 'ownership[0].secondaryWriter',
    message: "'target-crm' owns this datum. Name another system that may write it too, or remove 'secondaryWriter'.",
  },
  {
    name: 'a second writer that there is not',
    from: 'secondaryWriter: target-support',
    to: 'secondaryWriter: target-suport',
    at: 'target-suport',
    path: 'ownership[0].secondaryWriter',
    message: "There is no system 'target-suport'. Did you mean 'target-support'?",
  },
  {
    name: 'a datum that changes hands at no phase',
    from: '    handedOverBy: portal-and-refills\n    sync',
    to: '    sync',
    at: 'datum: support-ownership',
    path: 'ownership[7].handedOverBy',
    message: "Nothing says when 'legacy-support' hands it to 'target-support'. Add 'handedOverBy' with the phase.",
  },
  {
    name: 'a datum that a phase hands over which there is not',
    from: '    handedOverBy: portal-and-refills\n    sync',
    to: '    handedOverBy: portal\n    sync',
    at: 'portal\n    sync',
    path: 'ownership[7].handedOverBy',
    message: "There is no phase 'portal'. Declare it under 'phases', or name one that is there.",
  },
  {
    name: 'a phase that hands over what stays',
    from: 'owner: { legacy: legacy-support, target: target-support }\n    handedOverBy',
    to: 'owner: { legacy: legacy-support, target: legacy-support }\n    handedOverBy',
    at: 'portal-and-refills\n    sync',
    path: 'ownership[7].handedOverBy',
    message: "'legacy-support' owns it before and after, so no phase hands it over. Remove 'handedOverBy'.",
  },
  {
    name: 'a copy that overwrites the owner after the handover',
    from: '    sync: fromOwner\n    conflict: latestWins',
    to: '    sync: legacyToTarget\n    conflict: latestWins',
    at: 'legacyToTarget',
    path: 'ownership[7].sync',
    message:
      "A copy in this direction overwrites the owner once it is handed over. Write 'fromOwner', which turns round with the owner, or 'none'.",
  },
  {
    name: 'a copy that overwrites an owner who stays',
    from: 'target: target-support }\n    handedOverBy: portal-and-refills\n    sync: fromOwner\n',
    to: 'target: legacy-support }\n    sync: targetToLegacy\n',
    at: 'targetToLegacy',
    path: 'ownership[7].sync',
    message: "A copy in this direction overwrites the owner, which is on legacy. Write 'fromOwner', or 'none'.",
  },
  {
    name: 'an escalation to nobody',
    from: 'escalation: data-stewardship',
    to: 'escalation: data-steward',
    at: 'data-steward\n',
    path: 'ownership[0].escalation',
    message: "There is no owner 'data-steward'. Declare it under 'owners', or name one that is there.",
  },
  {
    name: 'a tail that the target writes (R51)',
    from: '        writer: legacy-pharmacy\n',
    to: '        writer: target-pharmacy\n',
    at: 'target-pharmacy\n        owner',
    path: 'ownership[6].tails[0].writer',
    message: "'target-pharmacy' is a target system. Name a legacy or shared one.",
  },
  {
    name: 'a tail without an end (R51)',
    from: '        ends: 21d\n',
    to: '',
    at: 'id: delivery-scans',
    path: 'ownership[6].tails[0].ends',
    message: "Add 'ends'. How long after the phase's commit it ends, such as '120d'.",
  },
  {
    name: 'tails of a datum that nobody hands over (R51)',
    from: 'owner: { legacy: legacy-pharmacy, target: target-pharmacy }\n    handedOverBy: provider-routing\n',
    to: 'owner: { legacy: legacy-pharmacy, target: legacy-pharmacy }\n',
    at: 'tails:\n      - id: delivery-scans',
    path: 'ownership[6].tails',
    message: "Only what is handed over has tails: its owner stays. Remove 'tails'.",
  },
  {
    name: 'a zone that is none, since an abbreviation has no summer time (R48)',
    from: '  - id: release-hours\n    timeZone: America/New_York',
    to: '  - id: release-hours\n    timeZone: America/New_Yorck',
    at: 'America/New_Yorck',
    path: 'calendars[0].timeZone',
    message:
      "Write a time zone by its IANA name, such as 'America/New_York', or 'UTC'; an abbreviation has no summer time.",
  },
  {
    name: 'a day that there is not',
    from: 'from: 2027-11-22',
    to: 'from: 2027-11-31',
    at: '2027-11-31',
    path: 'calendars[0].closed[0].from',
    message: "Write a date that there is, as '2027-11-25'.",
  },
  {
    name: 'closed days that end before they begin',
    from: 'to: 2027-11-28',
    to: 'to: 2027-11-21',
    at: '2027-11-21',
    path: 'calendars[0].closed[0].to',
    message: 'The last closed day is before the first, 2027-11-22. Write that day or a later one.',
  },
  {
    name: 'a rollback that would wait for a calendar (R48)',
    from: 'rollback: always',
    to: 'rollback: release-hours',
    at: 'release-hours }',
    path: 'advance.rollback',
    message: "Write 'always': a rollback or a pause never waits for a calendar.",
  },
  {
    name: 'a calendar that there is not (R48)',
    from: 'advance: { calendar: release-hours',
    to: 'advance: { calendar: release-hour',
    at: 'release-hour,',
    path: 'advance.calendar',
    message: "There is no calendar 'release-hour'. Did you mean 'release-hours'?",
  },
  {
    name: 'people asked for by an attribute that there is not (R47)',
    from: 'each: [state, program]',
    to: 'each: [state, programs]',
    at: 'programs]',
    path: 'coverage[1].each[1]',
    message: "There is no attribute 'programs'. Did you mean 'program'?",
  },
  {
    name: 'people asked for of a state that there is not (R47)',
    from: '    minimum: 2\n    each: [state]\n',
    to: '    minimum: 2\n    each: [state]\n    when: { state: [CA, OR] }\n',
    at: 'OR] }',
    path: 'coverage[0].when.state[1]',
    message: "'state' has no value 'OR'. Add it under 'attributes', or choose one that is there.",
  },
  {
    name: 'a phase in which nobody is asked for (R47)',
    from: '  - id: prescribers\n    phase: provider-routing\n',
    to: '  - id: prescribers\n    phase: portal-and-refills\n',
    at: 'coverage:\n',
    path: 'coverage',
    message:
      "Patients of 'provider-routing' are assigned to providers, and nothing says how many must be ready. Add a row for it (R47).",
  },
  {
    name: 'a task of nobody (R42)',
    from: 'what: The card vault is moved.\n    owner: billing-operations',
    to: 'what: The card vault is moved.\n    owner: billing-operation',
    at: 'billing-operation\n',
    path: 'runbook[0].owner',
    message: "There is no owner 'billing-operation'. Did you mean 'billing-operations'?",
  },
  {
    name: 'a task that needs one that there is not (R42)',
    from: 'needs: [archive]',
    to: 'needs: [archives]',
    at: 'archives]',
    path: 'runbook[23].needs[0]',
    message: "There is no task 'archives'. Did you mean 'archive'?",
  },
  {
    name: 'a task that needs a later one (R42)',
    from: 'needs: [prescribers-enrolled]',
    to: 'needs: [handover]',
    at: 'handover]',
    path: 'runbook[6].needs[0]',
    message: "'handover' is planned for later than this task, which needs it. Move one of the two.",
  },
  {
    name: 'a rule on more queues than there are (R36)',
    from: '    count: 2\n    action',
    to: '    count: 99\n    action',
    at: '99\n    action',
    path: 'queueRules[0].count',
    message: 'It counts 17 queues, so 99 never are overdue. Write that or less.',
  },
  {
    name: 'a rule that nothing can meet (R36)',
    from: 'overdue: 20%',
    to: 'overdue: 100%',
    at: '100%\n    during',
    path: 'queueRules[0].overdue',
    message: 'Nothing is above 100%. Write the largest share that is acceptable.',
  },
];

describe('a plan is refused', () => {
  it.each(REFUSALS)('for $name, at its line', ({ from, to, at, path, message }) => {
    const text = edit(TELEHEALTH, from, to);
    const problems = problemsOf(text);
    expect(problems).toContainEqual({ ...positionOf(text, at), path, message });
    // What follows from it may be found too: a datum of another name is missing under its own.
    expect(problems.length).toBeLessThanOrEqual(3);
  });

  it('for tasks that wait for each other, at each of them (R42)', () => {
    const text = edit(
      TELEHEALTH,
      '    evidence: The list by state\n',
      '    evidence: The list by state\n    needs: [test-orders]\n',
    );
    expect(problemsOf(text).map(({ path, message }) => [path, message])).toEqual([
      ['runbook[5].needs[0]', "'prescribers-enrolled' and 'test-orders' wait for each other. Remove one of the two."],
      ['runbook[6].needs[0]', "'test-orders' and 'prescribers-enrolled' wait for each other. Remove one of the two."],
    ]);
  });
});

describe('a queue that is due before anybody of its team is there', () => {
  const night = "        - { id: night, days: *daily, from: '20:00', to: '08:00', capacity: 120 }\n";

  it('is warned of, with how long nobody is there (R30)', () => {
    const text = edit(TELEHEALTH, night, '');
    const warned = warningsOf(text);
    expect(warned.map(({ path }) => path)).toContain('queues[0].sla');
    expect(warned.find(({ path }) => path === 'queues[0].sla')).toMatchObject({
      ...positionOf(text, '30m\n    path:\n      - Confirm the charge in the billing system of'),
      message:
        "Nobody of 'care-coordination' is there for up to 12h, and a case is due in 30m. Give the team a shift in between, give the queue to a team that has one, or write a longer SLA.",
    });
  });

  it('and one that may hold more cases than a shift can work on (R35)', () => {
    const text = edit(TELEHEALTH, "to: '20:00', capacity: 120 }", "to: '20:00', capacity: 130 }");
    expect(
      warningsOf(edit(text, '    owner: growth\n    sla: 1d', '    owner: patient-messaging\n    sla: 1d')),
    ).toEqual([
      expect.objectContaining({
        path: 'queues[6].capacity',
        message:
          "No shift of 'patient-messaging' can work on more than 130 cases at once (owners[11]), and this says 200. Write that or less, or staff a shift.",
      }),
    ]);
  });
});

describe('what a plan declares and this release does not act on', () => {
  it('is said of each part, where it is written, so that nobody takes it for active', () => {
    const { notCarriedOut } = loadPlan(TELEHEALTH);
    expect(notCarriedOut.map(({ code }) => code).sort()).toEqual(Object.keys(NOT_CARRIED_OUT_CODES));
    for (const { code, message } of notCarriedOut) {
      expect(message).toContain('not acted on by this release');
      expect(message).toContain(lintEntry(code).why);
    }
    expect(notCarriedOut.find(({ path }) => path === 'ownership')).toMatchObject(positionOf(TELEHEALTH, 'ownership:'));
  });
});
