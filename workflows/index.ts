/** Every workflow type, by the name that Temporal knows it under. */
export { migration } from './migration';
export { frontDoorPhase } from './phases/front-door';
export { intakePhase } from './phases/intake';
export { paymentPhase } from './phases/payment';
export { providerRoutingPhase } from './phases/provider-routing';
export { portalRefillsPhase } from './phases/portal-refills';
export { customPhase } from './phases/custom';
export { exceptionClock } from './exception-clock';
