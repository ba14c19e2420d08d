import { isRefusedItem, VENDOR_TYPE, type Delivery, type VendorItem } from '../../../domain/hooks/vendor-item';
import { VENDOR_NAMES, VENDORS, type Vendor } from '../../../domain/hooks/vendors';
import { vendorPayloads, type VendorPayload } from '../../fixtures/vendor-payloads';

const PATIENT = 'pat_0123456789abcdef';
const EPISODE = 'ep_0123456789abcdef';
const AT = Date.parse('2027-03-01T10:00:00Z');

function payloads(): Record<Vendor, VendorPayload[]> {
  let said = 0;
  const words = (): string => `private words ${(said += 1)}`;
  return vendorPayloads({ patient: PATIENT, episode: EPISODE, number: '4711', words, at: AT });
}

function read(vendor: Vendor, body: unknown, query = {}): VendorItem[] {
  const delivery: Delivery = { body, query, bodyDigest: 'd' };
  return VENDORS[vendor].read(delivery).map((item) => {
    if (isRefusedItem(item)) throw new Error(item.refused.code);
    return item;
  });
}

const every = VENDOR_NAMES.flatMap((vendor) => payloads()[vendor].map((payload) => ({ vendor, payload })));

describe.each(every)('what $vendor reports: $payload.type', ({ vendor, payload }) => {
  const [item, ...others] = read(vendor, payload.body);

  it('has its type, its time and its ids, and no id of a patient for its own', () => {
    if (item === undefined) throw new Error('nothing was read');
    expect(others).toEqual([]);
    expect(item.type).toBe(payload.type);
    expect(item.type).toMatch(VENDOR_TYPE);
    expect(Object.fromEntries(item.ids.map(({ kind, id }) => [kind, id]))).toEqual(payload.ids);
    expect([AT, null]).toContain(item.time);
    for (const id of Object.values(payload.ids)) expect(item.id).not.toBe(id);
  });

  it('is the same event when it is sent again', () => {
    expect(read(vendor, payload.body)[0]?.id).toBe(item?.id);
  });

  it('says where our keys are, if they are in it', () => {
    const carried = item?.carried.map((path) => item.payload.peek(...path)) ?? [];
    expect(carried.includes(PATIENT)).toBe(payload.carries);
  });

  it('takes nobody’s words for an id or a type (R7)', () => {
    expect(JSON.stringify([item?.type, item?.ids, item?.id, item?.account, item?.derived])).not.toContain('private');
  });

  it('has kinds of ids that the module declares, and pairs of them', () => {
    const { kinds, pairs } = VENDORS[vendor];
    for (const { kind } of item?.ids ?? []) expect(Object.keys(kinds)).toContain(kind);
    for (const pair of pairs) for (const kind of pair) expect(Object.keys(kinds)).toContain(kind);
  });
});

