import { definePhase } from '../phase-engine';

export const customPhase = definePhase({ kind: 'custom' });
