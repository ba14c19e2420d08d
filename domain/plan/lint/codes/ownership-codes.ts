import type { CodeEntry } from './code-entry';

/** WH33x: who owns which datum in which stage, and when that changes. */
export const OWNERSHIP_CODES = {
  WH331: {
    severity: 'error',
    title: 'One of the seven data that nobody owns',
    why: 'A datum without an owner is written by whoever comes last (R4): a decision, a charge or an address is lost.',
    bad: 'ownership: # without payment-status',
    good: '- datum: payment-status\n  owner: { legacy: legacy-billing, target: target-billing }',
  },
  WH332: {
    severity: 'error',
    title: "A datum of the plan's own that nobody owns",
    why: 'It was declared because it matters, and has the same fate as what was forgotten.',
    bad: 'data:\n  - { id: coupon }',
    good: 'ownership:\n  - datum: coupon',
  },
  WH333: {
    severity: 'error',
    title: 'One of the seven data, declared again',
    why: 'Two entries of one name look like two data with two owners.',
    bad: 'data:\n  - { id: payment-status }',
    good: 'data:\n  - { id: coupon }',
  },
  WH334: {
    severity: 'error',
    title: 'A datum that is not declared',
    why: 'Its owner would own nothing, and the datum that was meant has none.',
    bad: 'datum: payment-state',
    good: 'datum: payment-status',
  },
  WH335: {
    severity: 'error',
    title: 'Two owners of one datum in one stage',
    why: 'Two systems whose writes both count overwrite each other, and nobody can say which is right (R4, R6).',
    bad: '- datum: payment-status\n- datum: payment-status',
    good: '- datum: payment-status\n  stages: [payment]\n- datum: payment-status\n  stages: [refills]',
  },
  WH336: {
    severity: 'error',
    title: 'A stage without an owner in between',
    why: 'A patient in that stage has a datum that nobody answers for.',
    bad: 'stages: [fulfillment, refills]',
    good: 'stages: [fulfillment, portal-visibility, refills]',
  },
  WH337: {
    severity: 'error',
    title: 'A datum that changes hands at no phase',
    why: 'Both sides would take themselves for the owner, or neither, from a moment that nobody knows (I7).',
    bad: 'owner: { legacy: legacy-billing, target: target-billing }',
    good: 'owner: { legacy: legacy-billing, target: target-billing }\nhandedOverBy: payment',
  },
  WH338: {
    severity: 'error',
    title: 'A phase that hands over what stays',
    why: 'Whoever reads it waits for a handover that never comes.',
    bad: 'owner: { legacy: charting, target: charting }\nhandedOverBy: payment',
    good: 'owner: { legacy: charting, target: charting }',
  },
  WH339: {
    severity: 'error',
    title: 'Tails of what is not handed over',
    why: 'A tail is what an old owner still owes. An owner who stays owes all of it, with no end.',
    bad: 'owner: { legacy: charting, target: charting }\ntails: # ...',
    good: 'owner: { legacy: charting, target: charting }',
  },
  WH340: {
    severity: 'error',
    title: 'A second writer who is the owner',
    why: 'The writer that was meant is not named, and its writes would be refused.',
    bad: 'owner: { legacy: legacy-billing, target: target-billing }\nsecondaryWriter: target-billing',
    good: 'owner: { legacy: legacy-billing, target: target-billing }\nsecondaryWriter: target-platform',
  },
  WH341: {
    severity: 'error',
    title: 'A copy that overwrites the owner',
    why: 'What the owner writes is undone by an older value, again and again, until somebody notices (R6).',
    bad: 'sync: legacyToTarget',
    good: 'sync: fromOwner',
  },
} as const satisfies Record<string, CodeEntry>;
