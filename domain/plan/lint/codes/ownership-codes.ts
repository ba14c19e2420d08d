import type { CodeEntry } from './code-entry';

/** WH33x: who owns which datum in which stage, and when that changes. */
export const OWNERSHIP_CODES = {
  WH331: {
    severity: 'error',
    title: 'One of the seven data that nobody owns',
    why: 'A datum without an owner is written by whoever comes last (R4): a decision, a charge or an address is lost.',
    bad: '# no word of support-ownership',
    good: '- datum: support-ownership\n  owner: { legacy: legacy-support, target: target-support }\n  handedOverBy: portal-and-refills\n  sync: fromOwner\n  conflict: latestWins\n  escalation: support-tier-2',
  },
  WH332: {
    severity: 'error',
    title: "A datum of the plan's own that nobody owns",
    why: 'It was declared because it matters, and has the same fate as what was forgotten.',
    bad: '- { id: consent, title: Consents and STOP }\n- { id: coupons, title: Coupons and credits }',
    good: '- { id: consent, title: Consents and STOP }',
  },
  WH333: {
    severity: 'error',
    title: 'One of the seven data, declared again',
    why: 'Two entries of one name look like two data with two owners.',
    bad: '- { id: consent, title: Consents and STOP }\n- { id: payment-status }',
    good: '- { id: consent, title: Consents and STOP }',
  },
  WH334: {
    severity: 'error',
    title: 'A datum that is not declared',
    why: 'Its owner would own nothing, and the datum that was meant has none.',
    bad: 'datum: consents',
    good: 'datum: consent',
  },
  WH335: {
    severity: 'error',
    title: 'Two owners of one datum in one stage',
    why: 'Two systems whose writes both count overwrite each other, and nobody can say which is right (R4, R6).',
    bad: '- datum: support-ownership\n  owner: { legacy: legacy-support, target: target-support }\n  handedOverBy: portal-and-refills\n  sync: fromOwner\n  conflict: latestWins\n  escalation: support-tier-2\n- datum: support-ownership\n  stages: [refills]\n  owner: { legacy: legacy-portal, target: legacy-portal }\n  sync: none\n  conflict: ownerWins\n  escalation: support-tier-2',
    good: '- datum: support-ownership\n  owner: { legacy: legacy-support, target: target-support }\n  handedOverBy: portal-and-refills\n  sync: fromOwner\n  conflict: latestWins\n  escalation: support-tier-2',
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
    bad: 'owner: { legacy: legacy-support, target: target-support }',
    good: 'owner: { legacy: legacy-support, target: target-support }\nhandedOverBy: portal-and-refills',
  },
  WH338: {
    severity: 'error',
    title: 'A phase that hands over what stays',
    why: 'Whoever reads it waits for a handover that never comes.',
    bad: 'owner: { legacy: legacy-support, target: legacy-support }\nhandedOverBy: portal-and-refills',
    good: 'owner: { legacy: legacy-support, target: target-support }\nhandedOverBy: portal-and-refills',
  },
  WH339: {
    severity: 'error',
    title: 'Tails of what is not handed over',
    why: 'A tail is what an old owner still owes. An owner who stays owes all of it, with no end.',
    bad: 'owner: { legacy: legacy-pharmacy, target: legacy-pharmacy }',
    good: 'owner: { legacy: legacy-pharmacy, target: target-pharmacy }\nhandedOverBy: provider-routing',
  },
  WH340: {
    severity: 'error',
    title: 'A second writer who is the owner',
    why: 'The writer that was meant is not named, and its writes would be refused.',
    bad: 'secondaryWriter: target-crm',
    good: 'secondaryWriter: target-support',
  },
  WH341: {
    severity: 'error',
    title: 'A copy that overwrites the owner',
    why: 'What the owner writes is undone by an older value, again and again, until somebody notices (R6).',
    bad: 'sync: legacyToTarget\nconflict: latestWins',
    good: 'sync: fromOwner\nconflict: latestWins',
  },
} as const satisfies Record<string, CodeEntry>;
