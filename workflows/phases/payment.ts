import { PAYMENT } from '../../domain/journey-kinds/payment';
import { definePhase } from '../phase-engine';

export const paymentPhase = definePhase(PAYMENT);
