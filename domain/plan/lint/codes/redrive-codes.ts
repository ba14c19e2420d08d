import type { CodeEntry } from './code-entry';

/** WH43x: commands that are sent again for a missed handoff. */
export const REDRIVE_CODES = {
  WH431: {
    severity: 'error',
    title: 'A command that is sent again to nobody',
    why: 'Whoever works on a case would ask for it and be refused on either side, with the patient waiting (R30).',
    bad: 'redrive: { command: review.assign, to: {} }',
    good: 'redrive: { command: review.assign, to: { legacy: legacy-crm, target: target-platform } }',
  },
  WH432: {
    severity: 'error',
    title: "A command that is sent again to the other side's system",
    why: 'The other stack would act for a patient who is not on it: two systems for one patient (I7, R30).',
    bad: 'redrive: { command: review.assign, to: { legacy: target-platform } }',
    good: 'redrive: { command: review.assign, to: { legacy: legacy-crm, target: target-platform } }',
  },
  WH433: {
    severity: 'error',
    title: 'A command with the name of an event',
    why: 'Its receiver may take it to say that it was done already, and then nobody does it (R30).',
    bad: 'redrive: { command: review.assigned, to: { legacy: legacy-crm, target: target-platform } }',
    good: 'redrive: { command: review.assign, to: { legacy: legacy-crm, target: target-platform } }',
  },
} as const satisfies Record<string, CodeEntry>;
