import { definePhase } from '../phase-engine';

export const frontDoorPhase = definePhase({ kind: 'frontDoor' });
