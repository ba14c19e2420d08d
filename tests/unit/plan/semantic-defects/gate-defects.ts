import type { SemanticDefect } from './semantic-defect';

/** Limits that are never crossed, always crossed, or crossed with nobody there who may act. */
export const GATE_DEFECTS: readonly SemanticDefect[] = [
  {
    name: 'a gate that cannot decide at its volume and watch time',
    why: 'A step waits for weeks, and until then not even an outage crosses the limit.',
    edits: [['- id: pilot', 'volume: 50', 'volume: 1']],
    at: ['id: provider-routing\n    kind', '- id: decision-floor'],
  },
  {
    name: 'zero tolerance that all of them may miss',
    why: 'Fifteen of fifteen prescriptions are lost, and the gate passes.',
    edits: [['- id: pharmacy-few-missed', 'missed: 2, minimumOutcomes: 15', 'missed: 15, minimumOutcomes: 15']],
  },
  {
    name: 'a floor that half of the patients may fall through',
    why: 'Two of three logins fail, and the portal goes on to the next half of the patients.',
    edits: [
      [
        '- id: login-floor',
        'builtIn: portal-access\n',
        'builtIn: portal-access\n        rule: { kind: floor, atLeast: 9.5%, minimumOutcomes: 20 }\n',
      ],
    ],
    at: ['- id: login-floor', 'rule: { kind: floor, atLeast: 9.5%'],
  },
  {
    name: 'a floor that a single late answer crosses',
    why: 'Everybody is moved back and forth for one patient who closed the page.',
    edits: [['- id: click-floor', 'atLeast: 95%', 'atLeast: 100%']],
  },
  {
    name: 'a floor that waits for evidence of less than it',
    why: 'The next half of the patients pays on target once four of five are shown to reach a provider.',
    edits: [['- id: routing-floor', 'minimumOutcomes: 20 }', 'minimumOutcomes: 20, above: 80% }']],
  },
  {
    name: 'a comparison that goes on with more than its margin',
    why: 'The next half of the patients follows though three of twenty more may reach nobody on target.',
    edits: [['- id: routing-against-legacy', 'minimumOutcomes: 20 }', 'minimumOutcomes: 20, notWorseBy: 60% }']],
  },
  {
    name: 'a comparison that waits for what nobody can show',
    why: 'The step never ends, and somebody ends it by hand on a Friday.',
    edits: [['- id: routing-against-legacy', 'minimumOutcomes: 20 }', 'minimumOutcomes: 20, notWorseBy: 0% }']],
  },
  {
    name: 'a step that may end on nothing',
    why: 'Ten of a hundred are followed by twenty-five an hour after the first patient came through.',
    edits: [['- { perDay: 10, maxOpen: 25,', 'watch: 3d }', 'watch: 3d, watchAtLeast: 1h }']],
  },
  {
    name: 'a step that may end after it is over',
    why: 'Somebody meant three hours, and nobody notices that nothing ends early.',
    edits: [['- { perDay: 10, maxOpen: 25,', 'watch: 3d }', 'watch: 3d, watchAtLeast: 4d }']],
  },
  {
    name: 'a threshold that is to wait for evidence',
    why: 'The team believes that a step ends on evidence, and it ends on twenty outcomes.',
    edits: [['- id: decision-floor', 'minimumOutcomes: 20 }', 'minimumOutcomes: 20, test: threshold, above: 90% }']],
  },
  {
    name: 'an unlicensed assignment that is counted by a condition of another spelling',
    why: 'Patients are assigned to somebody who may not treat them, and the count stays at zero.',
    edits: [
      [
        '- id: routing-floor',
        'rule: { kind: floor, atLeast: 95%, minimumOutcomes: 20 }',
        'rule: { kind: zeroTolerance, condition: licence }',
      ],
    ],
  },
  {
    name: 'the first ten, of whom twenty are waited for',
    why: 'The step waits for outcomes that no longer count for it.',
    edits: [['- id: pharmacy-few-missed', 'minimumOutcomes: 15', 'minimumOutcomes: 15, ofFirst: 10']],
  },
  {
    name: 'a count of second charges where nobody looks for them',
    why: 'Patients are charged twice, and the gate passes.',
    edits: [
      ['- id: routing-floor', 'payment-to-provider-routing', 'renewal-to-settled'],
      [
        '- id: routing-floor',
        'rule: { kind: floor, atLeast: 95%, minimumOutcomes: 20 }',
        'rule: { kind: zeroTolerance, counts: secondEnds }',
      ],
      ['- id: renewal-to-settled', '    exactlyOnce: true # twice is a double charge\n', ''],
    ],
    at: ['- id: routing-floor', 'rule: { kind: zeroTolerance, counts: secondEnds }'],
  },
  {
    name: 'fast within the deadline itself',
    why: 'Everybody who is kept counts as fast, and ten minutes become the usual wait.',
    edits: [
      [
        '- id: routing-floor',
        'rule: { kind: floor, atLeast: 95%, minimumOutcomes: 20 }',
        'rule: { kind: latency, percentile: 95, within: 10m }',
      ],
    ],
  },
  {
    name: 'slower than legacy by more than half of them',
    why: 'Nobody on target is as fast as half of legacy, and the gate passes.',
    edits: [
      [
        '- id: routing-against-legacy',
        'rule: { kind: comparison, margin: 5%, minimumOutcomes: 20 }',
        'rule: { kind: slowerThanLegacy, margin: 60%, minimumOutcomes: 20 }',
      ],
    ],
  },
  {
    name: 'slower than legacy, until nobody shows that it is not at all',
    why: 'The step never ends, and somebody ends it by hand on a Friday.',
    edits: [
      [
        '- id: routing-against-legacy',
        'rule: { kind: comparison, margin: 5%, minimumOutcomes: 20 }',
        'rule: { kind: slowerThanLegacy, margin: 5%, minimumOutcomes: 20, notWorseBy: 0% }',
      ],
    ],
  },
  {
    name: 'a load of a team that says no capacity',
    why: 'Billing is buried, and nothing knows what it can work on.',
    edits: [
      [
        '- id: next-step-floor',
        'rule: { kind: floor, atLeast: 95%, minimumOutcomes: 20 }',
        'rule: { kind: capacity, team: billing-operations, during: 2h }',
      ],
    ],
  },
  {
    name: 'contacts that nobody reports',
    why: 'Patients write to support all day, and the gate waits for an event of another name.',
    edits: [
      [
        '- id: routing-floor',
        'rule: { kind: floor, atLeast: 95%, minimumOutcomes: 20 }',
        'rule: { kind: ratio, event: support.ticketOpend, times: 1.2 }',
      ],
    ],
  },
  {
    name: 'contacts that are the handoff itself',
    why: 'All of them have it, so target never has more, however many patients write.',
    edits: [
      [
        '- id: routing-floor',
        'rule: { kind: floor, atLeast: 95%, minimumOutcomes: 20 }',
        'rule: { kind: ratio, event: payment.succeeded, times: 1.2 }',
      ],
    ],
  },
  {
    name: 'contacts that come before what is watched',
    why: 'The count stays at zero on either side, and the gate passes whatever happens to the review.',
    edits: [
      [
        '- id: decision-floor',
        'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }',
        'rule: { kind: ratio, event: payment.succeeded, times: 1.2 }',
      ],
    ],
  },
  {
    name: 'contacts that may be ten times as many',
    why: 'Every second patient writes to support where one in twenty did, and the gate passes.',
    edits: [
      [
        '- id: routing-floor',
        'rule: { kind: floor, atLeast: 95%, minimumOutcomes: 20 }',
        'rule: { kind: ratio, event: support.ticketOpened, times: 12 }',
      ],
    ],
  },
  {
    name: 'a comparison that is never crossed',
    why: 'The target keeps ten of a hundred, and is as good as legacy.',
    edits: [['- id: routing-against-legacy', 'margin: 5%', 'margin: 90%']],
  },
  {
    name: 'a gate that costs less than what it watches',
    why: "A history that is somebody else's stops nothing that only safety stops, and is read last.",
    edits: [['- id: history-few-missed', 'severity: safety', 'severity: experience']],
  },
  {
    name: 'a gate on a handoff of another phase',
    why: 'Intake goes on or back by what payment does.',
    edits: [['- id: crm-floor', 'handoff: intake-to-crm', 'handoff: payment-to-provider-routing']],
  },
  {
    name: 'a phase without gates',
    why: 'Every second patient moves, whatever becomes of the first.',
    edits: [
      [
        'id: front-door\n    kind: frontDoor',
        `    gates:
      - id: click-floor
        handoff: click-to-intake
        severity: access
        rule: { kind: floor, atLeast: 95%, minimumOutcomes: 40 }
      - id: click-against-legacy
        handoff: click-to-intake
        severity: access
        rule: { kind: comparison, margin: 5%, minimumOutcomes: 40 }
`,
        '    gates: []\n',
      ],
    ],
  },
  {
    name: 'a blind gate that nobody hears of',
    why: 'Gates that cannot be read hold a step at half of the patients for a month before anybody hears of it.',
    edits: [['- { id: refills, event: refill.decided', 'sourceError: 30m', 'sourceError: 30d']],
  },
  {
    name: 'a rollback rule on a gate of another phase',
    why: 'When payment breaks, intake is rolled back, and people go on paying.',
    edits: [['- id: intake-unseen', 'gate: crm-floor', 'gate: routing-floor']],
  },
  {
    name: 'a safety rule that no clinician agreed to',
    why: 'Whoever is on call debates it with growth while prescriptions are lost.',
    edits: [
      [
        '- id: prescriptions-lost',
        'agreedBy: [release-management, clinical-leadership, pharmacy-operations]',
        'agreedBy: [release-management, growth]',
      ],
    ],
  },
  {
    name: 'one team alone takes everything back',
    why: 'Each team contests it in the middle of the incident.',
    edits: [
      [
        '- id: identity-in-doubt',
        'agreedBy: [release-management, clinical-leadership, data-stewardship]',
        'agreedBy: [clinical-leadership]',
      ],
    ],
  },
  {
    name: 'a pause that lets people in',
    why: 'The refills that nobody decides on pause the phase, and new patients go on arriving there.',
    edits: [['- id: refill-floor', '    hold:', '    pause: { arrivals: keep }\n    hold:']],
    at: ['', 'pause: { arrivals: keep }'],
  },
  {
    name: 'a comparison that ends at a quarter, and nothing after it',
    why: 'From half of the patients on intake may complete as badly as it likes.',
    edits: [
      [
        '',
        `  - id: completion
    phases: [intake]
    measure: Intakes that are submitted, of those that were started.
    source: events
    limit: { kind: comparison, margin: 5% }
    minimumOutcomes: 150
    severity: access
    action: { kind: rollback, scope: step }
    agreedBy: [release-management, care-coordination]
`,
        '',
      ],
    ],
    at: ['- id: completion-early', 'limit:'],
  },
  {
    name: 'a count that its first ones cannot reach',
    why: 'All of the first ten payments reach nobody, and nothing happens.',
    edits: [['- id: first-ten-payments', 'atMost: 2, ofFirst: 10', 'atMost: 10, ofFirst: 10']],
  },
  {
    name: 'the capacity of a team that says none',
    why: 'Nobody can say when support is full, so it never is.',
    edits: [['- id: support-load', 'team: support-tier-2', 'team: billing-operations']],
  },
  {
    name: 'synthetic patients who fail for days before it counts',
    why: 'An outage of a weekend is within the limit.',
    edits: [['- id: synthetic-patients', 'failures: 2', 'failures: 500']],
  },
  {
    name: 'a ceiling that cannot be crossed',
    why: 'Everybody complains, and the senders go on.',
    edits: [['- id: complaints', 'atMost: 0.1%', 'atMost: 100%']],
  },
  {
    name: 'a safety limit that pages nobody',
    why: 'A critical result is missed at night, and the phase stands still until somebody looks in.',
    edits: [['- id: critical-lab-missed', '    page: clinical-leadership\n', '']],
    at: ['', '- id: critical-lab-missed'],
  },
  {
    name: 'a page in office hours only',
    why: 'Unlicensed assignments of a Saturday are read on Monday.',
    edits: [
      [
        '',
        '  - { id: clinical-leadership, title: Clinical leads }\n',
        '  - id: clinical-leadership\n    title: Clinical leads\n    reach:\n      rota: clinical lead of the day\n      timeZone: America/New_York\n' +
          "      shifts:\n        - { id: office, days: [mon, tue, wed, thu, fri], from: '09:00', to: '17:00' }\n",
      ],
    ],
    at: ['- id: unlicensed-assignment', 'page:'],
  },
  {
    name: 'more queues behind than there are queues',
    why: 'Every queue is overdue, and nothing goes back.',
    edits: [['- id: two-queues-behind', 'count: 2', 'count: 20']],
  },
  {
    name: 'overdue beyond all of them',
    why: 'No queue can have more than all of its cases overdue.',
    edits: [['- id: two-queues-behind', 'overdue: 20%', 'overdue: 100%']],
  },
];
