import { FRONT_DOOR } from '../../domain/journey-kinds/front-door';
import { definePhase } from '../phase-engine';

export const frontDoorPhase = definePhase(FRONT_DOOR);
