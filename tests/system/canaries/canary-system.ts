import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VENDOR_NAMES, type Vendor } from '../../../domain/hooks/vendors';
import type { Plan } from '../../../domain/plan/plan-schema';
import { loadPlan } from '../../../domain/plan/load-plan';
import { payloadKey } from '../../../supervisor/credentials';
import type { RunningSystem } from '../../../supervisor/running-system';
import { startSystem } from '../../../supervisor/start-system';
import { vendorSigner, type VendorSigner } from '../../fixtures/vendor-signers';
import { post, type Answer } from '../../integration/hooks/hooks-world';
import { startLocalHttpServer, type LocalHttpServer } from '../../integration/local-http-server';
import { startLocalSmtpServer, type LocalSmtpServer } from '../../integration/notify/local-smtp-server';
import { ensureBuilt } from '../../setup/built-system';
import { until } from '../../setup/until';
import { CANARY_PLAN } from './canary-plan';
import type { HookPayload } from './vendor-reader';

export const MIGRATION = 'canaries';
/** Ten minutes of a handoff take 100 ms, half an hour of a case 300 ms. */
const TIME_SCALE = 6_000;
const PUBLIC_URL = 'https://handoff.example';
const OTHER_SECRET = randomBytes(24).toString('base64url');

/** Where teams are told, by every kind of channel there is. */
const CHANNELS = {
  channels: [
    { name: 'pager', kind: 'pager', keyFrom: 'CANARY_PAGER_KEY' },
    { name: 'chat', kind: 'chat', urlFrom: 'CANARY_CHAT_URL' },
    {
      name: 'mail',
      kind: 'mail',
      urlFrom: 'CANARY_MAIL_URL',
      from: 'handoff@clinic.example',
      to: ['desk@clinic.example'],
    },
    { name: 'webhook', kind: 'webhook', urlFrom: 'CANARY_WEBHOOK_URL', secretFrom: 'CANARY_SECRET' },
  ],
};

export interface Changed {
  headers?: Readonly<Record<string, string>>;
  query?: string;
  /** Sent in place of what was signed. */
  body?: Buffer;
  signer?: VendorSigner;
}

/** The whole system as it is built, everything logged, with receivers of its notices, and vendors that sign. */
export class CanarySystem {
  readonly plan: Plan = loadPlan(CANARY_PLAN).plan;
  /** Whatever was answered to anybody: status, headers and body. */
  readonly answers: string[] = [];
  private system: RunningSystem | undefined;

  private constructor(
    private readonly folder: string,
    private readonly signers: Readonly<Record<Vendor, VendorSigner>>,
    readonly http: LocalHttpServer,
    readonly smtp: LocalSmtpServer,
  ) {}

  static async start(): Promise<CanarySystem> {
    ensureBuilt();
    const signers = Object.fromEntries(VENDOR_NAMES.map((vendor) => [vendor, vendorSigner(vendor)]));
    const world = new CanarySystem(
      mkdtempSync(join(tmpdir(), 'handoff-canaries-')),
      signers as Record<Vendor, VendorSigner>,
      await startLocalHttpServer(),
      await startLocalSmtpServer(),
    );
    mkdirSync(world.home, { mode: 0o711 });
    world.system = await startSystem({
      home: world.home,
      sandbox: false,
      quiet: true,
      environment: world.environment(),
    });
    const started = await world.ask('release-manager-1', '/v1/migrations', {
      body: JSON.stringify({ plan: CANARY_PLAN, id: MIGRATION, timeScale: TIME_SCALE }),
    });
    if (started.status >= 300) throw new Error(started.body);
    return world;
  }

  /** Data, logs, keys: all that it writes. */
  get home(): string {
    return join(this.folder, 'home');
  }

  get running(): RunningSystem {
    if (this.system === undefined) throw new Error('It does not run.');
    return this.system;
  }

  get payloadKey(): string {
    return payloadKey(this.home);
  }

