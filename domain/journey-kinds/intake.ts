import type { KindDeclaration, KindHandoff } from './kind-declaration';
import { hasHandoffs } from './own-checks';

const TO_CRM: KindHandoff = {
  id: 'intake-to-crm',
  start: 'intake.submitted',
  end: ['crm.staged'],
  within: '5m',
  severity: 'access',
  queue: 'record-mismatch',
};

/** The side that provider routing is on makes the chart: a bridge while intake alone has moved. */
const TO_CHART: KindHandoff = {
  id: 'intake-to-chart',
  start: 'intake.submitted',
  end: ['chart.created'],
  within: '30m',
  endKind: 'providerRouting',
  severity: 'access',
  queue: 'record-mismatch',
};

/** Intake, registration and CRM routing: what a patient answered reaches those who work with it (R13). */
export const INTAKE: KindDeclaration = {
  kind: 'intake',
  unit: 'episode',
  stages: [
    { id: 'started', reachedBy: 'intake.started' },
    { id: 'submitted', reachedBy: 'intake.submitted' },
    { id: 'staged', reachedBy: 'crm.staged' },
    { id: 'charted', reachedBy: 'chart.created' },
  ],
  events: [
    { type: 'intake.started' },
    { type: 'intake.submitted' },
    { type: 'intake.abandoned' },
    { type: 'crm.staged' },
    { type: 'chart.created' },
  ],
  handoffs: [TO_CRM, TO_CHART],
  gates: [
    {
      id: 'crm-floor',
      handoff: 'intake-to-crm',
      severity: 'access',
      rule: { kind: 'floor', atLeast: '97%', minimumOutcomes: 30 },
    },
    {
      id: 'crm-against-legacy',
      handoff: 'intake-to-crm',
      severity: 'access',
      rule: { kind: 'comparison', margin: '5%', minimumOutcomes: 30 },
    },
    {
      id: 'chart-floor',
      handoff: 'intake-to-chart',
      severity: 'access',
      rule: { kind: 'floor', atLeast: '95%', minimumOutcomes: 30 },
    },
  ],
  queues: ['duplicate-record', 'record-mismatch'],
  probes: [],
  irreversible: [],
  milestones: [{ id: 'submitted', reachedBy: 'intake.submitted' }],
  ownChecks: [
    hasHandoffs({ id: 'crm-leg', requirement: 'R13', passes: 'a submitted intake is handed to the CRM.' }, [TO_CRM]),
  ],
};
