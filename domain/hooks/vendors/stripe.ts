import { fieldsUnder, foundIds, fromSeconds, item, requireMap, notOfVendor, textsUnder } from '../item-parts';
import { isMap, Payload, textOf, type PayloadPath } from '../payload';
import type { Delivery, VendorItem, RefusedItem, VendorModule } from '../vendor-item';

const TITLE = 'Stripe';
const OBJECT = ['data', 'object'] as const;

const OWN_FIELDS: readonly (readonly [string, PayloadPath])[] = [
  ['status', ['status']],
  ['paymentStatus', ['payment_status']],
  ['billingReason', ['billing_reason']],
  ['currency', ['currency']],
  ['failureCode', ['failure_code']],
  ['declineCode', ['last_payment_error', 'decline_code']],
  ['errorCode', ['last_payment_error', 'code']],
  ['cancellationReason', ['cancellation_details', 'reason']],
  ['refunded', ['refunded']],
  ['mode', ['mode']],
];

/** What the object of a type must say of itself, where it says it. Events about what is over and not are refused. */
const TRUE_OF: Readonly<Record<string, (object: Payload) => boolean>> = {
  'payment_intent.succeeded': (object) => says(object, 'status', ['succeeded']),
  'payment_intent.payment_failed': (object) => !is(object, 'status', 'succeeded'),
  'charge.succeeded': (object) => says(object, 'status', ['succeeded']),
  'charge.failed': (object) => says(object, 'status', ['failed']),
  'charge.refunded': (object) => object.peek('refunded') !== false || Number(object.peek('amount_refunded')) > 0,
  'invoice.paid': (object) => says(object, 'status', ['paid']),
  'invoice.payment_succeeded': (object) => says(object, 'status', ['paid']),
  'invoice.payment_failed': (object) => !is(object, 'status', 'paid'),
  'checkout.session.completed': (object) => says(object, 'status', ['complete']),
  'customer.subscription.deleted': (object) => says(object, 'status', ['canceled', 'incomplete_expired', 'unpaid']),
};

/**
 * Stripe's events, of any API version: what moved between versions is looked for in both places.
 * Source: Stripe API reference, Events; API changes of 2025-03-31 (an invoice's subscription is under its parent).
 */
export const stripe: VendorModule = {
  title: TITLE,
  body: 'json',
  read: ({ body }: Delivery): (VendorItem | RefusedItem)[] => {
    const payload = new Payload(body);
    requireMap(payload, TITLE);
    if (payload.get('object') !== 'event' || !isMap(payload.peek(...OBJECT))) throw notOfVendor(TITLE);
    return [readEvent(payload)];
  },
  fields: OWN_FIELDS.map(([name]) => name),
  carriesFields: true,
  kinds: {
    customer: 'patient',
    subscription: 'subscription',
    invoice: 'episode',
    charge: 'episode',
    'payment-intent': 'episode',
    'checkout-session': 'episode',
  },
  pairs: [
    ['customer', 'subscription'],
    ['customer', 'invoice'],
    ['customer', 'charge'],
    ['customer', 'payment-intent'],
    ['customer', 'checkout-session'],
    ['payment-intent', 'checkout-session'],
    ['payment-intent', 'charge'],
    ['payment-intent', 'invoice'],
  ],
  defaults: [
    { from: 'payment_intent.succeeded', to: 'payment.succeeded' },
    { from: 'payment_intent.payment_failed', to: 'payment.failed' },
    { from: 'charge.refunded', to: 'payment.refunded' },
    { from: 'invoice.upcoming', to: 'renewal.due' },
    { from: 'invoice.paid', when: { billingReason: ['subscription_cycle'] }, to: 'renewal.settled' },
    { from: 'invoice.payment_failed', when: { billingReason: ['subscription_cycle'] }, to: 'charge.failed' },
    { from: 'customer.subscription.deleted', to: 'subscription.cancelled' },
    { from: 'customer.created' },
    { from: 'customer.updated' },
    { from: 'customer.subscription.created' },
    { from: 'checkout.session.completed' },
  ],
};

function readEvent(payload: Payload): VendorItem | RefusedItem {
  const type = payload.text('type');
  const object = payload.under(...OBJECT);
  const kind = object.text('object');
  const own = (name: string): string | undefined => (kind === name ? object.text('id') : undefined);
  const account = payload.text('account');
  const holds = TRUE_OF[type ?? ''];
  return item({
    id: payload.text('id'),
    type,
    ...(account !== undefined && { account }),
    time: fromSeconds(payload.get('created')),
    ids: foundIds(
      ['customer', own('customer') ?? reference(object, 'customer')],
      ['subscription', own('subscription') ?? reference(object, 'subscription') ?? subscriptionOfParent(object)],
      ['invoice', own('invoice') ?? reference(object, 'invoice')],
      ['charge', own('charge') ?? reference(object, 'charge') ?? reference(object, 'latest_charge')],
      ['payment-intent', own('payment_intent') ?? reference(object, 'payment_intent')],
      ['checkout-session', own('checkout.session')],
    ),
    carried: [
      ...textsUnder(payload, ...OBJECT, 'metadata'),
      ...textsUnder(payload, ...OBJECT, 'subscription_details', 'metadata'),
      ...textsUnder(payload, ...OBJECT, 'parent', 'subscription_details', 'metadata'),
      [...OBJECT, 'client_reference_id'],
    ],
    fields: fields(payload),
    ...(holds?.(object) === false && { contradicts: true }),
    payload,
  });
}

/** What an object refers to: its id, or all of it where the account expands it. */
function reference(object: Payload, name: string): string | undefined {
  const value = object.peek(name);
  return isMap(value) ? object.text(name, 'id') : object.text(name);
}

function subscriptionOfParent(object: Payload): string | undefined {
  return object.text('parent', 'subscription_details', 'subscription');
}

function fields(payload: Payload): Map<string, PayloadPath> {
  const found = new Map<string, PayloadPath>([
    ...fieldsUnder(payload, ...OBJECT, 'parent', 'subscription_details', 'metadata'),
    ...fieldsUnder(payload, ...OBJECT, 'subscription_details', 'metadata'),
    ...fieldsUnder(payload, ...OBJECT, 'metadata'),
  ]);
  for (const [name, path] of OWN_FIELDS)
    if (payload.peek(...OBJECT, ...path) !== undefined) found.set(name, [...OBJECT, ...path]);
  return found;
}

function says(object: Payload, name: string, codes: readonly string[]): boolean {
  const said = textOf(object.get(name));
  return said === undefined || codes.includes(said);
}

function is(object: Payload, name: string, code: string): boolean {
  return object.get(name) === code;
}
