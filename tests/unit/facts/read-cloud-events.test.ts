import { EventRefused, isRefused } from '../../../domain/events/event-refusal';
import { readCloudEvents, type CloudEvent, type ReadMessage } from '../../../domain/events/read-cloud-events';

const CANARY = 'zebra-canary';

function read(headers: Record<string, string | string[]>, body: string | Uint8Array = ''): ReadMessage {
  const distinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()]));
  return readCloudEvents(distinct, Buffer.from(body));
}

function single(headers: Record<string, string | string[]>, body?: string | Uint8Array): CloudEvent {
  const message = read(headers, body);
  if (message.mode !== 'single' || isRefused(message.event)) throw new Error('expected one event');
  return message.event;
}

function refusal(work: () => ReadMessage): { code: string; message: string } {
  try {
    const message = work();
    if (message.mode === 'single' && isRefused(message.event)) return message.event.refused;
  } catch (error) {
    if (error instanceof EventRefused) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected a refusal');
}

const binary = { 'ce-specversion': '1.0', 'ce-id': 'a1', 'ce-source': '/billing', 'ce-type': 'payment.succeeded' };

describe('reading CloudEvents over HTTP', () => {
  it('reads one in structured mode, whatever the case of its media type and its charset', () => {
    for (const type of [
      'application/cloudevents+json',
      'Application/CloudEvents+JSON; charset=UTF-8',
      'application/cloudevents+json;charset="utf-8"',
    ]) {
      const { attributes, data } = single({ 'content-type': type }, '{"id":"a1","data":{"program":"weight"}}');
      expect([...attributes]).toEqual([['id', 'a1']]);
      expect(data).toEqual({ program: 'weight' });
    }
  });

  it('takes a batch for a batch, though its media type begins like that of one event', () => {
    const message = read({ 'content-type': 'application/CLOUDEVENTS-batch+json' }, '[{"id":"a"},{"id":"b"}]');
    expect(message.mode === 'batch' && message.events).toHaveLength(2);
  });

  it('reads every item of a batch for itself: what is no event takes no other with it', () => {
    const message = read({ 'content-type': 'application/cloudevents-batch+json' }, '[7,{"id":"b"},null,[]]');
    expect(message.mode === 'batch' && message.events.map(isRefused)).toEqual([true, false, true, true]);
  });

  it('reads one in binary mode: attributes from ce- headers, data from the body', () => {
    const { attributes, data } = single(
      { ...binary, 'content-type': 'application/json', 'ce-journey': 'ep_1' },
      '{"n":1}',
    );
    expect(attributes.get('type')).toBe('payment.succeeded');
    expect(attributes.get('journey')).toBe('ep_1');
    expect(data).toEqual({ n: 1 });
    expect(single(binary).data).toBeUndefined();
  });

  it('decodes a binary header once, unquoting it first', () => {
    const decoded = (value: string) => single({ ...binary, 'ce-id': value }).attributes.get('id');
    expect(decoded('Euro%20%E2%82%AC%20%F0%9F%98%80')).toBe('Euro € 😀');
    expect(decoded('%25%32%30')).toBe('%20');
    expect(decoded('%61')).toBe('a');
    expect(decoded('"a \\"b\\" %20c"')).toBe('a "b"  c');
  });

  it.each(['%C0%A0', '%ED%A0%80', '%FF', '%E2%82', '100%', '%zz', 'é', '"no end'])(
    'refuses a binary header that is not percent-encoded UTF-8 (%s)',
    (value) => {
      expect(refusal(() => read({ ...binary, 'ce-id': value })).code).toBe('bad-header-encoding');
    },
  );

  it('refuses an attribute that came in two headers: neither is the true one', () => {
    expect(refusal(() => read({ ...binary, 'ce-id': ['a', 'b'] })).code).toBe('malformed-event');
  });

  it.each([
    ['application/cloudevents+xml', {}],
    ['application/cloudevents-batch+avro', {}],
    ['application/cloudevents', {}],
    ['application/cloudevents+json; charset=utf-16', {}],
    ['application/json', {}],
    ['text/plain', binary],
    ['application/xml', binary],
    ['not a media type', {}],
  ])('answers 415 for the format %s', (type, headers) => {
    try {
      read({ ...headers, 'content-type': type }, `{"${CANARY}":1}`);
    } catch (error) {
      expect(error).toMatchObject({ code: 'unsupported-media-type', status: 415 });
      return;
    }
    throw new Error('expected a refusal');
  });

  it.each([
    ['application/cloudevents+json', `{"id": ${CANARY}`],
    ['application/cloudevents-batch+json', `[{"id": "${CANARY}"},]`],
    ['application/cloudevents+json', ''],
  ])('says that JSON is malformed without repeating any of it (%s)', (type, body) => {
    const { code, message } = refusal(() => read({ 'content-type': type }, body));
    expect(code).toBe('malformed-json');
    expect(message).not.toContain('zebra');
  });

  it('refuses bytes that are not UTF-8 rather than store what they might mean', () => {
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(refusal(() => read({ 'content-type': 'application/cloudevents+json' }, body)).code).toBe('malformed-json');
  });

  it('refuses a batch that is no list, and data in base64', () => {
    expect(refusal(() => read({ 'content-type': 'application/cloudevents-batch+json' }, '{}')).code).toBe(
      'malformed-event',
    );
    expect(refusal(() => read({ 'content-type': 'application/cloudevents+json' }, '{"data_base64":"AA=="}')).code).toBe(
      'data-not-json',
    );
  });
});
