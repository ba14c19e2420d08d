import { derivedId, foundIds, item, notOfVendor, textsUnder } from '../item-parts';
import { Payload, type PayloadPath } from '../payload';
import type { VendorModule } from '../vendor-item';

const TITLE = 'Twilio';

/** Words that end a subscription, as Twilio itself takes them; nothing else of what a patient wrote is read. */
const STOP = new Set(['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'OPTOUT', 'REVOKE']);
const START = new Set(['START', 'UNSTOP', 'YES']);

/**
 * Twilio's callbacks for messages and calls. They have no id and no time: a message's id and status are one event, once. Phone numbers are never read.
 * Keys of ours come in the address of the callback, which the signature covers: `?patient=pat_...&journey=ep_...`.
 * Source: Twilio's documentation, Track outbound message status, Opt-out keywords, Voice status callbacks.
 */
export const twilio: VendorModule = {
  title: TITLE,
  body: 'form',
  read: ({ body, query }) => {
    const payload = new Payload({ ...(body as object), query });
    const message = payload.text('MessageSid') ?? payload.text('SmsSid');
    const call = payload.text('CallSid');
    if (message === undefined && call === undefined) throw notOfVendor(TITLE);
    const status =
      message === undefined ? payload.text('CallStatus') : (payload.text('MessageStatus') ?? payload.text('SmsStatus'));
    const account = payload.text('AccountSid');
    const keyword = optOut(payload);
    return [
      item({
        id: derivedId('twilio', message ?? call, status),
        type: [message === undefined ? 'call' : 'message', status].filter((part) => part !== undefined).join('.'),
        ...(account !== undefined && { account }),
        time: null,
        ids: foundIds(['message', message], ['call', message === undefined ? call : undefined]),
        carried: textsUnder(payload, 'query'),
        fields: new Map<string, PayloadPath>([
          ['status', [message === undefined ? 'CallStatus' : 'MessageStatus']],
          ['errorCode', ['ErrorCode']],
          ['direction', ['Direction']],
          ['answeredBy', ['AnsweredBy']],
        ]),
        ...(keyword !== undefined && { derived: { optOut: keyword } }),
        payload,
      }),
    ];
  },
  fields: ['status', 'errorCode', 'direction', 'answeredBy', 'optOut'],
  carriesFields: false,
  kinds: { message: 'episode', call: 'episode' },
  pairs: [],
  defaults: [
    { from: 'message.delivered', to: 'message.delivered', always: { channel: 'sms' } },
    { from: 'message.received', when: { optOut: ['STOP'] }, to: 'stop.received' },
  ],
};

/** Whether somebody wrote STOP or START, and nothing else. */
function optOut(payload: Payload): 'STOP' | 'START' | undefined {
  const body = payload.peek('Body');
  const said = payload.text('OptOutType') ?? (typeof body === 'string' ? body.trim().toUpperCase() : '');
  return STOP.has(said) ? 'STOP' : START.has(said) ? 'START' : undefined;
}
