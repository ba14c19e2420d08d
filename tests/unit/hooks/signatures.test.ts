import { createHash } from 'node:crypto';
import type { VerifySignature } from '../../../platform/signatures/signed-request';
import { vendorSignature } from '../../../platform/signatures/vendor-signatures';
import { VENDOR_NAMES } from '../../../domain/hooks/vendors';
import { hubspotSigner, vendorSigner, type VendorSigner } from '../../fixtures/vendor-signers';

const URL_CALLED = 'https://handoff.example/v1/hooks/one?patient=pat_0123456789abcdef';
const AT = Date.parse('2027-03-01T10:00:00Z');
const JSON_BODY = Buffer.from('[{"id":"evt_1","name":"caf\u00e9"}]\r\n');
const FORM_BODY = Buffer.from('MessageSid=SM1&MessageStatus=delivered&To=%2B15550100');

/** Every vendor, and every way in which one signs, holds to this. */
function itVerifies(name: string, verify: VerifySignature, make: () => VendorSigner): void {
  describe(name, () => {
    const signer = make();
    const body = signer.contentType.includes('form') ? FORM_BODY : JSON_BODY;
    const signed = signer.sign({ url: URL_CALLED, body, at: AT });
    const judge = (
      change: { headers?: Record<string, string>; body?: Buffer; url?: string; secrets?: string[]; now?: number } = {},
    ): string => {
      const headers: Record<string, string> = { 'content-type': signer.contentType, ...(change.headers ?? signed) };
      return verify(
        {
          method: 'POST',
          url: change.url ?? URL_CALLED,
          header: (header) => headers[header],
          body: change.body ?? body,
        },
        change.secrets ?? [signer.secret],
        change.now ?? AT,
      );
    };

    it('takes what was signed with its secret', () => {
      expect(judge()).toBe('valid');
    });

    it('takes it with either of two secrets, while one replaces the other', () => {
      const other = make().secret;
      expect(judge({ secrets: [other, signer.secret] })).toBe('valid');
      expect(judge({ secrets: [signer.secret, other] })).toBe('valid');
      expect(judge({ secrets: [other] })).toBe('wrong');
    });

    it('takes nothing with no secret', () => {
      expect(judge({ secrets: [] })).toBe('wrong');
    });

    it('refuses what is not signed', () => {
      expect(judge({ headers: {} })).toBe('unsigned');
    });

    it('refuses any one changed byte of the body', () => {
      if (!signer.signsBody) return;
      for (let at = 0; at < body.length; at += 1) {
        const changed = Buffer.from(body);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(judge({ body: changed })).toBe('wrong');
      }
      expect(judge({ body: Buffer.concat([body, Buffer.from('\n')]) })).toBe('wrong');
    });

    it('refuses any one changed sign of what it was signed with', () => {
      for (const [header, value] of Object.entries(signed)) {
        if (header === 'signature-input' || header === 'x-hubspot-signature-version') continue;
        const from = header === 'stripe-signature' ? value.indexOf('v1=') + 3 : 0;
        const to = header === 'stripe-signature' ? from + 64 : value.length;
        for (let at = from; at < to; at += 1) {
          const sign = value[at] ?? '';
          // The last sign of base64 may carry bits that say nothing; ECDSA reads DER, where one never passes for another.
          if (sign === '=' || /^={0,2}$/.test(value.slice(at + 1))) continue;
          const changed = value.slice(0, at) + (sign === '0' ? '1' : '0') + value.slice(at + 1);
          if (changed.toLowerCase() === value.toLowerCase()) continue;
          expect([header, at, judge({ headers: { ...signed, [header]: changed } })]).not.toEqual([header, at, 'valid']);
        }
      }
    });

    it('refuses a signature of another kind or length without failing', () => {
      for (const value of ['', ' ', 'x', '=', ',', 'sig1=', 't=,v1=', 'ä', '0'.repeat(10_000), 'v1=,t=', 'sha256=']) {
        const headers = Object.fromEntries(Object.keys(signed).map((header) => [header, value]));
        expect(['unsigned', 'wrong', 'expired']).toContain(judge({ headers }));
      }
    });

    it(
      signer.signsTime
        ? 'refuses what is played back after five minutes, or is ahead of us'
        : 'signs no time, so holds at any',
      () => {
        const verdicts = [-300_001, 300_001].map((later) => judge({ now: AT + later }));
        expect(verdicts).toEqual(signer.signsTime ? ['expired', 'expired'] : ['valid', 'valid']);
        expect(judge({ now: AT + 299_000 })).toBe('valid');
      },
    );
  });
}

