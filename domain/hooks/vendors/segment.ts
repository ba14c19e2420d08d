import {
  codeOf,
  fieldsUnder,
  foundIds,
  fromTimestamp,
  item,
  itemsOf,
  notOfVendor,
  requireMap,
  textsUnder,
} from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { RefusedItem, VendorItem, VendorModule } from '../vendor-item';

const TITLE = 'Segment';
const CALLS = new Set(['track', 'identify', 'page', 'screen', 'group', 'alias']);

/**
 * Segment's calls. What a track or a page call is named is part of its type, as a code: `track.Order-Completed`. Traits, addresses of pages and
 * what a browser says of itself are never read. Source: Segment's specification and its webhook destination.
 */
export const segment: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body }) => {
    const whole = new Payload(body);
    if (!Array.isArray(body)) requireMap(whole, TITLE);
    return itemsOf(whole).map(readOne);
  },
  fields: ['utmSource', 'utmMedium', 'utmCampaign', 'channel'],
  carriesFields: true,
  kinds: { user: 'patient', anonymous: 'visitor' },
  pairs: [['user', 'anonymous']],
  defaults: [
    { from: 'page', to: 'landing.viewed' },
    { from: 'track.CTA-Clicked', to: 'cta.clicked' },
    { from: 'track.Intake-Started', to: 'intake.started' },
    { from: 'identify' },
  ],
};

function readOne(payload: Payload): VendorItem | RefusedItem {
  const call = payload.text('type');
  if (call === undefined || !CALLS.has(call)) throw notOfVendor(TITLE);
  const name = call === 'track' ? codeOf(payload.get('event')) : undefined;
  return item({
    id: payload.text('messageId'),
    type: name === undefined ? call : `${call}.${name}`,
    time: fromTimestamp(payload.get('originalTimestamp') ?? payload.get('timestamp')),
    ids: foundIds(['user', payload.text('userId')], ['anonymous', payload.text('anonymousId')]),
    carried: [['userId'], ['anonymousId'], ...textsUnder(payload, 'properties')],
    fields: new Map<string, PayloadPath>([
      ['utmSource', ['context', 'campaign', 'source']],
      ['utmMedium', ['context', 'campaign', 'medium']],
      ['utmCampaign', ['context', 'campaign', 'name']],
      ['channel', ['channel']],
      ...fieldsUnder(payload, 'properties'),
    ]),
    payload,
  });
}