  private environment(): Record<string, string | undefined> {
    const channels = join(this.folder, 'channels.json');
    const { url } = this.http;
    const file = {
      commands: [
        { migration: MIGRATION, system: 'legacy-billing', urlFrom: 'CANARY_COMMANDS_URL', secretFrom: 'CANARY_SECRET' },
      ],
      channels: CHANNELS.channels.map((one) => (one.kind === 'pager' ? { ...one, url: `${url}/pager` } : one)),
    };
    writeFileSync(channels, JSON.stringify(file));
    const secrets = VENDOR_NAMES.map((vendor) => [
      `HANDOFF_HOOK_SECRET_${vendor.toUpperCase()}`,
      this.signers[vendor].secret,
    ]);
    return {
      ...process.env,
      ...(Object.fromEntries(secrets) as Record<string, string>),
      HANDOFF_HOOK_SECRET_OTHER: OTHER_SECRET,
      HANDOFF_PUBLIC_URL: PUBLIC_URL,
      HANDOFF_LOG_LEVEL: 'trace',
      HANDOFF_CHANNELS_FILE: channels,
      CANARY_PAGER_KEY: 'routing-key-of-the-test',
      CANARY_CHAT_URL: `${url}/chat`,
      CANARY_COMMANDS_URL: `${url}/commands`,
      CANARY_MAIL_URL: this.smtp.url,
      CANARY_WEBHOOK_URL: `${url}/webhook`,
      CANARY_SECRET: 'secret-of-the-test-receiver',
    };
  }

  /** Delivers a payload as its vendor does. */
  async deliver({ hook, body, headers: own = {} }: HookPayload, changed: Changed = {}): Promise<Answer> {
    const { headers = {}, query = '', signer = this.signerOf(hook) } = changed;
    const { contentType } = signer;
    const bytes = Buffer.isBuffer(body) ? body : bodyOf(contentType, body);
    const path = `/v1/hooks/${hook}${query}`;
    const signed = signer.sign({ url: `${PUBLIC_URL}${path}`, body: bytes, at: Date.now() });
    return this.send(path, { 'content-type': contentType, ...own, ...signed, ...headers }, changed.body ?? bytes);
  }

  private signerOf(hook: string): VendorSigner {
    if (hook !== 'other') return this.signers[hook as Vendor];
    const sign: VendorSigner['sign'] = ({ body }) => ({
      'x-signature': createHmac('sha256', OTHER_SECRET).update(body).digest('hex'),
    });
    return { secret: OTHER_SECRET, contentType: 'application/json', signsTime: false, signsBody: true, sign };
  }

  /** Posts whatever it is; the answer is kept. */
  async send(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Answer> {
    const answer = await post(`${this.running.apiUrl}${path}`, { ...headers }, body);
    this.answers.push(`${answer.status} ${JSON.stringify(answer.headers)} ${answer.body}`);
    return answer;
  }

  /** The same as an actor. */
  sendAs(actor: string, path: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Answer> {
    return this.send(path, { authorization: this.bearer(actor), ...headers }, body);
  }

  bearer(actor: string): string {
    return `Bearer ${this.running.tokens[actor] ?? ''}`;
  }

  /** Asks as an actor; the answer is kept. */
  async ask(
    actor: string,
    path: string,
    { body, headers = {} }: { body?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<{ status: number; body: string }> {
    const response = await fetch(`${this.running.apiUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: this.bearer(actor), 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(30_000),
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    this.answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
    return { status: response.status, body: text };
  }

  /** Whatever teams and systems were told, by channel. */
  notices(): Record<string, string[]> {
    const by: Record<string, string[]> = {};
    for (const { path, headers, body } of this.http.received)
      (by[path.slice(1)] ??= []).push(`${path} ${JSON.stringify(headers)} ${body}`);
    by['mail'] = this.smtp.received.map((mail) => JSON.stringify(mail) + unquoted(mail.data));
    return by;
  }

  /** Waits, for as long as a loaded machine may take. */
  async settles(what: string, ask: () => Promise<boolean>): Promise<void> {
    await until(what, ask, 120_000);
  }

  /** Ends all processes; what they wrote stays. */
  async end(): Promise<void> {
    await this.system?.stop();
    this.system = undefined;
  }

  async stop(): Promise<void> {
    await this.end();
    await Promise.all([this.http.stop(), this.smtp.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function bodyOf(contentType: string, payload: unknown): Buffer {
  if (contentType.includes('form'))
    return Buffer.from(new URLSearchParams(payload as Record<string, string>).toString());
  return Buffer.from(JSON.stringify(payload));
}

/** A mail's text without soft line breaks. */
function unquoted(data: string): string {
  return data.replace(/=\r?\n/g, '');
}
