import { randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { createDataConverter, EncryptionCodec, UnreadablePayload } from '../../../platform/payload-codec';

const KEY = randomBytes(32);
const HERE = { type: 'workflow', namespace: 'default', workflowId: 'm.payment' } as const;

function payload(encoding: string | undefined, data: string | Uint8Array): Payload {
  return {
    metadata: encoding === undefined ? {} : { encoding: Buffer.from(encoding) },
    data: typeof data === 'string' ? Buffer.from(data) : data,
  };
}

async function encrypted(value: unknown, key = KEY): Promise<Payload> {
  const [made] = await new EncryptionCodec(key).encode([defaultPayloadConverter.toPayload(value)]);
  if (made === undefined) throw new Error('Nothing was encoded.');
  return made;
}

/** As a worker reads it that has read the workflow's input before. */
async function read(given: Payload, codec = new EncryptionCodec(KEY)): Promise<unknown> {
  await codec.decode([await encrypted('the input')], HERE);
  const [decoded] = await codec.decode([given], HERE);
  return defaultPayloadConverter.fromPayload(decoded ?? {});
}

/** One bit of it is another. */
function tampered(given: Payload, at: number): Payload {
  const data = Buffer.from(given.data ?? []);
  data[at] = (data[at] ?? 0) ^ 1;
  return { ...given, data };
}

describe('what our own processes exchange', () => {
  it.each([
    ['an object', { actor: { id: 'one', verified: true } }],
    ['an array', [1, 2]],
    ['a string', 'text'],
    ['nothing', undefined],
    ['null', null],
    ['bytes', new Uint8Array([1, 2, 3])],
  ])('comes back as it was: %s', async (_, value) => {
    expect(await read(await encrypted(value))).toEqual(value);
  });

  it('I15 is not readable in between', async () => {
    const { metadata, data } = await encrypted({ reason: 'a plain word' });
    expect(Buffer.from(data ?? []).toString('latin1')).not.toContain('plain');
    expect(Object.keys(metadata ?? {})).toEqual(['encoding']);
  });
});

describe('a payload that nobody of ours made', () => {
  it('keeps the fields of an object in plain JSON, stamped', async () => {
    const given = payload('json/plain', '{"actor":"on-call","unverified":false}');
    expect(await read(given)).toEqual({ actor: 'on-call', unverified: true });
  });

  it('is nothing where it holds nothing', async () => {
    expect(await read(payload('binary/null', ''))).toBeUndefined();
  });

  it.each([
    ['an array', payload('json/plain', '[{"verified":true}]')],
    ['a string', payload('json/plain', '"rollback"')],
    ['null in JSON', payload('json/plain', 'null')],
    ['JSON that is none', payload('json/plain', '{"actor":')],
    ['JSON nested too deep to write again', payload('json/plain', `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`)],
    ['no JSON at all', payload('json/plain', '')],
    ['protobuf as JSON', payload('json/protobuf', '{"actor":"x"}')],
    ['protobuf', payload('binary/protobuf', randomBytes(20))],
    ['bytes', payload('binary/plain', 'x')],
    ['an encoding of another product', payload('binary/zlib', 'x')],
    ['no encoding', payload(undefined, '{}')],
    ['no metadata', { data: Buffer.from('{}') }],
    ['nothing at all', {}],
    ['encryption too short to be one', payload('binary/encrypted', randomBytes(27))],
    ['encrypted noise', payload('binary/encrypted', randomBytes(100))],
  ])('is only known to be unverified: %s', async (_, given) => {
    expect(await read(given)).toEqual({ unverified: true });
  });

  it('is only known to be unverified: what another key encrypted', async () => {
    expect(await read(await encrypted({ actor: 'x' }, randomBytes(32)))).toEqual({ unverified: true });
  });

  it.each([0, 12, 30, -1])('is only known to be unverified: ours with byte %i changed', async (at) => {
    const ours = await encrypted({ actor: { id: 'one', verified: true } });
    const given = tampered(ours, at < 0 ? (ours.data?.length ?? 0) + at : at);
    expect(await read(given)).toEqual({ unverified: true });
  });

  it.each([
    ['plain JSON', payload('json/plain', '{}')],
    ['noise', payload('binary/encrypted', randomBytes(100))],
  ])('is refused by a client, which would take it for an answer: %s', async (_, given) => {
    const client = new EncryptionCodec(KEY, 'refuse');
    await expect(read(given, client)).rejects.toThrow(UnreadablePayload);
  });
});

describe('a worker with the wrong key', () => {
  it('fails a workflow it never could read, rather than take its input for somebody else’s', async () => {
    const input = await encrypted({ migration: 'm' });
    const wrong = new EncryptionCodec(randomBytes(32));
    await expect(wrong.decode([input], HERE)).rejects.toThrow(UnreadablePayload);
  });

  it('does so even where it can read another workflow', async () => {
    const codec = new EncryptionCodec(KEY);
    await codec.decode([await encrypted('input')], { ...HERE, workflowId: 'another' });
    await expect(codec.decode([await encrypted('input', randomBytes(32))], HERE)).rejects.toThrow(UnreadablePayload);
  });
});

describe('what Temporal’s own UI shows of a workflow', () => {
  const definition = { type: 'paymentPhase', queryDefinitions: [], signalDefinitions: [], updateDefinitions: [] };
  const encoded = async (value: object): Promise<string> => {
    const [made] = await new EncryptionCodec(KEY).encode([defaultPayloadConverter.toPayload(value)]);
    return Buffer.from(made?.metadata?.['encoding'] ?? []).toString();
  };

  it('stays readable', async () => {
    expect(await encoded({ definition, currentDetails: '| cohort |' })).toBe('json/plain');
  });

  it.each([
    ['more than that', { definition, currentDetails: '', reason: 'x' }],
    ['more in the definition', { definition: { ...definition, reason: 'x' } }],
    ['less than that', { definition: { type: 'x' } }],
  ])('is nothing that has %s', async (_, value) => {
    expect(await encoded(value)).toBe('binary/encrypted');
  });
});

it('a key that is not 32 bytes is refused', () => {
  expect(() => createDataConverter('abcd')).toThrow('64 hexadecimal digits');
});
