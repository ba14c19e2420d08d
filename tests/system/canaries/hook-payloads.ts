import { randomBytes, randomUUID } from 'node:crypto';
import { VENDOR_NAMES } from '../../../domain/hooks/vendors';
import { vendorPayloads } from '../../fixtures/vendor-payloads';
import type { HookPayload } from './vendor-reader';

/** Keys that our own stacks gave to what they sent: these are kept. */
export interface Keys {
  patient: string;
  episode: string;
}

export function someKeys(): Keys {
  const uuid = randomUUID();
  return { patient: `pat_${uuid}`, episode: `ep_${uuid}` };
}

/** A payload or more of each vendor and of a system that is none, with keys, in which nobody has written anything. */
export function hookPayloads(keys: Keys): HookPayload[] {
  const number = String(randomBytes(4).readUInt32BE() + 1_000_000_000);
  const at = Date.now() - 60_000;
  const made = vendorPayloads({ ...keys, number, words: () => 'words', at });
  const vendors = VENDOR_NAMES.flatMap((hook) =>
    made[hook].map(({ type, body, headers }): HookPayload => ({
      ...{ hook, name: type, body },
      ...(headers !== undefined && { headers }),
    })),
  );
  const event = { id: `visit-${number}`, kind: 'visit.booked', at: new Date(at).toISOString(), visit: `v${number}` };
  const person = { key: keys.patient, episode: keys.episode, name: 'words', phone: 'words' };
  const other = { event: { ...event, note: 'words' }, person, comments: ['words', { by: 'words' }] };
  return [...vendors, { hook: 'other', name: 'visit.booked', body: other }];
}
