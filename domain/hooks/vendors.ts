import type { VendorModule } from './vendor-item';
import { auth0 } from './vendors/auth0';
import { customerio } from './vendors/customerio';
import { fhir, medplum } from './vendors/fhir';
import { healthie } from './vendors/healthie';
import { hubspot } from './vendors/hubspot';
import { photon } from './vendors/photon';
import { segment } from './vendors/segment';
import { sendgrid } from './vendors/sendgrid';
import { stripe } from './vendors/stripe';
import { twilio } from './vendors/twilio';
import { zendesk } from './vendors/zendesk';

/** Vendors whose deliveries are understood without more being said. */
export const VENDORS = {
  auth0,
  customerio,
  fhir,
  healthie,
  hubspot,
  medplum,
  photon,
  segment,
  sendgrid,
  stripe,
  twilio,
  zendesk,
} as const satisfies Record<string, VendorModule>;
export type Vendor = keyof typeof VENDORS;

/** What a plan calls a system that none of the vendors is: it says itself what its deliveries are. */
export const OTHER_VENDOR = 'other';

export const VENDOR_NAMES = Object.keys(VENDORS) as [Vendor, ...Vendor[]];
