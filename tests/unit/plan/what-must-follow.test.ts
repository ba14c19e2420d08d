import { loadPlan } from '../../../domain/plan/load-plan';
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

const LICENSED = '{ id: licensed, field: licensedIn, equalsStart: state }';
const ASKED = '{ id: asked-the-patient, from: info.requested, until: info.given }';
const DERMATOLOGY = 'sizes: [50, 200, 600, 880]';

const REFUSALS: Refusal[] = [
  {
    name: 'a condition on an end that the handoff does not have (R50)',
    from: LICENSED,
    to: '{ id: licensed, end: review.approved, field: licensedIn, equalsStart: state }',
    at: 'review.approved, field',
    path: 'handoffs[4].must[0].end',
    message: "'review.approved' does not end this handoff. Name one of its ends, or leave 'end' out.",
  },
  {
    name: 'a condition on a field that the end does not have (R50)',
    from: LICENSED,
    to: '{ id: licensed, field: licencedIn, equalsStart: state }',
    at: 'licencedIn',
    path: 'handoffs[4].must[0].field',
    message: "'review.assigned' has no field 'licencedIn'. Did you mean 'licensedIn'?",
  },
  {
    name: 'a condition on a field that the start does not have (R50)',
    from: LICENSED,
    to: '{ id: licensed, field: licensedIn, equalsStart: stat }',
    at: 'stat }',
    path: 'handoffs[4].must[0].equalsStart',
    message: "'payment.succeeded' has no field 'stat'. Did you mean 'state'?",
  },
  {
    name: 'a start that could never be kept (R50)',
    from: LICENSED,
    to: '{ id: licensed, field: program, equalsStart: state }',
    at: 'state } # with',
    path: 'handoffs[4].must[0].equalsStart',
    message:
      "A start with 'CA' can never be kept: 'program' of 'review.assigned' has no such code. Add it there, or name another field.",
  },
  {
    name: 'a condition on a code that there is not (R50)',
    from: 'oneOf: [target]',
    to: 'oneOf: [newest]',
    at: 'newest] }',
    path: 'handoffs[28].must[0].oneOf[0]',
    message: "'side' is never 'newest'. Write a code that it can have.",
  },
  {
    name: 'an end for each of several, of which one is none',
    from: 'of: [email, sms, voice] }\n    within',
    to: 'of: [email, sms, fax] }\n    within',
    at: 'fax] }',
    path: 'handoffs[26].forEach.of[2]',
    message: "'sender' is never 'fax'. Write a code that it can have.",
  },
  {
    name: 'a pause until an event that nobody sends',
    from: ASKED,
    to: '{ id: asked-the-patient, from: info.requested, until: info.givn }',
    at: 'info.givn',
    path: 'handoffs[5].pausedWhile[0].until',
    message: "There is no event 'info.givn'. Did you mean 'info.given'?",
  },
  {
    name: 'a pause that ends what it pauses',
    from: ASKED,
    to: '{ id: asked-the-patient, from: info.requested, until: review.approved }',
    at: 'review.approved }',
    path: 'handoffs[5].pausedWhile[0].until',
    message: "'review.approved' starts, ends or releases this handoff; it cannot stop its clock too.",
  },
  {
    name: 'a pause of no time',
    from: ASKED,
    to: '{ id: asked-the-patient, from: info.requested, until: info.requested }',
    at: 'info.requested }',
    path: 'handoffs[5].pausedWhile[0].until',
    message: 'The clock would stand still for no time at all. Name the event from which it runs on.',
  },
  {
    name: 'business time of a calendar that there is not',
    from: '{ within: 24bh, calendar: clinic-hours }',
    to: '{ within: 24bh, calendar: clinic-hour }',
    at: 'clinic-hour }',
    path: 'handoffs[5].businessTime.calendar',
    message: "There is no calendar 'clinic-hour'. Did you mean 'clinic-hours'?",
  },
  {
    name: 'business time in words that mean nothing',
    from: '{ within: 24bh, calendar: clinic-hours }',
    to: '{ within: 24h, calendar: clinic-hours }',
    at: '24h, calendar',
    path: 'handoffs[5].businessTime.within',
    message: "Write business hours or business days, such as '24bh' or '2bd'.",
  },
  {
    name: 'a missed one of which a team is told that there is not',
    from: 'queue: clinical-urgent\n    recipients: [clinical-leadership]',
    to: 'queue: clinical-urgent\n    recipients: [clinical-leaders]',
    at: 'clinical-leaders]',
    path: 'handoffs[13].recipients[0]',
    message: "There is no owner 'clinical-leaders'. Did you mean 'clinical-leadership'?",
  },
  {
    name: 'a soak in cycles that no event ends',
    from: 'event: renewal.settled',
    to: 'event: renewal.setled',
    at: 'renewal.setled',
    path: 'phases[2].soakCycles[0].event',
    message: "There is no event 'renewal.setled'. Did you mean 'renewal.settled'?",
  },
  {
    name: 'a calendar of a phase that there is not',
    from: 'calendar: payment-days',
    to: 'calendar: payments-day',
    at: 'payments-day',
    path: 'phases[2].calendar',
    message: "There is no calendar 'payments-day'. Did you mean 'payment-days'?",
  },
  {
    name: 'an effect that is armed by the other side (I17)',
    from: 'armedBy: { legacy: legacy-billing, target: target-billing }',
    to: 'armedBy: { legacy: legacy-billing, target: legacy-billing }',
    at: 'legacy-billing }\n        disarm',
    path: 'phases[2].armedEffects[0].armedBy.target',
    message: "'legacy-billing' is a legacy system. Name a target or shared one.",
  },
  {
    name: 'a check by a team that there is not',
    from: 'by: care-coordination, first: 10',
    to: 'by: care-cordination, first: 10',
    at: 'care-cordination',
    path: 'phases[1].ramp[0].checks[0].by',
    message: "There is no owner 'care-cordination'. Did you mean 'care-coordination'?",
  },
  {
    name: 'waves that forget some (R43)',
    from: DERMATOLOGY,
    to: 'sizes: [50, 200, 600]',
    at: 'sizes: [50, 200, 600]',
    path: 'phases[4].waves.lists[0].sizes',
    message:
      "These waves move 850 of 1730, and nothing is said of the other 880 of 'dermatology'. Add a wave for them.",
  },
  {
    name: 'waves of more people than there are (R43)',
    from: DERMATOLOGY,
    to: 'sizes: [50, 200, 600, 890]',
    at: 'sizes: [50, 200, 600, 890]',
    path: 'phases[4].waves.lists[0].sizes',
    message: "These waves move 1740, and there are 1730 of 'dermatology'. Write waves for those that there are.",
  },
  {
    name: 'waves of a group that there is not (R43)',
    from: '{ id: hormone, existing: hormone,',
    to: '{ id: hormone, existing: hormones,',
    at: 'hormones,',
    path: 'phases[4].waves.lists[3].existing',
    message: "There is no group of people 'hormones'. Did you mean 'hormone'?",
  },
  {
    name: 'a group that moves twice (R43)',
    from: '{ id: rems, existing: rems,',
    to: '{ id: rems, existing: hormone,',
    at: 'hormone, byHand: Each',
    path: 'phases[4].waves.lists[4].existing',
    message: "A list above moves 'hormone' already. Put all of its waves into one.",
  },
  {
    name: 'a group that is told apart by what no attribute has',
    from: 'count: 250, when: { program: [hormone] }',
    to: 'count: 250, when: { program: [hormones] }',
    at: 'hormones] }',
    path: 'existing[4].when.program[0]',
    message: "'program' has no value 'hormones'. Did you mean 'hormone'?",
  },
  {
    name: 'a declared limit of a phase that there is not',
    from: 'phases: [payment]\n    measure: Payments',
    to: 'phases: [payments]\n    measure: Payments',
    at: 'payments]',
    path: 'declaredGates[9].phases[0]',
    message: "There is no phase 'payments'. Did you mean 'payment'?",
  },
  {
    name: 'a declared limit that nothing can cross (R36)',
    from: 'atMost: 2, ofFirst: 10',
    to: 'atMost: 10, ofFirst: 10',
    at: '10, ofFirst',
    path: 'declaredGates[9].limit.atMost',
    message: 'Of 10 there never are more. Write fewer.',
  },
  {
    name: 'the capacity of a team that there is not (R35)',
    from: 'team: support-tier-2, load',
    to: 'team: support-tier-3, load',
    at: 'support-tier-3',
    path: 'declaredGates[11].limit.team',
    message: "There is no owner 'support-tier-3'. Did you mean 'support-tier-2'?",
  },
];

