import { fieldsUnder, foundIds, fromSeconds, item, itemsOf, notOfVendor, requireMap, textsUnder } from '../item-parts';
import { Payload } from '../payload';
import type { RefusedItem, VendorItem, VendorModule } from '../vendor-item';

const TITLE = 'SendGrid';

/** SendGrid's own fields that are people's words, addresses or devices: read by no name. What a stack adds to a message stands beside them. */
const NEVER = new Set([
  'email',
  'reason',
  'response',
  'useragent',
  'ip',
  'url',
  'smtpId',
  'urlOffset',
  'marketingCampaignName',
]);

/** Events of SendGrid's event webhook, a list at a time. Source: SendGrid's documentation, Event Webhook Reference. */
export const sendgrid: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body }) => {
    const whole = new Payload(body);
    if (!Array.isArray(body)) requireMap(whole, TITLE);
    return itemsOf(whole).map(readOne);
  },
  fields: ['type', 'status', 'category', 'tls'],
  carriesFields: true,
  kinds: { message: 'episode' },
  pairs: [],
  defaults: [
    { from: 'delivered', to: 'message.delivered', always: { channel: 'email' } },
    { from: 'unsubscribe', to: 'stop.received' },
    { from: 'group_unsubscribe', to: 'stop.received' },
    { from: 'spamreport', to: 'stop.received' },
  ],
};

function readOne(payload: Payload): VendorItem | RefusedItem {
  const type = payload.text('event');
  if (type === undefined) throw notOfVendor(TITLE);
  const fields = fieldsUnder(payload);
  for (const name of NEVER) fields.delete(name);
  return item({
    id: payload.text('sg_event_id'),
    type,
    time: fromSeconds(payload.get('timestamp')),
    // The message's own id; what follows its first dot says which server sent it.
    ids: foundIds(['message', payload.text('sg_message_id')?.split('.')[0]]),
    carried: textsUnder(payload),
    fields,
    payload,
  });
}
