import { randomBytes } from 'node:crypto';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { VENDOR_NAMES, type Vendor } from '../../../domain/hooks/vendors';
import { vendorPayloads, type VendorPayload } from '../../fixtures/vendor-payloads';
import { vendorSigner } from '../../fixtures/vendor-signers';
import { until } from '../../setup/until';
import { post, someKey, someNumber, startHooksWorld, type Answer, type HooksWorld } from './hooks-world';

let world: HooksWorld;
beforeAll(async () => {
  world = await startHooksWorld();
});
afterAll(() => world.stop());

interface Problem {
  code: string;
  detail: string;
}

const code = ({ body }: Answer): string => (JSON.parse(body) as Problem).code;
const result = ({ status, body }: Answer): unknown => ({ status, ...(JSON.parse(body) as object) });

function payloadsOf(vendor: Vendor): VendorPayload[] {
  let said = 0;
  const keys = { patient: someKey('pat'), episode: someKey('ep') };
  const words = (): string => `planted-${randomBytes(4).toString('hex')}-${(said += 1)}`;
  return vendorPayloads({ ...keys, number: someNumber(), words, at: Date.now() - 60_000 })[vendor];
}

async function countEvents(): Promise<number> {
  const { rows } = await world.api.db.query<{ count: number }>(
    'SELECT (SELECT count(*) FROM event_identity)::int + (SELECT count(*) FROM unlinked_event)::int AS count',
  );
  return rows[0]?.count ?? 0;
}

describe.each(VENDOR_NAMES)('POST /v1/hooks/%s', (vendor) => {
  it('takes what its vendor signed, once, and answers the same delivery again as a duplicate (I5)', async () => {
    for (const { body, headers = {}, carries } of payloadsOf(vendor)) {
      const first = await world.deliver(vendor, body, { headers });
      expect(first).toMatchObject({ status: 200 });
      const { stored, held, noted, ignored } = JSON.parse(first.body) as Record<string, number>;
      expect((stored ?? 0) + (held ?? 0) + (noted ?? 0) + (ignored ?? 0)).toBe(1);
      if (!carries) expect(stored).toBe(0);
      const before = await countEvents();
      const again = await world.deliver(vendor, body, { headers });
      expect(again.status).toBe(200);
      expect(JSON.parse(again.body)).toMatchObject({ stored: 0, refused: [] });
      expect(await countEvents()).toBe(before);
    }
  });

  it('refuses what is unsigned, wrongly signed, changed by one byte or played back, keeps nothing and repeats nothing', async () => {
    const [payload] = payloadsOf(vendor);
    const { body, headers = {} } = payload ?? { body: {} };
    const { signsBody, signsTime, contentType } = world.signers[vendor];
    // A process renews its lease meanwhile.
    const before = await world.dump('api_process');
    const unsigned = await post(
      `${world.api.url}/v1/hooks/${vendor}`,
      { 'content-type': contentType },
      Buffer.from('{"planted-words":1}'),
    );
    expect([unsigned.status, code(unsigned)]).toEqual([401, 'hook-unsigned']);
    const wrong = await world.deliver(vendor, body, { headers, signer: vendorSigner(vendor) });
    expect([wrong.status, code(wrong)]).toEqual([401, 'hook-signature-wrong']);
    const answers = [unsigned, wrong];
    if (signsBody) {
      const text = contentType.includes('form')
        ? new URLSearchParams(body as Record<string, string>).toString()
        : JSON.stringify(body);
      const changed = Buffer.from(text);
      changed[changed.length - 4] = (changed[changed.length - 4] ?? 0) ^ 1;
      const answer = await world.deliver(vendor, Buffer.from(text), { headers, body: changed });
      expect([answer.status, code(answer)]).toEqual([401, 'hook-signature-wrong']);
      answers.push(answer);
    }
    if (signsTime) {
      for (const at of [Date.now() - 301_000, Date.now() + 360_000]) {
        const answer = await world.deliver(vendor, body, { headers, at });
        expect([answer.status, code(answer)]).toEqual([401, 'hook-signature-expired']);
        answers.push(answer);
      }
    }
    for (const answer of answers) expect(answer.body).not.toContain('planted');
    expect(await world.dump('api_process')).toBe(before);
  });
});

