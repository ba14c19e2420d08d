import { loadPlan } from '../../../domain/plan/load-plan';
import type { Database } from '../../../store/database';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';

/** Two handoffs of one start, and one of which nothing is declared but its deadline. */
export const FACTS_PLAN = `
apiVersion: warm-handoff/v1
migration: facts
keys: { patient: pat, episode: ep, subscription: sub }
owners: [{ id: care-coordination }, { id: billing-operations }]
systems:
  - { id: legacy-billing, side: legacy, source: /legacy/billing }
  - { id: target-billing, side: target, source: /target/billing }
  - { id: routing, side: shared, source: /routing }
stackMap:
  - layer: landing-and-attribution
    notApplicable: Moved before.
  - layer: intake-and-registration
    notApplicable: Moved before.
  - layer: crm-and-routing
    dataOwner: { legacy: routing, target: routing }
    actionOwner: care-coordination
    patientEvents: [review.assigned]
  - layer: charting-and-ehr
    notApplicable: Moves later.
  - layer: billing-and-subscriptions
    dataOwner: { legacy: legacy-billing, target: target-billing }
    actionOwner: billing-operations
    patientEvents: [payment.succeeded]
  - layer: patient-communication
    notApplicable: Moves later.
  - layer: pharmacy-lab-fulfillment
    notApplicable: Moves later.
  - layer: patient-portal
    notApplicable: Moves later.
events:
  - type: payment.succeeded
    data:
      program: { kind: code, codes: [dermatology, weight], required: true }
  - type: payment.refunded
  - type: review.assigned
  - type: message.delivered
  - type: payment.retried
lateness: 60s
handoffs:
  - id: payment-to-provider-routing
    phase: payment
    start: payment.succeeded
    end: review.assigned
    within: 10m
    unless: [payment.refunded]
    severity: access
    queue: payment-not-routed
  - id: payment-to-next-step-message
    phase: payment
    start: payment.succeeded
    end: message.delivered
    within: 20m
    severity: experience
    queue: next-step-not-told
phases:
  - id: payment
    kind: payment
    unit: subscription
    cohorts: [{ id: everyone }]
    ramp:
      - { share: 10%, watch: 1d }
      - { share: 100%, watch: 1d }
    soak: 7d
    gates:
      - id: routing-floor
        handoff: payment-to-provider-routing
        severity: access
        rule: { kind: floor, atLeast: 95% }
      - id: message-floor
        handoff: payment-to-next-step-message
        severity: experience
        rule: { kind: floor, atLeast: 95% }
phasesLeftOut:
  frontDoor: Moved before.
  intake: Moved before.
  providerRouting: Moves later.
  portalRefills: Moves later.
queues:
  - { id: payment-not-routed, owner: care-coordination, sla: 30m, path: [Find the charge, Send it again] }
  - { id: next-step-not-told, owner: billing-operations, sla: 4h, path: [Tell the patient] }
rollbackRules:
  - { id: routing-rollback, phase: payment, gate: routing-floor, action: { kind: rollback, scope: phase }, agreedBy: [care-coordination] }
  - { id: message-rollback, phase: payment, gate: message-floor, action: { kind: rollback, scope: step }, agreedBy: [care-coordination] }
`;

/** At this scale the ten minutes of a handoff take 100 ms and the lateness of a minute 10 ms: a test sees deadlines pass. */
export const COMPRESSED = 6_000;

export const ROUTING = 'payment-to-provider-routing';
export const MESSAGE = 'payment-to-next-step-message';

/** Writes a live migration of the plan down. */
export async function startMigrationOf(db: Database, id: string, timeScale = 1, yaml = FACTS_PLAN): Promise<void> {
  const { plan, hash } = loadPlan(yaml);
  await savePlan(db, { hash, plan, source: yaml });
  await createMigration(db, { id, planHash: hash, salt: id, timeScale, startedBy: 'release-manager-1' });
}
