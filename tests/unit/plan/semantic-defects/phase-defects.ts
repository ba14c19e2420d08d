import type { SemanticDefect } from './semantic-defect';

/** Who moves, how fast, and what becomes of those on the way. */
export const PHASE_DEFECTS: readonly SemanticDefect[] = [
  {
    name: 'a cohort that takes everybody before those it leaves nothing for',
    why: 'Controlled substances are moved by the ramp.',
    edits: [
      [
        'id: intake\n    kind: intake',
        '      - id: existing\n        when: { relation: [existing] }\n',
        '      - id: everybody\n      - id: existing\n        when: { relation: [existing] }\n',
      ],
    ],
    at: ['', '- id: everybody'],
  },
  {
    name: 'a cohort that can get nobody',
    why: 'The pilot stays empty, and the first patients of provider routing are everyone else.',
    edits: [['', 'program: [dermatology], relation: [new] }', 'program: [dermatology], relation: [existing] }']],
  },
  {
    name: 'those who move by hand stand behind those who move by the ramp',
    why: 'Returning patients with controlled substances move by the ramp, with no prescriber on the phone.',
    edits: [
      [
        'id: payment\n    kind: payment',
        '      - id: controlled-by-hand\n        when: { program: [hormone] }\n        staysOnLegacy: Controlled substances move by hand, one chart at a time, with the prescriber on the phone.\n',
        '',
      ],
      [
        'id: payment\n    kind: payment',
        '      - id: sync-first\n',
        '      - id: controlled-by-hand\n        when: { program: [hormone] }\n        staysOnLegacy: Controlled substances move by hand.\n      - id: sync-first\n',
      ],
    ],
    at: ['id: payment\n    kind: payment', '- id: controlled-by-hand'],
  },
  {
    name: 'cohorts that leave patients out',
    why: 'Most patients stay on a portal that is about to be switched off, and the phase is committed without them.',
    edits: [['id: portal-and-refills\n    kind', '      - id: async\n', '']],
    at: ['id: portal-and-refills\n    kind', 'cohorts:'],
  },
  {
    name: 'one name for two slices of those who stay',
    why: 'Whom the phase before kept on legacy for care by hand, this one moves.',
    edits: [['id: payment\n    kind: payment', 'when: { program: [hormone] }', 'when: { program: [weight] }']],
  },
  {
    name: 'those who are here already are moved by the ramp',
    why: 'A subscriber changes portals on the day of the charge, outside every safe window.',
    edits: [
      [
        '',
        '        staysOnLegacy: Of 6,000 subscribers with a history there, 5,630 move by waves and 370 by hand.\n',
        '',
      ],
    ],
    at: ['id: portal-and-refills\n    kind', '- id: existing'],
  },
  {
    name: 'a cohort by what nobody knows of a visitor yet',
    why: 'Nobody has said a program at the front door, so those it was to protect go to target like everyone.',
    edits: [
      [
        '',
        '      - id: new-visitors\n',
        '      - id: hormone\n        when: { program: [hormone] }\n        staysOnLegacy: Controlled substances stay.\n      - id: new-visitors\n',
      ],
    ],
    at: ['- id: hormone\n        when', 'when:'],
  },
  {
    name: 'a unit that nobody is any more in this phase',
    why: 'Payments are of subscriptions: no visitor key comes with them, so no side is ever asked for.',
    edits: [['id: payment\n    kind: payment', 'unit: subscription', 'unit: visitor']],
  },
  {
    name: 'from a tenth to everybody in one step',
    why: 'One giant switch, behind a small first step.',
    edits: [
      [
        'id: payment\n    kind: payment',
        '      - { share: 25%, watch: 5d }\n      - { share: 50%, watch: 7d, approval: { roles: [release-manager, clinical-lead] } } # from here on it is every second patient\n',
        '',
      ],
    ],
    at: ['share: 10%, watch: 4d }\n      - { share: 100%', '{ share: 100%'],
  },
  {
    name: 'a number a day that is everybody',
    why: 'At 150 arrivals a day the first step for 140 is a switch.',
    edits: [
      ['id: intake\n    kind: intake', 'unit: episode', 'unit: episode\n    volume: 150'],
      ['id: intake\n    kind: intake', '- perDay: 10\n        maxOpen: 20', '- perDay: 140\n        maxOpen: 200'],
    ],
    at: ['id: intake\n    kind: intake', 'perDay: 140'],
  },
  {
    name: 'a step that is over before its first patient can be late',
    why: 'Only those who are served fast are counted, so a stack that drops every fifth patient passes.',
    edits: [['id: provider-routing\n    kind', '{ share: 25%, watch: 7d }', '{ share: 25%, watch: 12h }']],
  },
  {
    name: 'a soak that is over before its patients can be late',
    why: 'What is missed in the last days shows when there is no way back any more.',
    edits: [['id: provider-routing\n    kind', 'soak: 30d', 'soak: 12h']],
  },
  {
    name: 'a soak that no renewal comes round in',
    why: 'The first renewals on target are charged after the commit.',
    edits: [['id: payment\n    kind: payment', 'soak: 35d', 'soak: 10d']],
  },
  {
    name: 'a dwell that is over before patients can be late',
    why: 'The next phase starts on top of a fault that has not shown yet.',
    edits: [['- { id: refills, event: order.shipped, count: 200 }', 'dwell: 7d', 'dwell: 1h']],
  },
  {
    name: 'a lease of half a day',
    why: 'With its controller gone, a broken target takes patients until the evening.',
    edits: [['id: payment\n    kind: payment', 'dwell: 7d', 'dwell: 7d\n    lease: 12h']],
    at: ['', 'lease: 12h'],
  },
  {
    name: 'a lapse of a week that nobody has to look at',
    why: 'A split rises again on evidence of last week, by nobody.',
    edits: [['id: payment\n    kind: payment', 'dwell: 7d', 'dwell: 7d\n    resumeWithin: 7d']],
    at: ['', 'resumeWithin: 7d'],
  },
  {
    name: 'a probe that looks at the other side',
    why: "The target's landing page is never looked at.",
    edits: [['- { id: target-landing', "'http://127.0.0.1:4722/landing'", "'http://127.0.0.1:4721/landing'"]],
  },
  {
    name: 'who has paid is brought back',
    why: 'Who was charged on target is asked to pay on legacy again.',
    edits: [
      [
        'id: payment\n    kind: payment',
        '      milestones:\n        - { id: paid, reachedBy: payment.succeeded, policy: finish, pastReturn: true }\n',
        '      milestones: []\n',
      ],
    ],
    at: ['id: payment\n    kind: payment', 'otherwise: bringBack'],
  },
  {
    name: 'milestones in another order than they are reached',
    why: 'A prescription that was sent is treated as one that was not.',
    edits: [
      ['', '        - { id: approved, reachedBy: review.approved, policy: pause }\n', ''],
      [
        '',
        '      queue: decision-not-propagated\n    irreversible:',
        '        - { id: approved, reachedBy: review.approved, policy: pause }\n      queue: decision-not-propagated\n    irreversible:',
      ],
    ],
    at: ['', 'id: approved, reachedBy'],
  },
  {
    name: 'brought back after the point of no return',
    why: 'A prescription goes out on both sides.',
    edits: [
      [
        '',
        '        - { id: prescription-sent, reachedBy: prescription.acknowledged, policy: finish, pastReturn: true }\n',
        '        - { id: prescription-sent, reachedBy: prescription.acknowledged, policy: finish, pastReturn: true }\n' +
          '        - { id: shipped, reachedBy: order.shipped, policy: bringBack }\n',
      ],
    ],
    at: ['', 'id: shipped, reachedBy'],
  },
  {
    name: 'closed while this phase still owes something',
    why: 'Whoever is assigned counts as done: no rollback sees those who wait for a decision.',
    edits: [['', 'closedBy: [tracking.visible,', 'closedBy: [review.assigned,']],
  },
  {
    name: 'more are on the way than anybody can bring back',
    why: 'No rollback brings anybody back: the queue has no room for even the first step.',
    edits: [['- id: record-mismatch # and', 'capacity: 120', 'capacity: 3']],
  },
  {
    name: 'nothing is said of what fires by itself',
    why: 'After a rollback the renewal is charged on both sides.',
    edits: [
      [
        '',
        `    armedEffects:
      - effect: renewal-charge
        what: The renewal is charged on its date.
        armedBy: { legacy: legacy-billing, target: target-billing }
        disarm: The subscription is paused there, and read back as paused.
      - effect: dunning-sequence
        what: Messages go out after a failed charge.
        armedBy: { legacy: legacy-messaging, target: target-messaging }
        disarm: The sequence is stopped there, and its send list read back as empty.
`,
        '',
      ],
    ],
    at: ['', 'id: payment\n    kind: payment'],
  },
  {
    name: 'a guess is told while the facts are out of reach',
    why: 'A patient whose history is on target is sent to the old portal in the middle of a refill.',
    edits: [
      [
        '- { id: refills, event: refill.decided',
        '    armedEffects:',
        '    onUnknown: { beforeCommit: legacy }\n    armedEffects:',
      ],
    ],
    at: ['', 'beforeCommit: legacy'],
  },
  {
    name: 'a stage that moves with another part of the journey',
    why: 'Patients pay on target from the day on which its landing page is up.',
    edits: [['- { stage: payment', 'phase: payment', 'phase: front-door']],
  },
];