/** Vendors whose signature covers the address as it was called. */
const SIGNS_ADDRESS: readonly Vendor[] = ['healthie', 'hubspot', 'twilio'];

describe.each(VENDOR_NAMES)('what %s did not sign', (vendor) => {
  it('says nothing: a delivery played back with other headers, or to another address, is the event it was', async () => {
    for (const { body, headers = {} } of payloadsOf(vendor)) {
      const signer = world.signers[vendor];
      const { contentType } = signer;
      const bytes = contentType.includes('form')
        ? Buffer.from(new URLSearchParams(body as Record<string, string>).toString())
        : Buffer.from(JSON.stringify(body));
      const [path, at] = [`/v1/hooks/${vendor}`, Date.now()];
      const signed = signer.sign({ url: `https://handoff.example${path}`, body: bytes, at });
      const send = (unsigned: Record<string, string>, query = ''): Promise<Answer> =>
        post(
          `${world.api.url}${path}${query}`,
          { 'content-type': contentType, ...headers, ...unsigned, ...signed },
          bytes,
        );
      expect((await send({})).status).toBe(200);
      const before = await countEvents();
      const { resourceType = 'Patient', id = '17' } = body as { resourceType?: string; id?: string };
      const headed = await send({
        'x-medplum-deleted-resource': `${resourceType}/${id}`,
        'x-medplum-interaction': 'delete',
        'x-http-method-override': 'DELETE',
        'x-event-type': 'deleted',
        'x-shopify-topic': 'deleted',
        ...{ 'ce-type': 'deleted', 'ce-id': 'another', 'ce-time': '2020-01-01T00:00:00Z' },
      });
      expect(result(headed)).toMatchObject({ status: 200, stored: 0, held: 0, refused: [] });
      const asked = await send({}, `?type=deleted&patient=${someKey('pat')}&event=deleted&status=deleted`);
      if (SIGNS_ADDRESS.includes(vendor)) expect([asked.status, code(asked)]).toEqual([401, 'hook-signature-wrong']);
      else expect(result(asked)).toMatchObject({ status: 200, stored: 0, held: 0, refused: [] });
      expect(await countEvents()).toBe(before);
    }
  });
});

it('Medplum: a signed update played back as a deletion makes none, and an empty body tells of none', async () => {
  const patient = {
    resourceType: 'Patient',
    id: someNumber(),
    meta: { versionId: '1', lastUpdated: new Date().toISOString() },
  };
  const deleted = { 'x-medplum-deleted-resource': `Patient/${patient.id}` };
  expect(result(await world.deliver('medplum', patient))).toMatchObject({ status: 200, held: 1 });
  expect(result(await world.deliver('medplum', patient, { headers: deleted }))).toMatchObject({
    ...{ status: 200, stored: 0, held: 0, noted: 0, ignored: 0 },
    duplicates: 1,
  });
  expect(result(await world.deliver('medplum', {}, { headers: deleted }))).toMatchObject({
    ...{ status: 200, stored: 0, duplicates: 0, held: 0, noted: 0, ignored: 0 },
  });
});

const intent = (
  number: string,
  rest: object = {},
  type = 'payment_intent.succeeded',
  created = Date.now() / 1_000,
): object => ({
  ...{ id: `evt_${number}`, object: 'event', type, created: Math.floor(created) },
  data: {
    object: {
      ...{ id: `pi_${number}`, object: 'payment_intent', customer: `cus_${number}`, status: 'succeeded' },
      metadata: { patient: someKey('pat'), episode: someKey('ep') },
      description: 'planted words',
      ...rest,
    },
  },
});

