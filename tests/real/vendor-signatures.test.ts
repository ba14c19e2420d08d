import type { Vendor } from '../../domain/hooks/vendors';
import type { HubspotVersion } from '../../domain/hooks/vendors/hubspot';
import { vendorSignature } from '../../platform/signatures/vendor-signatures';
import { vendorJson, vendorText } from './vendor-files';

interface Vector {
  name: string;
  vendor: Vendor;
  version?: HubspotVersion;
  secret: string;
  method?: string;
  url: string;
  headers: Record<string, string>;
  body: Buffer;
  /** The moment that it was signed at, in milliseconds. */
  at: number;
}

const ANYWHERE = 'https://handoff.example/v1/hooks/one';

function vectors(): Vector[] {
  const sendgrid = vendorJson<{ publicKey: string; signature: string; timestamp: string; rawBody: string }[]>(
    'sendgrid',
    'vectors.json',
  );
  const twilio = vendorJson<{ authToken: string; url: string; params: Record<string, string>; signature: string }>(
    'twilio',
    'vector.json',
  );
  const { v1, v2 } = vendorJson<{
    v1: { clientSecret: string; bodyFile: string; sha256hex: string };
    v2: { clientSecret: string; method: string; uri: string; sha256hex: string };
  }>('hubspot', 'vectors.json');
  return [
    ...sendgrid.map(({ publicKey, signature, timestamp, rawBody }, index) => ({
      name: `SendGrid's ${index + 1}`,
      vendor: 'sendgrid' as const,
      secret: publicKey,
      url: ANYWHERE,
      headers: {
        'x-twilio-email-event-webhook-signature': signature,
        'x-twilio-email-event-webhook-timestamp': timestamp,
      },
      body: Buffer.from(rawBody),
      at: Number(timestamp) * 1_000,
    })),
    {
      name: "Twilio's",
      vendor: 'twilio',
      secret: twilio.authToken,
      url: twilio.url,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': twilio.signature,
      },
      body: Buffer.from(new URLSearchParams(twilio.params).toString()),
      at: 0,
    },
    {
      name: "HubSpot's v1",
      vendor: 'hubspot',
      version: 'v1',
      secret: v1.clientSecret,
      url: ANYWHERE,
      headers: { 'x-hubspot-signature': v1.sha256hex, 'x-hubspot-signature-version': 'v1' },
      body: Buffer.from(vendorText('hubspot', v1.bodyFile).trimEnd()),
      at: 0,
    },
    {
      name: "HubSpot's v2",
      vendor: 'hubspot',
      version: 'v2',
      secret: v2.clientSecret,
      method: v2.method,
      url: v2.uri,
      headers: { 'x-hubspot-signature': v2.sha256hex, 'x-hubspot-signature-version': 'v2' },
      body: Buffer.alloc(0),
      at: 0,
    },
  ];
}

function judge(vector: Vector, change: Partial<Vector> = {}): string {
  const { vendor, version, secret, method = 'POST', url, headers, body, at } = { ...vector, ...change };
  return vendorSignature(vendor, version)({ method, url, header: (name) => headers[name], body }, [secret], at);
}

describe('signatures that vendors publish', () => {
  const found = vectors();

  it('are all there', () => {
    expect(found).toHaveLength(5);
  });

  it.each(found.map((vector) => [vector.name, vector] as const))('%s verifies', (_, vector) => {
    expect(judge(vector)).toBe('valid');
  });

  it.each(found.map((vector) => [vector.name, vector] as const))('%s fails with any one byte changed', (_, vector) => {
    for (let at = 0; at < vector.body.length; at += 1) {
      const body = Buffer.from(vector.body);
      body[at] = (body[at] ?? 0) ^ 1;
      expect(judge(vector, { body })).toBe('wrong');
    }
    for (const [header, value] of Object.entries(vector.headers)) {
      if (!header.includes('signature') || header.endsWith('version')) continue;
      const changed = `${value[0] === 'a' ? 'b' : 'a'}${value.slice(1)}`;
      expect(judge(vector, { headers: { ...vector.headers, [header]: changed } })).toBe('wrong');
    }
    expect(judge(vector, { secret: `${vector.secret.slice(0, -4)}AAAA` })).toBe('wrong');
    if (vector.vendor === 'twilio' || vector.version === 'v2') {
      expect(judge(vector, { url: `${vector.url}0` })).toBe('wrong');
    }
  });

  it("SendGrid's fail where the last line break is trimmed", () => {
    for (const vector of found.filter(({ vendor }) => vendor === 'sendgrid')) {
      expect(judge(vector, { body: Buffer.from(vector.body.toString().trimEnd()) })).toBe('wrong');
    }
  });

  it("SendGrid's are refused once they are old", () => {
    for (const vector of found.filter(({ vendor }) => vendor === 'sendgrid')) {
      expect(judge(vector, { at: vector.at + 300_001 })).toBe('expired');
    }
  });
});
