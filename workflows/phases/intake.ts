import { definePhase } from '../phase-engine';

export const intakePhase = definePhase({ kind: 'intake' });