describe('signatures of vendors', () => {
  for (const vendor of VENDOR_NAMES) itVerifies(vendor, vendorSignature(vendor), () => vendorSigner(vendor));
  for (const version of ['v1', 'v2', 'v3'] as const) {
    itVerifies(`hubspot ${version}`, vendorSignature('hubspot', version), () =>
      hubspotSigner(vendorSigner('hubspot').secret, version),
    );
  }

  const verify = (
    vendor: 'stripe' | 'twilio' | 'hubspot',
    headers: Record<string, string>,
    body: Buffer,
    secret: string,
    url = URL_CALLED,
  ): string => vendorSignature(vendor)({ method: 'POST', url, header: (name) => headers[name], body }, [secret], AT);

  it('Stripe: one of several signatures is enough while a secret is rolled', () => {
    const [old, fresh] = [vendorSigner('stripe'), vendorSigner('stripe')];
    const one = old.sign({ url: URL_CALLED, body: JSON_BODY, at: AT })['stripe-signature'] ?? '';
    const two = fresh.sign({ url: URL_CALLED, body: JSON_BODY, at: AT })['stripe-signature'] ?? '';
    const both = `${one},${two.split(',')[1] ?? ''}`;
    for (const { secret } of [old, fresh]) {
      expect(verify('stripe', { 'stripe-signature': both }, JSON_BODY, secret)).toBe('valid');
    }
  });

  it('Twilio: the address may be written with its port or without, and is part of what is signed', () => {
    const signer = vendorSigner('twilio');
    const headers = {
      'content-type': signer.contentType,
      ...signer.sign({ url: URL_CALLED.replace('.example', '.example:443'), body: FORM_BODY, at: AT }),
    };
    expect(verify('twilio', headers, FORM_BODY, signer.secret)).toBe('valid');
    expect(verify('twilio', headers, FORM_BODY, signer.secret, `${URL_CALLED}&more=1`)).toBe('wrong');
  });

  it('Twilio: more fields than it sends are not sorted, whoever signed them', () => {
    const signer = vendorSigner('twilio');
    const { secret, contentType } = signer;
    const judge = (fields: number): unknown => {
      const body = Buffer.from(Array.from({ length: fields }, (_, at) => `f${at}=1`).join('&'));
      return verify(
        'twilio',
        { 'content-type': contentType, ...signer.sign({ url: URL_CALLED, body, at: AT }) },
        body,
        secret,
      );
    };
    expect([judge(1_000), judge(1_001)]).toEqual(['valid', 'wrong']);
  });

  it('Twilio: a body that is no form is signed by its digest in the address', () => {
    const signer = vendorSigner('twilio');
    const url = `${URL_CALLED}&bodySHA256=${createHash('sha256').update(JSON_BODY).digest('hex')}`;
    const signature = signer.sign({ url, body: Buffer.alloc(0), at: AT });
    const headers = { 'content-type': 'application/json', ...signature };
    expect(verify('twilio', headers, JSON_BODY, signer.secret, url)).toBe('valid');
    expect(verify('twilio', headers, Buffer.from('[{}]'), signer.secret, url)).toBe('wrong');
    const bare = signer.sign({ url: URL_CALLED, body: Buffer.alloc(0), at: AT });
    expect(verify('twilio', { 'content-type': 'application/json', ...bare }, JSON_BODY, signer.secret)).toBe('wrong');
  });

  it('HubSpot: a signature without a time does not stand in for v3', () => {
    const signer = hubspotSigner('secret', 'v1');
    expect(verify('hubspot', signer.sign({ url: URL_CALLED, body: JSON_BODY, at: AT }), JSON_BODY, 'secret')).toBe(
      'unsigned',
    );
  });
});
