import { foundIds, fromTimestamp, item, itemsOf, notOfVendor, requireMap } from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { RefusedItem, VendorItem, VendorModule } from '../vendor-item';

const TITLE = 'an Auth0 log stream';

/**
 * Auth0's log stream, one entry, a list of them or one a line: `s` a login, `f`, `fp` and `fu` one that failed, `limit_wc` an account that is blocked.
 * Names, addresses and descriptions are never read. Source: Auth0's documentation, Log Event Type Codes, Custom log streams using webhooks.
 */
export const auth0: VendorModule = {
  title: 'Auth0',
  body: 'jsonLines',
  read: ({ body }) => {
    const whole = new Payload(body);
    if (!Array.isArray(body)) requireMap(whole, TITLE);
    return itemsOf(whole).map(readOne);
  },
  fields: ['strategy', 'strategyType', 'connectionId', 'clientId'],
  carriesFields: false,
  kinds: { user: 'patient' },
  pairs: [],
  defaults: [
    { from: 's', to: 'portal.loggedIn' },
    // Whoever could not get in is to get in soon.
    { from: 'f', to: 'portal.loginRequested' },
    { from: 'fp', to: 'portal.loginRequested' },
    { from: 'limit_wc', to: 'portal.loginRequested' },
    { from: 'ss' },
  ],
};

function readOne(payload: Payload): VendorItem | RefusedItem {
  const type = payload.text('data', 'type');
  if (type === undefined) throw notOfVendor(TITLE);
  const account = payload.text('data', 'tenant_name');
  return item({
    id: payload.text('log_id') ?? payload.text('data', 'log_id'),
    type,
    ...(account !== undefined && { account }),
    time: fromTimestamp(payload.get('data', 'date')),
    ids: foundIds(['user', payload.text('data', 'user_id')]),
    carried: [['data', 'user_id']],
    fields: new Map<string, PayloadPath>([
      ['strategy', ['data', 'strategy']],
      ['strategyType', ['data', 'strategy_type']],
      ['connectionId', ['data', 'connection_id']],
      ['clientId', ['data', 'client_id']],
    ]),
    payload,
  });
}