describe('bad deliveries are refused by name, nothing is kept and nothing repeated', () => {
  it.each([
    ['truncated JSON', Buffer.from('{"id": "evt_1", "planted'), 400, 'hook-malformed'],
    ['nothing', Buffer.alloc(0), 400, 'hook-malformed'],
    ['a million lists in each other', Buffer.from('['.repeat(500_000)), 400, 'hook-too-deep'],
    ['a million maps in each other', Buffer.from('{"a":'.repeat(150_000)), 400, 'hook-too-deep'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400, 'hook-malformed'],
    ['UTF-16', Buffer.from('{"planted":1}', 'utf16le'), 400, 'hook-malformed'],
    ['a payload of somebody else', Buffer.from('{"planted": "words"}'), 400, 'hook-not-of-vendor'],
    ['words', Buffer.from('"planted words"'), 400, 'hook-not-of-vendor'],
  ])('%s', async (_, body, status, named) => {
    const before = await countEvents();
    const answer = await world.deliver('stripe', body);
    expect([answer.status, code(answer)]).toEqual([status, named]);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(answer.body).not.toContain('planted');
    expect(await countEvents()).toBe(before);
  });

  it.each([
    ['another charset', { 'content-type': 'application/json; charset=iso-8859-1' }, 415, 'hook-body-type'],
    ['another media type', { 'content-type': 'text/planted' }, 415, 'hook-body-type'],
    ['gzip', { 'content-encoding': 'gzip' }, 415, 'hook-encoded'],
  ])('%s', async (_, headers, status, named) => {
    const answer = await world.deliver('stripe', intent(someNumber()), { headers });
    expect([answer.status, code(answer)]).toEqual([status, named]);
    expect(answer.body).not.toContain('planted');
  });

  it('a gzip bomb is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    const answer = await world.deliver('stripe', bomb, { headers: { 'content-encoding': 'gzip' } });
    expect([answer.status, code(answer)]).toEqual([415, 'hook-encoded']);
  });

  describe('whoever makes a signature up takes no room of who signs', () => {
    const open: ClientRequest[] = [];
    const statuses: number[] = [];
    /** A delivery whose body does not end. */
    const begin = (headers: Record<string, string>, body = Buffer.from('{')): void => {
      const sent = { 'content-type': 'application/json', 'content-length': String(1024 * 1024), ...headers };
      const url = `${world.api.url}/v1/hooks/stripe`;
      const request = httpRequest(url, { method: 'POST', headers: sent, agent: false }, ({ statusCode = 0 }) => {
        statuses.push(statusCode);
      });
      open.push(request.on('error', () => undefined));
      request.write(body);
    };
    const madeUp = { 'stripe-signature': `t=1,v1=${'0'.repeat(64)}` };
    afterEach(() => {
      for (const request of open.splice(0)) request.destroy();
      statuses.length = 0;
    });

    it('without one no body is waited for', async () => {
      begin({});
      await until('the answer', () => statuses[0] === 401);
    });

    it('a flood of bodies that are kept back: signed deliveries to the same hook pass, and the oldest of the flood make room', async () => {
      for (let at = 0; at < 300; at += 1) begin(madeUp);
      // Of 256 that are held 44 made room for others, and one more for each that is signed.
      await until('the flood to be held', () => statuses.length >= 44);
      for (let at = 0; at < 30; at += 1) {
        expect((await world.deliver('stripe', intent(someNumber()))).status).toBe(200);
      }
      expect((await world.deliver('segment', payloadsOf('segment')[0]?.body)).status).toBe(200);
      // Some that were held meanwhile may have been waited for long enough.
      expect(statuses.filter((status) => status !== 503 && status !== 408)).toEqual([]);
    });

    it('bodies of a mebibyte less a byte: those that fill the room are ended, not the signed one', async () => {
      const almost = Buffer.alloc(1024 * 1024 - 1, 0x20);
      for (let at = 0; at < 20; at += 1) begin(madeUp, almost);
      await until('the room to be full', () => statuses.length >= 4);
      for (let at = 0; at < 3; at += 1) {
        expect((await world.deliver('stripe', intent(someNumber()))).status).toBe(200);
      }
      expect(statuses.filter((status) => status !== 503 && status !== 408)).toEqual([]);
    });
  });

  it('100 MB are refused before they are read, whether their length is said or not', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 0x20);
    const headers = { 'content-type': 'application/json', 'stripe-signature': `t=1,v1=${'0'.repeat(64)}` };
    async function* body(): AsyncGenerator<Buffer> {
      for (let sent = 0; sent < 100; sent += 1) yield await Promise.resolve(megabyte);
    }
    const before = process.memoryUsage().rss;
    const url = `${world.api.url}/v1/hooks/stripe`;
    const said = await post(url, { ...headers, 'content-length': String(100 * megabyte.length) }, body());
    expect([said.status, code(said)]).toEqual([413, 'hook-body-too-large']);
    const unsaid = await post(url, { ...headers, 'transfer-encoding': 'chunked' }, body());
    expect([unsaid.status, code(unsaid)]).toEqual([413, 'hook-body-too-large']);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
  });

  it.each([
    ['ten minutes ahead', Date.now() / 1_000 + 600, 400, 'event-from-the-future'],
    ['in the year 9000', 221_845_392_000, 400, 'event-from-the-future'],
    ['of before what the plan keeps', Date.now() / 1_000 - 31 * 86_400, 400, 'event-too-old'],
    ['before 1970', -1, 400, 'hook-bad-time'],
  ])('an event %s', async (_, created, status, named) => {
    const before = await countEvents();
    const answer = await world.deliver('stripe', intent(someNumber(), {}, 'payment_intent.succeeded', created));
    expect([answer.status, code(answer)]).toEqual([status, named]);
    expect(await countEvents()).toBe(before);
  });

  it('a time that is no number', async () => {
    const answer = await world.deliver('stripe', { ...intent(someNumber()), created: 'planted' });
    expect([answer.status, code(answer), answer.body.includes('planted')]).toEqual([400, 'hook-bad-time', false]);
  });

  it('one id with two contents: refused and named, its hash and codes kept, the first unchanged', async () => {
    const number = someNumber();
    const metadata = { patient: someKey('pat'), episode: someKey('ep') };
    const failed = intent(number, { status: 'requires_payment_method', metadata }, 'payment_intent.payment_failed');
    expect(result(await world.deliver('stripe', failed))).toMatchObject({ status: 200, stored: 1 });
    const other = await world.deliver('stripe', intent(number, { metadata }));
    expect([other.status, code(other)]).toEqual([409, 'event-id-reused']);
    const contradiction = await world.deliver(
      'stripe',
      intent(number, { status: 'requires_payment_method', metadata }),
    );
    expect([contradiction.status, code(contradiction)]).toEqual([409, 'event-id-reused']);
    const { rows } = await world.api.db.query(
      `SELECT type, code, data, times FROM hook_refused WHERE migration = $1 AND code = 'event-id-reused' ORDER BY first_at`,
      [world.migration],
    );
    expect(rows).toEqual([
      { type: 'payment_intent.succeeded', code: 'event-id-reused', data: { status: 'succeeded' }, times: 1 },
      { type: 'payment_intent.succeeded', code: 'event-id-reused', data: {}, times: 1 },
    ]);
    const { rows: events } = await world.api.db.query(`SELECT data FROM event WHERE migration = $1 AND id = $2`, [
      world.migration,
      `evt_${number}`,
    ]);
    expect(events).toEqual([{ data: { status: 'failed' } }]);
  });

  it('a success that says of itself that it is none', async () => {
    const answer = await world.deliver('stripe', intent(someNumber(), { status: 'requires_payment_method' }));
    expect([answer.status, code(answer)]).toEqual([409, 'hook-contradicts-itself']);
  });

  it('a hook that nobody declared, before its body is read', async () => {
    const answer = await post(`${world.api.url}/v1/hooks/planted`, {}, Buffer.from('{}'));
    expect([answer.status, code(answer)]).toEqual([404, 'unknown-hook']);
    expect(answer.body).not.toContain('planted');
  });

  it('logs nothing of any of them', () => {
    expect(world.api.log()).not.toContain('planted');
  });
});

