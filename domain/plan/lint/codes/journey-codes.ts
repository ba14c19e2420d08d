import type { CodeEntry } from './code-entry';

/** WH31x: the stages of the patient's journey. */
export const JOURNEY_CODES = {
  WH311: {
    severity: 'error',
    title: 'A stage is missing from the journey',
    why: 'A stage that nobody wrote down moves with nobody looking (R3): patients find it for you.',
    bad: 'journey: # without refills',
    good: '- stage: refills\n  systems: [legacy-billing, target-billing]',
  },
  WH312: {
    severity: 'error',
    title: 'A system named twice in a stage',
    why: 'One of the two was meant to be another system, which then serves nobody.',
    bad: 'systems: [legacy-site, legacy-site]',
    good: 'systems: [legacy-site, target-platform]',
  },
  WH313: {
    severity: 'error',
    title: 'A system that serves no stage',
    why: 'A plan that lists vendors and not what patients go through says nothing of who is served by what (R3).',
    bad: 'systems:\n  - { id: legacy-fax, side: legacy, source: /legacy/fax }',
    good: 'journey:\n  - { stage: fulfillment, systems: [legacy-fax, pharmacy] }',
  },
  WH314: {
    severity: 'error',
    title: 'A stage that moves to, or from, nowhere',
    why: 'The phase would send patients to a stack that has nothing to serve them with.',
    bad: '{ stage: payment, systems: [legacy-billing], phase: payment }',
    good: '{ stage: payment, systems: [legacy-billing, target-billing], phase: payment }',
  },
} as const satisfies Record<string, CodeEntry>;
