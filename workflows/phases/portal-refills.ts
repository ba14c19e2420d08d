import { PORTAL_REFILLS } from '../../domain/journey-kinds/portal-refills';
import { definePhase } from '../phase-engine';

export const portalRefillsPhase = definePhase(PORTAL_REFILLS);