describe('what hooks brought', () => {
  it('is counted by the vendor’s type, unknown ones too, and shown', async () => {
    const number = someNumber();
    expect(result(await world.deliver('stripe', intent(number, {}, 'price.created')))).toMatchObject({
      status: 200,
      ignored: 1,
    });
    const { body } = await world.api.as('engineer-1').get(`/v1/migrations/${world.migration}/hooks`);
    const { hooks } = body as {
      hooks: { hook: string; lastAt: string | null; counts: Record<string, number>; types: object[] }[];
    };
    expect(hooks.map(({ hook }) => hook)).toEqual(VENDOR_NAMES);
    const stripe = hooks.find(({ hook }) => hook === 'stripe');
    expect(stripe?.types).toContainEqual(
      expect.objectContaining({ type: 'price.created', result: 'unknown', count: 1 }),
    );
    expect(stripe?.types).toContainEqual(expect.objectContaining({ result: 'refused', code: 'event-id-reused' }));
    expect(stripe?.counts).toMatchObject({ unknown: 1 });
    expect(Date.parse(stripe?.lastAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  it('tells a bounded number of types apart, whatever a vendor makes up', async () => {
    const rows = Array.from({ length: 600 }, (_, at) => ({
      event: `made-up-${at}`,
      sg_event_id: `m${at}`,
      timestamp: 1_700_000_000,
    }));
    expect(result(await world.deliver('sendgrid', rows))).toMatchObject({ status: 200, ignored: 600 });
    const { rows: kept } = await world.api.db.query<{ types: number; count: number }>(
      `SELECT count(DISTINCT type)::int AS types, sum(count)::int AS count FROM hook_tally WHERE migration = $1 AND hook = 'sendgrid' AND result = 'unknown'`,
      [world.migration],
    );
    expect(kept[0]?.count).toBe(600);
    expect(kept[0]?.types).toBeLessThanOrEqual(201);
  });

  it('of a batch the good ones are kept and each bad one is named', async () => {
    const [payload] = payloadsOf('sendgrid');
    const [good] = payload?.body as object[];
    const answer = await world.deliver('sendgrid', [
      good,
      { event: 'delivered', timestamp: 1 },
      { ...good, timestamp: 'planted' },
    ]);
    expect(result(answer)).toMatchObject({
      status: 200,
      stored: 1,
      refused: [
        { index: 1, code: 'hook-event-without-id' },
        { index: 2, code: 'hook-bad-time' },
      ],
    });
    expect(answer.body).not.toContain('planted');
  });
});

describe('R7 I15 what people wrote, in any field of any payload', () => {
  it('is in no table, no log line, no metric and no answer', async () => {
    for (const vendor of VENDOR_NAMES) {
      for (const { body, headers = {} } of payloadsOf(vendor)) {
        const answer = await world.deliver(vendor, body, { headers });
        expect([answer.status, answer.body.includes('planted')]).toEqual([200, false]);
      }
    }
    const metrics = await world.api.as('engineer-1').get('/metrics');
    expect(metrics.text).toContain('handoff_hooks_total');
    for (const text of [await world.dump(), world.api.log(), metrics.text]) expect(text).not.toContain('planted');
  });

  it('and no id of a vendor stands anywhere but sealed', async () => {
    const number = someNumber();
    const keys = { patient: someKey('pat'), episode: someKey('ep') };
    const payloads = vendorPayloads({ ...keys, number, words: () => 'planted', at: Date.now() - 60_000 });
    for (const vendor of ['stripe', 'photon', 'segment', 'auth0', 'zendesk', 'customerio', 'hubspot'] as const) {
      for (const { body, ids } of payloads[vendor]) {
        expect(await world.deliver(vendor, body)).toMatchObject({ status: 200 });
        const dump = await world.dump();
        for (const id of Object.values(ids)) expect(dump).not.toContain(id.length > 12 ? id : `"${id}"`);
      }
    }
  });
});
