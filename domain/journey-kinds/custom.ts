import type { KindDeclaration } from './kind-declaration';

/** A part of the journey that only the plan knows: it brings nothing along, so the plan declares all of it. */
export const CUSTOM: KindDeclaration = {
  kind: 'custom',
  stages: [],
  events: [],
  handoffs: [],
  gates: [],
  queues: [],
  probes: [],
  irreversible: [],
  milestones: [],
  ownChecks: [],
};
