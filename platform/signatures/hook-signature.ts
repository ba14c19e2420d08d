import { parseTimestamp } from '../../domain/events/rfc3339';
import { OTHER_VENDOR } from '../../domain/hooks/vendors';
import type { PlanHook } from '../../domain/plan/plan-schema';
import { bearerToken } from './bearer-token';
import { bodyHmac, readSeconds } from './body-hmac';
import type { VerifySignature } from './signed-request';
import { vendorSignature } from './vendor-signatures';

/** How what is sent to a hook is signed: as its vendor does, or as its plan says. */
export function hookSignature({ vendor, signature }: Pick<PlanHook, 'vendor' | 'signature'>): VerifySignature {
  switch (signature?.kind) {
    case 'hubspot':
      return vendorSignature('hubspot', signature.version);
    case 'token':
      return bearerToken;
    case 'hmac': {
      const { header, algorithm, encoding, prefix, timeHeader, between = '' } = signature;
      return bodyHmac({
        ...{ header: header.toLowerCase(), algorithm, encoding },
        ...(prefix !== undefined && { prefix }),
        ...(timeHeader !== undefined && {
          time: {
            header: timeHeader.toLowerCase(),
            read: (written: string) => readSeconds(written) ?? parseTimestamp(written),
            before: (written: string) => `${written}${between}`,
          },
        }),
      });
    }
    case undefined:
      if (vendor === OTHER_VENDOR) throw new TypeError('A hook of an other system says how it signs.');
      return vendorSignature(vendor);
  }
}
