import type { CodeEntry } from './code-entry';

/** WH31x: the stages of the patient's journey. */
export const JOURNEY_CODES = {
  WH311: {
    severity: 'error',
    title: 'A stage is missing from the journey',
    why: 'A stage that nobody wrote down moves with nobody looking (R3): patients find it for you.',
    bad: '# no word of fulfillment',
    good: '- { stage: fulfillment, systems: [legacy-pharmacy, target-pharmacy], phase: provider-routing }',
  },
  WH312: {
    severity: 'error',
    title: 'A system named twice in a stage',
    why: 'One of the two was meant to be another system, which then serves nobody.',
    bad: 'systems: [legacy-site, target-site, legacy-site]',
    good: 'systems: [legacy-site, target-site]',
  },
  WH313: {
    severity: 'error',
    title: 'A system that serves no stage',
    why: 'A plan that lists vendors and not what patients go through says nothing of who is served by what (R3).',
    bad: '- { id: target-support, side: target, source: /target/support }\n- { id: target-fax, side: target, source: /target/fax }',
    good: '- { id: target-support, side: target, source: /target/support }',
  },
  WH314: {
    severity: 'error',
    title: 'A stage that moves to, or from, nowhere',
    why: 'The phase would send patients to a stack that has nothing to serve them with.',
    bad: '- { stage: fulfillment, systems: [legacy-pharmacy], phase: provider-routing }',
    good: '- { stage: fulfillment, systems: [legacy-pharmacy, target-pharmacy], phase: provider-routing }',
  },
  WH315: {
    severity: 'warning',
    title: 'A stage that moves with another part of the journey',
    why: 'Patients would pay on target from the day on which its landing page is up: what the phase is watched for is not what moves (R3, R8).',
    bad: '- { stage: payment, systems: [legacy-billing, target-billing, legacy-messaging, target-messaging], phase: front-door }',
    good: '- { stage: payment, systems: [legacy-billing, target-billing, legacy-messaging, target-messaging], phase: payment }',
    waivable: true,
  },
} as const satisfies Record<string, CodeEntry>;
