import { randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { VENDOR_NAMES, type Vendor } from '../../../domain/hooks/vendors';
import { vendorSigner, type VendorSigner } from '../../fixtures/vendor-signers';
import { startTestApi, type TestApi } from '../api/running-api';
import { CROSSWALK_PLAN } from '../crosswalk/crosswalk-world';
import { startMigrationOf } from '../facts/facts-plan';

/** The types that vendors' defaults mean, as far as the plan of the facts lacks them. */
const EVENTS = [
  ...['renewal.due', 'renewal.settled', 'charge.failed', 'subscription.cancelled', 'prescription.acknowledged'],
  ...['prescription.rejected', 'prescription.rerouted', 'order.shipped', 'appointment.booked', 'lab.ordered'],
  ...['chart.created', 'crm.staged', 'support.ticketOpened', 'support.answered', 'landing.viewed', 'cta.clicked'],
  ...['stop.received', 'portal.loggedIn', 'portal.loginRequested', 'hook.payment', 'hook.refund'],
];

function hookYaml(vendor: Vendor): string {
  const own =
    vendor === 'stripe'
      ? '\n    events:\n      - { from: payment_intent.succeeded, to: hook.payment, data: { status: { field: status } } }\n' +
        '      - { from: payment_intent.payment_failed, to: hook.payment, data: { status: { always: failed } } }\n' +
        '      - { from: charge.refunded, to: hook.refund }\n      - { from: customer.updated }'
      : '';
  return `  - id: ${vendor}\n    vendor: ${vendor}\n    system: hook-${vendor}\n    secrets: [${vendor.toUpperCase()}, ${vendor.toUpperCase()}_NEXT]${own}`;
}

/** The plan of the facts, with a hook of each vendor, each with a system of its own. It keeps events for good. */
export const KEEPING_HOOKS_PLAN = CROSSWALK_PLAN.replace(
  'systems:\n',
  `systems:\n${VENDOR_NAMES.map((vendor) => `  - { id: hook-${vendor}, side: shared, source: /hooks/${vendor} }\n`).join('')}`,
).replace(
  '\nevents:\n',
  `\nhooks:\n${VENDOR_NAMES.map(hookYaml).join('\n')}\nevents:\n${EVENTS.map((type) =>
    type === 'hook.payment'
      ? `  - { type: ${type}, data: { status: { kind: code, codes: [succeeded, failed], required: true } } }\n`
      : `  - { type: ${type} }\n`,
  ).join('')}`,
);

/** The same, which keeps events for a month. */
export const HOOKS_PLAN = `${KEEPING_HOOKS_PLAN}retention: { events: 30d }\n`;

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface HooksWorld {
  api: TestApi;
  migration: string;
  signers: Readonly<Record<Vendor, VendorSigner>>;
  /** Delivers a payload as its vendor does; what is changed goes before. */
  deliver(vendor: Vendor, payload: unknown, changed?: Changed): Promise<Answer>;
  /** Every table as text, but for those named. */
  dump(except?: string): Promise<string>;
  stop(): Promise<void>;
}

export interface Changed {
  /** In place of the signed headers, or beside them where `undefined` takes one away. */
  headers?: Record<string, string | undefined>;
  /** Sent in place of what was signed. */
  body?: Buffer;
  query?: string;
  signer?: VendorSigner;
  at?: number;
}

/** An API with a migration that has a hook of each vendor, and vendors that sign. */
export async function startHooksWorld(): Promise<HooksWorld> {
  const signers = Object.fromEntries(VENDOR_NAMES.map((vendor) => [vendor, vendorSigner(vendor)])) as Record<
    Vendor,
    VendorSigner
  >;
  const hookSecrets = new Map(VENDOR_NAMES.map((vendor) => [vendor.toUpperCase(), signers[vendor].secret]));
  const api = await startTestApi({ hookSecrets, publicUrl: 'https://handoff.example' });
  const migration = `hooks-${randomUUID()}`;
  await startMigrationOf(api.db, migration, 1, HOOKS_PLAN);
  return {
    ...{ api, migration, signers },
    deliver: (vendor, payload, { headers = {}, body, query = '', signer = signers[vendor], at = Date.now() } = {}) => {
      const { contentType } = signer;
      const signedBody = Buffer.isBuffer(payload) ? payload : bodyOf(contentType, payload);
      const path = `/v1/hooks/${vendor}${query}`;
      const signed = signer.sign({ url: `https://handoff.example${path}`, body: signedBody, at });
      return post(api.url + path, { 'content-type': contentType, ...signed, ...headers }, body ?? signedBody);
    },
    dump: (except) => dumpOf(api, except),
    stop: () => api.stop(),
  };
}

function bodyOf(contentType: string, payload: unknown): Buffer {
  if (contentType.includes('form'))
    return Buffer.from(new URLSearchParams(payload as Record<string, string>).toString());
  return Buffer.from(JSON.stringify(payload));
}

/** One request of its own connection, so that an answer that comes before the body was sent is read. */
export function post(
  url: string,
  headers: Record<string, string | undefined>,
  body: Buffer | AsyncIterable<Buffer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = Object.fromEntries(
      Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const request = httpRequest(url, { method: 'POST', headers: sent, agent: false });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        request.destroy();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.on('error', (error) => {
      if (!answered) reject(error);
    });
    if (Buffer.isBuffer(body)) request.end(body);
    else void pour(request, body, () => answered);
  });
}

async function pour(
  request: ReturnType<typeof httpRequest>,
  body: AsyncIterable<Buffer>,
  done: () => boolean,
): Promise<void> {
  for await (const chunk of body) {
    if (done() || request.destroyed) return;
    if (!request.write(chunk)) await new Promise((resolve) => request.once('drain', resolve).once('close', resolve));
  }
  request.end();
}

async function dumpOf({ db }: TestApi, except = ''): Promise<string> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> $1`,
    [except],
  );
  const texts: string[] = [];
  for (const { name } of rows) {
    const table = await db.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    texts.push(...table.rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

export const someKey = (prefix: 'pat' | 'ep'): string => `${prefix}_${randomUUID()}`;
export const someNumber = (): string => String(randomBytes(4).readUInt32BE() + 1_000_000_000);
