import { derivedId, foundIds, fromMilliseconds, item, itemsOf, notOfVendor, requireMap } from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { RefusedItem, VendorItem, VendorModule } from '../vendor-item';

const TITLE = 'HubSpot';

/** How HubSpot signs: v3 unless a hook says otherwise, since v1 and v2 sign no time. */
export const HUBSPOT_VERSIONS = ['v1', 'v2', 'v3'] as const;
export type HubspotVersion = (typeof HUBSPOT_VERSIONS)[number];

/** What HubSpot's generic subscriptions call its objects. */
const OBJECT_TYPES: Readonly<Record<string, string>> = { '0-1': 'contact', '0-3': 'deal', '0-5': 'ticket' };

/**
 * HubSpot's subscriptions, a list at a time. Their event ids are not unique, as HubSpot says: subscription, number and time together are.
 * A property's value is read only where the plan lists its codes. Source: HubSpot's documentation, Webhooks.
 */
export const hubspot: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body }) => {
    const whole = new Payload(body);
    if (!Array.isArray(body)) requireMap(whole, TITLE);
    return itemsOf(whole).map(readOne);
  },
  fields: ['propertyName', 'propertyValue', 'changeSource', 'changeFlag'],
  carriesFields: false,
  kinds: { contact: 'patient', deal: 'episode', ticket: 'episode' },
  pairs: [],
  defaults: [
    { from: 'contact.creation' },
    { from: 'deal.creation', to: 'crm.staged' },
    { from: 'deal.propertyChange', when: { propertyName: ['dealstage'] }, to: 'crm.staged' },
    { from: 'ticket.creation', to: 'support.ticketOpened' },
  ],
};

function readOne(payload: Payload): VendorItem | RefusedItem {
  const type = payload.text('subscriptionType');
  if (type === undefined) throw notOfVendor(TITLE);
  const [subscription, event, occurred] = [
    payload.text('subscriptionId'),
    payload.text('eventId'),
    payload.text('occurredAt'),
  ];
  const object = OBJECT_TYPES[payload.text('objectTypeId') ?? ''] ?? type.split('.')[0] ?? '';
  const account = payload.text('portalId');
  return item({
    id:
      event === undefined
        ? undefined
        : derivedId('hubspot', account, subscription, event, occurred, payload.text('objectId')),
    type,
    ...(account !== undefined && { account }),
    time: fromMilliseconds(payload.get('occurredAt')),
    ids: foundIds([object, object in hubspot.kinds ? payload.text('objectId') : undefined]),
    carried: [['propertyValue']],
    fields: new Map<string, PayloadPath>([
      ['propertyName', ['propertyName']],
      ['propertyValue', ['propertyValue']],
      ['changeSource', ['changeSource']],
      ['changeFlag', ['changeFlag']],
    ]),
    payload,
  });
}
