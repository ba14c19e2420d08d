import { foundIds, fromSeconds, item, notOfVendor, requireMap } from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { VendorModule } from '../vendor-item';

const TITLE = 'Customer.io';

/**
 * Customer.io's reporting webhooks: the kind of object and what became of it are the type, as `email.delivered`. Recipients and addresses are never
 * read. Source: Customer.io's documentation, Reporting webhooks.
 */
export const customerio: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body }) => {
    const payload = new Payload(body);
    requireMap(payload, TITLE);
    const [object, metric] = [payload.text('object_type'), payload.text('metric')];
    if (object === undefined || metric === undefined) throw notOfVendor(TITLE);
    return [
      item({
        id: payload.text('event_id'),
        type: `${object}.${metric}`,
        time: fromSeconds(payload.get('timestamp')),
        ids: foundIds(
          ['customer', payload.text('data', 'identifiers', 'id') ?? payload.text('data', 'customer_id')],
          ['cio-id', payload.text('data', 'identifiers', 'cio_id')],
          ['delivery', payload.text('data', 'delivery_id')],
        ),
        carried: [
          ['data', 'identifiers', 'id'],
          ['data', 'customer_id'],
        ],
        fields: new Map<string, PayloadPath>([
          ['actionId', ['data', 'action_id']],
          ['broadcastId', ['data', 'broadcast_id']],
          ['campaignId', ['data', 'campaign_id']],
          ['newsletterId', ['data', 'newsletter_id']],
          ['transactionalMessageId', ['data', 'transactional_message_id']],
        ]),
        payload,
      }),
    ];
  },
  fields: ['actionId', 'broadcastId', 'campaignId', 'newsletterId', 'transactionalMessageId'],
  carriesFields: false,
  kinds: { customer: 'patient', 'cio-id': 'patient', delivery: 'episode' },
  pairs: [
    ['customer', 'cio-id'],
    ['customer', 'delivery'],
  ],
  defaults: [
    { from: 'email.delivered', to: 'message.delivered', always: { channel: 'email' } },
    { from: 'sms.delivered', to: 'message.delivered', always: { channel: 'sms' } },
    { from: 'customer.unsubscribed', to: 'stop.received' },
    { from: 'customer.subscribed' },
  ],
};