describe('a plan is refused', () => {
  it.each(REFUSALS)('for $name, at its line', ({ from, to, at, path, message }) => {
    const text = edit(TELEHEALTH, from, to);
    expect(problemsOf(text)).toContainEqual({ ...positionOf(text, at), path, message });
  });
});

describe('a plan is warned of', () => {
  it('a deadline by the clock that is shorter than what people promise in business time', () => {
    const text = edit(TELEHEALTH, '    within: 48h\n    businessTime', '    within: 24h\n    businessTime');
    expect(warningsOf(text)).toEqual([
      {
        ...positionOf(text, '24h\n    businessTime'),
        path: 'handoffs[5].within',
        message:
          "24bh of 'clinic-hours' can take up to 2d by the clock, holidays left out, and this says 1d: it is shorter than the promise. Write that or more, or promise less.",
      },
    ]);
    const queue = edit(TELEHEALTH, '    sla: 16h\n    businessTime', '    sla: 12h\n    businessTime');
    expect(warningsOf(queue).map(({ path }) => path)).toEqual(['queues[2].sla']);
  });

  it('a group of people whom no wave moves (R43)', () => {
    const text = edit(
      TELEHEALTH,
      '  - { id: hormone, count: 250,',
      '  - { id: proxies, count: 30 }\n  - { id: hormone, count: 250,',
    );
    expect(warningsOf(text)).toEqual([
      {
        ...positionOf(text, 'proxies, count'),
        path: 'existing[4].id',
        message:
          "No wave moves 'proxies'. Add them to the 'waves' of a phase; 'byHand' with the reason where they move one by one.",
      },
    ]);
  });
});

describe('what would be dangerous to take for active', () => {
  it.each([
    ['effects that are not disarmed', 'phases[2].armedEffects', /nothing is disarmed and nothing read back/],
    ['waves that do not start', 'phases[4].waves', /nobody of them is moved/],
    ['limits that stop nothing', 'declaredGates', /nothing stops when it is crossed/],
  ])('is said to be so, in plain words: %s', (_, path, said) => {
    const found = loadPlan(TELEHEALTH).notCarriedOut.find((part) => part.path === path);
    expect(found?.message).toMatch(/not acted on by this release\. Danger: /);
    expect(found?.message).toMatch(said);
  });

  it('is said no more of what a handoff is held to', () => {
    const said = loadPlan(TELEHEALTH).notCarriedOut.map(({ path }) => path);
    expect(said.filter((path) => /^handoffs\[\d+\]\.(?!recipients)/.test(path))).toEqual([]);
  });

  it('is named at each of its places', () => {
    const found = loadPlan(TELEHEALTH).notCarriedOut.find(({ path }) => path === 'phases[2].armedEffects');
    expect(found?.message).toContain('(also at phases[4].armedEffects)');
  });
});
