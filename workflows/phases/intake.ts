import { INTAKE } from '../../domain/journey-kinds/intake';
import { definePhase } from '../phase-engine';

export const intakePhase = definePhase(INTAKE);
