import type { Vendor } from '../../domain/hooks/vendors';
import type { HubspotVersion } from '../../domain/hooks/vendors/hubspot';
import { parseTimestamp } from '../../domain/events/rfc3339';
import { bearerToken } from './bearer-token';
import { bodyHmac, readSeconds } from './body-hmac';
import { healthieSignature } from './healthie-signature';
import { hubspotSignature } from './hubspot-signature';
import { sendgridSignature } from './sendgrid-signature';
import type { VerifySignature } from './signed-request';
import { stripeSignature } from './stripe-signature';
import { twilioSignature } from './twilio-signature';

/** How each vendor signs, as its documentation says. */
const SIGNATURES: Readonly<Record<Exclude<Vendor, 'hubspot'>, VerifySignature>> = {
  auth0: bearerToken,
  customerio: bodyHmac({
    header: 'x-cio-signature',
    algorithm: 'sha256',
    encoding: 'hex',
    time: { header: 'x-cio-timestamp', read: readSeconds, before: (time) => `v0:${time}:` },
  }),
  fhir: bearerToken,
  healthie: healthieSignature,
  medplum: bodyHmac({ header: 'x-signature', algorithm: 'sha256', encoding: 'hex' }),
  photon: bodyHmac({ header: 'x-photon-signature', algorithm: 'sha256', encoding: 'hex' }),
  segment: bodyHmac({ header: 'x-signature', algorithm: 'sha1', encoding: 'hex' }),
  sendgrid: sendgridSignature,
  stripe: stripeSignature,
  twilio: twilioSignature,
  zendesk: bodyHmac({
    header: 'x-zendesk-webhook-signature',
    algorithm: 'sha256',
    encoding: 'base64',
    time: { header: 'x-zendesk-webhook-signature-timestamp', read: parseTimestamp, before: (time) => time },
  }),
};

/** @param version of HubSpot's signatures alone */
export function vendorSignature(vendor: Vendor, version: HubspotVersion = 'v3'): VerifySignature {
  return vendor === 'hubspot' ? hubspotSignature(version) : SIGNATURES[vendor];
}
