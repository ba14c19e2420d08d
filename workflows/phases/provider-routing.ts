import { definePhase } from '../phase-engine';

export const providerRoutingPhase = definePhase({ kind: 'providerRouting' });
