import type { SemanticDefect } from './semantic-defect';

/** Two who write, nobody who writes, and what the old contract still owes. */
export const OWNERSHIP_DEFECTS: readonly SemanticDefect[] = [
  {
    name: 'two owners of one datum in a stage',
    why: 'Two decisions on one prescription.',
    edits: [
      [
        '',
        '  - datum: payment-status\n',
        `  - datum: provider-decision
    stages: [refills]
    owner: { legacy: legacy-portal, target: target-portal }
    handedOverBy: portal-and-refills
    sync: fromOwner
    conflict: byHand
    escalation: clinical-leadership
  - datum: payment-status
`,
      ],
    ],
    at: ['- datum: provider-decision\n    stages: [refills]', 'stages: [refills]'],
  },
  {
    name: 'a datum that nobody owns in the middle of the journey',
    why: 'The portal shows what anybody last wrote.',
    edits: [
      [
        '- datum: provider-decision',
        'stages: [provider-review, fulfillment, portal-visibility, refills]',
        'stages: [provider-review, fulfillment, refills]',
      ],
    ],
  },
  {
    name: 'a datum that is handed over before its stage moves',
    why: 'Legacy takes the money, and its writes on the payment are refused.',
    edits: [['- datum: payment-status', 'handedOverBy: payment', 'handedOverBy: front-door']],
  },
  {
    name: 'the map and the matrix name two owners',
    why: 'The portal and the billing system each take the other for the copy.',
    edits: [['- datum: payment-status', 'target: target-billing', 'target: target-portal']],
  },
  {
    name: 'a copy that does not turn round',
    why: 'Legacy writes over what target owns since the commit.',
    edits: [['- datum: payment-status', 'sync: fromOwner', 'sync: legacyToTarget']],
  },
  {
    name: 'a datum that moves and is never copied',
    why: 'Target owns answers that it has never seen; patients are asked for their allergies again.',
    edits: [['- datum: intake-answers', 'sync: fromOwner', 'sync: none']],
  },
  {
    name: 'the last clock decides on a prescription',
    why: 'A stale decision with a fast clock wins over the clinician.',
    edits: [['- datum: provider-decision', 'conflict: byHand', 'conflict: latestWins']],
  },
  {
    name: 'a legacy desk that writes for ever',
    why: 'An old address comes back from the old support desk, years after the commit.',
    edits: [['- datum: patient-contact', 'secondaryWriter: target-support', 'secondaryWriter: legacy-support']],
  },
  {
    name: 'an owner who is its own second writer',
    why: 'The portal where patients cancel is refused.',
    edits: [['- datum: subscription-status', 'secondaryWriter: target-portal', 'secondaryWriter: target-billing']],
  },
  {
    name: 'a tail that ends before the dispute window',
    why: 'A dispute of the third month has no system that may answer it.',
    edits: [['- id: disputes\n', 'ends: 120d', 'ends: 30d']],
  },
  {
    name: 'money that moves without a tail',
    why: 'Refunds of what legacy charged are refused on the day of the commit.',
    edits: [
      [
        '- datum: payment-status',
        `    tails:
      - id: refunds
        what: A refund follows its charge.
        writer: legacy-billing
        owner: billing-operations
        ends: 120d
      - id: disputes
        what: A dispute is answered where the card was charged.
        writer: legacy-billing
        owner: billing-operations
        ends: 120d
`,
        '',
      ],
    ],
    at: ['', '- datum: payment-status'],
  },
  {
    name: 'a tail by a system that never wrote it',
    why: 'After the commit the old CRM may change payments, which it never could before.',
    edits: [['- id: refunds\n', 'writer: legacy-billing', 'writer: legacy-crm']],
  },
  {
    name: 'two systems that sign alike',
    why: 'Charges of one side count for the other, and a double charge looks like one.',
    edits: [['- { id: target-billing', 'source: /target/billing', 'source: /legacy/billing']],
  },
  {
    name: 'both own a layer',
    why: "Each team takes the stuck prescription for the other one's.",
    edits: [['- layer: pharmacy-lab-fulfillment', 'actionOwner: pharmacy-operations', 'actionOwner: both']],
  },
  {
    name: 'data of legacy that a target system owns',
    why: 'The chart that legacy clinicians read is not the one that counts.',
    edits: [['- layer: charting-and-ehr', 'legacy: legacy-chart', 'legacy: target-chart']],
  },
  {
    name: 'two kinds of key that look alike',
    why: 'An episode is taken for a patient, and moves on its own.',
    edits: [['', 'episode: ep #', 'episode: pat #']],
  },
];

/** Those who are patients already. */
export const WAVE_DEFECTS: readonly SemanticDefect[] = [
  {
    name: 'a group that no wave moves',
    why: 'When the old contract ends, 250 people on hormones have no portal.',
    edits: [
      [
        '',
        '        - { id: hormone, existing: hormone, byHand: Controlled substances move with the prescriber on the phone. }\n',
        '',
      ],
    ],
    at: ['existing:\n  - { id: dermatology', '- { id: hormone'],
  },
  {
    name: 'waves that do not add up to their group',
    why: 'A hundred and eighty people are in no list, and nobody misses them.',
    edits: [['- { id: dermatology, existing: dermatology', 'sizes: [50, 200, 600, 880]', 'sizes: [50, 200, 600, 700]']],
  },
  {
    name: 'a group in two lists',
    why: 'Somebody is moved twice, and armed twice.',
    edits: [
      [
        '',
        '        - { id: rems, existing: rems, byHand: Each is registered with its program again. }\n',
        '        - { id: rems, existing: rems, byHand: Each is registered with its program again. }\n' +
          '        - { id: late, existing: weight-titrating, byHand: Those who were away. }\n',
      ],
    ],
    at: ['', '- { id: late'],
  },
  {
    name: 'a first wave that is everybody',
    why: 'Each fault of the move is found by the whole program.',
    edits: [['- { id: dermatology, existing: dermatology', 'sizes: [50, 200, 600, 880]', 'sizes: [1730]']],
  },
  {
    name: 'a first wave that is watched for less than a cycle',
    why: 'No charge and no refill has come round on target when the next thousand move.',
    edits: [['- { id: weight-maintenance, existing', 'watch: 35d', 'watch: 2d']],
  },
  {
    name: 'a cap at which the waves take longer than a year',
    why: 'The old contract ends with two thirds of the patients still there.',
    edits: [['    waves:\n', 'cap: 150', 'cap: 15']],
  },
  {
    name: 'a window in which the supply runs out on the way',
    why: 'Somebody moves with two days of medicine in hand; an order takes five.',
    edits: [['safeWindow:', 'supply: 14d', 'supply: 2d']],
  },
  {
    name: 'a window in which the charge is due',
    why: 'The renewal fires while it is armed on neither side, or on both.',
    edits: [['safeWindow:', 'nextCharge: 5d', 'nextCharge: 10m']],
  },
  {
    name: 'a window that is always open',
    why: 'People move with open orders and urgent threads.',
    edits: [
      [
        'safeWindow:',
        `
        nextCharge: 5d
        supply: 14d
        untilVisit: 7d
        sinceDoseChange: 7d
        noneOpen: [order, lab, authorization, dispute, urgentThread]
        providerReady: true
`,
        ' {}\n',
      ],
    ],
    at: ['', 'safeWindow: {}'],
  },
];
