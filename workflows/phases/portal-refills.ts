import { definePhase } from '../phase-engine';

export const portalRefillsPhase = definePhase({ kind: 'portalRefills' });
