import { CUSTOM } from '../../domain/journey-kinds/custom';
import { definePhase } from '../phase-engine';

export const customPhase = definePhase(CUSTOM);
