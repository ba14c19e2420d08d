import { definePhase } from '../phase-engine';

export const paymentPhase = definePhase({ kind: 'payment' });
