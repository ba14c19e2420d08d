import { foundIds, fromTimestamp, item, notOfVendor, requireMap } from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { VendorModule } from '../vendor-item';

const TITLE = 'Zendesk';
const PREFIX = 'zen:event-type:';

/**
 * Zendesk's events of tickets and users; the prefix of its types is left out. What a ticket is about, its comments and its people's names are never
 * read. Source: Zendesk's documentation, Event types for webhooks.
 */
export const zendesk: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body }) => {
    const payload = new Payload(body);
    requireMap(payload, TITLE);
    const type = payload.text('type');
    const [, kind, id] = payload.text('subject')?.split(':') ?? [];
    if (type?.startsWith(PREFIX) !== true || kind === undefined) throw notOfVendor(TITLE);
    const account = payload.text('account_id');
    const isPatient = kind === 'user' && payload.get('detail', 'role') === 'end-user';
    return [
      item({
        id: payload.text('id'),
        type: type.slice(PREFIX.length),
        ...(account !== undefined && { account }),
        time: fromTimestamp(payload.get('time')),
        ids: foundIds(
          ['ticket', kind === 'ticket' ? id : undefined],
          ['user', isPatient ? id : kind === 'ticket' ? payload.text('detail', 'requester_id') : undefined],
        ),
        carried: [['detail', 'external_id']],
        fields: new Map<string, PayloadPath>([
          ['status', ['detail', 'status']],
          ['priority', ['detail', 'priority']],
          ['ticketType', ['detail', 'type']],
          ['viaChannel', ['detail', 'via', 'channel']],
          ['tags', ['detail', 'tags']],
          ['role', ['detail', 'role']],
          ['current', ['event', 'current']],
          ['previous', ['event', 'previous']],
        ]),
        payload,
      }),
    ];
  },
  fields: ['status', 'priority', 'ticketType', 'viaChannel', 'tags', 'role', 'current', 'previous'],
  carriesFields: false,
  kinds: { ticket: 'patient', user: 'patient' },
  pairs: [['ticket', 'user']],
  defaults: [
    { from: 'ticket.created', to: 'support.ticketOpened' },
    { from: 'ticket.status_changed', when: { current: ['SOLVED', 'Solved', 'solved'] }, to: 'support.answered' },
    { from: 'user.created' },
  ],
};
