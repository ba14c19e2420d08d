import { KEEPING_HOOKS_PLAN } from '../../integration/hooks/hooks-world';

/**
 * The plan of the hooks, with one of a system that is no vendor, a handoff that begins with what a hook reports, cases that others hear of, and a
 * command that is sent again.
 */
export const CANARY_PLAN = KEEPING_HOOKS_PLAN.replace(
  'systems:\n',
  'systems:\n  - { id: hook-other, side: shared, source: /hooks/other }\n',
)
  .replace(
    '\nhooks:\n',
    `
hooks:
  - id: other
    vendor: other
    system: hook-other
    secrets: [OTHER]
    signature: { kind: hmac, header: X-Signature, algorithm: sha256, encoding: hex }
    payload: { id: event.id, type: event.kind, time: event.at }
    events:
      - from: visit.booked
        to: appointment.booked
        keys: { patient: person.key, episode: person.episode }
        ids: { visit: { from: event.visit, names: episode } }
`,
  )
  .replace(
    '\nphases:\n',
    `
  - id: hook-payment-to-review
    phase: payment
    start: hook.payment
    end: review.assigned
    within: 10m
    severity: safety
    queue: payment-not-routed
phases:
`,
  )
  .replace(
    '{ id: payment-not-routed, owner: care-coordination, sla: 30m,',
    '{ id: payment-not-routed, owner: care-coordination, sla: 30m, escalation: [{ team: billing-operations, after: 10m }],',
  )
  .replace(
    '    end: review.assigned\n',
    '    end: review.assigned\n    redrive: { command: review.assign, to: { legacy: legacy-billing } }\n',
  );
