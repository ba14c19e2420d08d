import { fieldsUnder, foundIds, fromTimestamp, item, notOfVendor, requireMap } from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { VendorModule } from '../vendor-item';

const TITLE = 'Photon';

/** Photon's orders and prescriptions, in CloudEvents 1.0. Source: Photon's documentation, Webhooks. A reason is free text and is dropped. */
export const photon: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body }) => {
    const payload = new Payload(body);
    requireMap(payload, TITLE);
    const type = payload.text('type');
    if (type?.startsWith('photon:') !== true) throw notOfVendor(TITLE);
    const own = (name: string): string | undefined =>
      type.startsWith(`photon:${name}:`) ? payload.text('data', 'id') : undefined;
    const prescriptions = payload.each('data', 'fills').map((fill) => fill.text('prescription', 'id'));
    const account = payload.text('source')?.replace(/^org:/, '');
    const fields = new Map<string, PayloadPath>([
      ...fieldsUnder(payload, 'data', 'fulfillment'),
      ['pharmacyId', ['data', 'pharmacyId']],
    ]);
    return [
      item({
        id: payload.text('id'),
        type,
        ...(account !== undefined && { account }),
        time: fromTimestamp(payload.get('time')),
        ids: foundIds(
          ['patient', payload.text('data', 'patient', 'id')],
          ['order', own('order')],
          ...[own('prescription'), ...prescriptions].map((id) => ['prescription', id] as const),
        ),
        carried: [
          ['data', 'patient', 'externalId'],
          ['data', 'externalId'],
        ],
        fields,
        payload,
      }),
    ];
  },
  fields: ['type', 'state', 'carrier', 'pharmacyId'],
  carriesFields: false,
  kinds: { patient: 'patient', order: 'episode', prescription: 'episode' },
  pairs: [
    ['patient', 'order'],
    ['patient', 'prescription'],
    ['order', 'prescription'],
  ],
  defaults: [
    { from: 'photon:order:placed', to: 'prescription.acknowledged' },
    { from: 'photon:order:error', to: 'prescription.rejected' },
    { from: 'photon:order:rerouted', to: 'prescription.rerouted' },
    { from: 'photon:order:fulfillment', when: { state: ['SHIPPED'] }, to: 'order.shipped' },
    { from: 'photon:order:created' },
  ],
};
