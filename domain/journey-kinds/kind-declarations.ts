import type { PhaseKind } from '../plan/journey';
import { CUSTOM } from './custom';
import { FRONT_DOOR } from './front-door';
import { INTAKE } from './intake';
import type { KindDeclaration } from './kind-declaration';
import { PAYMENT } from './payment';
import { PORTAL_REFILLS } from './portal-refills';
import { PROVIDER_ROUTING } from './provider-routing';

/** What is known of each kind of phase. */
export const KIND_DECLARATIONS: Readonly<Record<PhaseKind, KindDeclaration>> = {
  frontDoor: FRONT_DOOR,
  intake: INTAKE,
  payment: PAYMENT,
  providerRouting: PROVIDER_ROUTING,
  portalRefills: PORTAL_REFILLS,
  custom: CUSTOM,
};
