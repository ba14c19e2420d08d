import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../../cli/exit-codes';
import { runCli } from '../../../cli/run-cli';
import { packageRoot } from '../../../platform/package-root';
import { vendorPayloads } from '../../fixtures/vendor-payloads';

const PLAN = join(packageRoot(), 'examples', 'telehealth.yaml');
const WORDS = 'private words';

describe('handoff hooks test', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hooks-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const payloads = vendorPayloads({
    ...{ patient: 'pat_0123456789abcdef', episode: 'ep_0123456789abcdef', number: '47110815', words: () => WORDS },
    at: Date.parse('2026-03-01T10:00:00Z'),
  });

  function fileOf(body: unknown): string {
    const path = join(folder, 'payload');
    writeFileSync(path, typeof body === 'string' ? body : JSON.stringify(body));
    return path;
  }

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCli(['hooks', 'test', ...args], {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
      env: {},
      signal: new AbortController().signal,
    });
    return { code, out: out.join(''), err: err.join('') };
  }

  it('shows the event, its masked ids and keys, its codes and the names of what is dropped, and no value (R7)', async () => {
    const [paid] = payloads.stripe;
    const { code, out } = await run(fileOf(paid?.body), '--plan', PLAN, '--hook', 'stripe-legacy');
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('payment_intent.succeeded becomes an event\n  event    payment.succeeded\n');
    expect(out).toContain('customer cus_… (patient)');
    expect(out).toContain('patient pat_…, episode ep_…');
    expect(out).toContain('program=weight, state=CA');
    expect(out).toContain('data.object.shipping.address.line1');
    for (const hidden of [WORDS, '47110815', '0123456789abcdef']) expect(out).not.toContain(hidden);
  });

  it('says why a payload is refused, with the exit code for it', async () => {
    const [paid] = payloads.stripe;
    const body = JSON.parse(
      JSON.stringify(paid?.body).replace('"status":"succeeded"', '"status":"canceled"'),
    ) as unknown;
    const { code, out, err } = await run(fileOf(body), '--plan', PLAN, '--hook', 'stripe-legacy');
    expect([code, err]).toEqual([EXIT.refused, expect.stringContaining('Refused: 1 of 1') as string]);
    expect(out).toContain('hook-contradicts-itself');
  });

  it('without a plan shows what is understood of a vendor’s payload', async () => {
    const [delivered] = payloads.sendgrid;
    const { code, out } = await run(fileOf(delivered?.body), '--vendor', 'sendgrid', '--json');
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(out)).toMatchObject({
      events: [{ from: 'delivered', became: 'read', ids: [{ kind: 'message', id: 'sgms…' }] }],
    });
    expect(out).not.toContain(WORDS);
  });

  it('takes a form as it is, or its fields as JSON', async () => {
    const [, delivered] = payloads.twilio;
    const fields = delivered?.body as Record<string, string>;
    const asJson = await run(fileOf(fields), '--vendor', 'twilio');
    const asForm = await run(fileOf(new URLSearchParams(fields).toString()), '--vendor', 'twilio');
    expect(asForm).toEqual(asJson);
    expect(asForm.out).toContain('message.delivered is understood');
  });

  it.each([
    ['no JSON', '{"id": "evt', 'hook-malformed'],
    ['deep', '['.repeat(100_000), 'hook-too-deep'],
    ['of another vendor', '{"hello": "private words"}', 'hook-not-of-vendor'],
    ['too large', `"${'x'.repeat(1024 * 1024)}"`, 'hook-body-too-large'],
  ])('refuses what is %s by name, and repeats nothing of it', async (_, body, code) => {
    const { code: exit, err } = await run(fileOf(body), '--vendor', 'stripe', '--json');
    expect(exit).toBe(EXIT.refused);
    expect(JSON.parse(err)).toMatchObject({ error: { code } });
    expect(err).not.toContain('private');
  });

  it('asks which hook is meant where several fit, and for a file that can be read', async () => {
    const file = fileOf(payloads.stripe[0]?.body);
    expect((await run(file, '--plan', PLAN, '--vendor', 'stripe')).err).toContain('stripe-legacy, stripe-target');
    expect((await run(file, '--plan', PLAN, '--hook', 'nowhere')).err).toContain('The plan has: stripe-legacy');
    expect((await run(file)).code).toBe(EXIT.usage);
    expect((await run(join(folder, 'absent'), '--vendor', 'stripe')).code).toBe(EXIT.usage);
  });
});