describe('deliveries of vendors', () => {
  it.each(VENDOR_NAMES)('%s: what is no delivery of the vendor is refused, whatever it is', (vendor) => {
    for (const body of [null, 1, 'text', true, {}, [[]], { type: 1 }, { data: [] }, [null], { object: 'event' }]) {
      const outcome = (): string => {
        try {
          return read(vendor, body).length === 0 ? 'empty' : 'read';
        } catch (error) {
          return error instanceof Error ? error.message : 'thrown';
        }
      };
      expect(outcome()).not.toBe('read');
    }
  });

  it('a sentence is no name of a Segment event, and no made-up resource of Healthie’s is a kind of id (R7)', () => {
    const track = { type: 'track', messageId: 'm-1', timestamp: '2027-03-01T10:00:00Z' };
    expect(read('segment', { ...track, event: 'Intake Form Step Two Completed' })[0]).toMatchObject({
      type: 'track.Intake-Form-Step-Two-Completed',
    });
    expect(read('segment', { ...track, event: 'Ms Example has had a rash' })[0]).toMatchObject({ type: 'track' });
    const thin = { resource_id: '7', event_type: 'care_gap.created' };
    const kinds = (resource: string): unknown => read('healthie', { ...thin, resource_id_type: resource })[0]?.ids;
    expect(kinds('CareGap')).toEqual([{ kind: 'care-gap', id: '7' }]);
    expect(kinds('LabOrder')).toEqual([{ kind: 'lab-order', id: '7' }]);
    for (const resource of ['Example', 'Ms Example has had a rash', 'constructor']) expect(kinds(resource)).toEqual([]);
  });

  it('an address, a phone number or a sentence is no id, whatever the vendor calls it', () => {
    const segment = { type: 'identify', messageId: 'm-1', timestamp: '2027-03-01T10:00:00Z' };
    for (const userId of ['jane@example.org', '415-555-0100', '+14155550100', 'Jane Example', 'x'.repeat(129)]) {
      expect(read('segment', { ...segment, userId })[0]?.ids).toEqual([]);
    }
    expect(read('segment', { ...segment, userId: 'u-17' })[0]?.ids).toEqual([{ kind: 'user', id: 'u-17' }]);
  });

  it('Stripe: a success that says of itself that it is none contradicts itself', () => {
    const event = (type: string, status: string): unknown => ({
      ...{ id: 'evt_1', object: 'event', created: 1, type },
      data: { object: { object: 'payment_intent', id: 'pi_1', status } },
    });
    expect(read('stripe', event('payment_intent.succeeded', 'requires_payment_method'))[0]?.contradicts).toBe(true);
    expect(read('stripe', event('payment_intent.succeeded', 'succeeded'))[0]?.contradicts).toBeUndefined();
    expect(read('stripe', event('payment_intent.payment_failed', 'succeeded'))[0]?.contradicts).toBe(true);
  });

  it('Stripe: a subscription of an invoice is found where older and newer versions have it', () => {
    const invoice = (rest: object): unknown => ({
      ...{ id: 'evt_1', object: 'event', created: 1, type: 'invoice.paid' },
      data: {
        object: { object: 'invoice', id: 'in_1', status: 'paid', customer: { id: 'cus_1', email: 'a@b.c' }, ...rest },
      },
    });
    for (const rest of [{ subscription: 'sub_1' }, { parent: { subscription_details: { subscription: 'sub_1' } } }]) {
      expect(read('stripe', invoice(rest))[0]?.ids).toEqual([
        { kind: 'customer', id: 'cus_1' },
        { kind: 'subscription', id: 'sub_1' },
        { kind: 'invoice', id: 'in_1' },
      ]);
    }
  });

  it('Twilio: STOP alone is a code; within other words nothing is read of it', () => {
    const said = (Body: string): unknown => ({ MessageSid: 'SM1', SmsStatus: 'received', Body });
    expect(read('twilio', said(' stop '))[0]?.derived).toEqual({ optOut: 'STOP' });
    expect(read('twilio', said('please stop'))[0]?.derived).toBeUndefined();
  });

  it('Twilio: our keys are read from the signed address', () => {
    const [item] = read('twilio', { MessageSid: 'SM1', MessageStatus: 'sent' }, { patient: PATIENT });
    expect(item?.carried.map((path) => item.payload.peek(...path))).toEqual([PATIENT]);
  });

  it('FHIR: a handshake and a heartbeat report nothing, and neither does the empty body of a deletion by Medplum', () => {
    const parameters = (type: string): unknown => ({
      resourceType: 'Parameters',
      parameter: [
        { name: 'subscription', valueReference: { reference: 'Subscription/1' } },
        { name: 'type', valueCode: type },
      ],
    });
    expect(read('fhir', parameters('handshake'))).toEqual([]);
    expect(read('fhir', parameters('heartbeat'))).toEqual([]);
    expect(read('medplum', {})).toEqual([]);
  });

  it('FHIR: an urn:uuid is the patient only where the resource says whose it is', () => {
    const uuid = '024b1b9b-57bc-4fae-9839-fa0656246b41';
    const encounter = { resourceType: 'Encounter', id: 'e1', subject: { reference: `urn:uuid:${uuid}` } };
    expect(read('fhir', encounter)[0]?.ids).toEqual([
      { kind: 'encounter', id: 'e1' },
      { kind: 'patient', id: uuid },
    ]);
    expect(read('fhir', { resourceType: 'Practitioner', id: 'dr1' })[0]?.ids).toEqual([]);
  });
});
