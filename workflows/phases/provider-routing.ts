import { PROVIDER_ROUTING } from '../../domain/journey-kinds/provider-routing';
import { definePhase } from '../phase-engine';

export const providerRoutingPhase = definePhase(PROVIDER_ROUTING);
