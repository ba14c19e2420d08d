import type { KindDeclaration, KindProbe } from './kind-declaration';
import { hasProbes } from './own-checks';

const LANDING: KindProbe = { page: 'landing', sides: ['legacy', 'target'] };

/** Patients find the offer, see the promise, and get into intake (R12). */
export const FRONT_DOOR: KindDeclaration = {
  kind: 'frontDoor',
  unit: 'visitor',
  stages: [
    { id: 'landed', reachedBy: 'landing.viewed' },
    { id: 'clicked', reachedBy: 'cta.clicked' },
    { id: 'in-intake', reachedBy: 'intake.opened' },
  ],
  events: [{ type: 'landing.viewed' }, { type: 'cta.clicked' }, { type: 'intake.opened' }],
  handoffs: [
    {
      id: 'click-to-intake',
      start: 'cta.clicked',
      end: ['intake.opened'],
      within: '5m',
      endKind: 'intake',
      severity: 'access',
      queue: 'record-mismatch',
    },
  ],
  gates: [
    {
      id: 'click-floor',
      handoff: 'click-to-intake',
      severity: 'access',
      rule: { kind: 'floor', atLeast: '95%', minimumOutcomes: 30 },
    },
    {
      id: 'click-against-legacy',
      handoff: 'click-to-intake',
      severity: 'access',
      rule: { kind: 'comparison', margin: '5%', minimumOutcomes: 30 },
    },
  ],
  queues: [],
  probes: [LANDING],
  irreversible: [],
  milestones: [],
  ownChecks: [
    hasProbes({ id: 'landing-pages', requirement: 'R12', passes: 'the landing page of each side is looked at.' }, [
      LANDING,
    ]),
  ],
};
