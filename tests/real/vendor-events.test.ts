import { randomBytes } from 'node:crypto';
import type { Vendor } from '../../domain/hooks/vendors';
import { HookTranslator, type Translated } from '../../domain/hooks/hook-translator';
import { EventContract } from '../../domain/events/event-contract';
import { HookRefused } from '../../domain/hooks/hook-refusal';
import { readBody } from '../../domain/hooks/read-body';
import { CrosswalkSecrets } from '../../platform/crosswalk-secrets';
import { systemClock } from '../../platform/system-clock';
import { hookSignature } from '../../platform/signatures/hook-signature';
import { Database } from '../../store/database';
import { MigrationPlans, type MigrationPlan } from '../../store/migration-plans';
import { receiveHook } from '../../store/receive-hook';
import { vendorSigner } from '../fixtures/vendor-signers';
import { KEEPING_HOOKS_PLAN } from '../integration/hooks/hooks-world';
import { startMigrationOf } from '../integration/facts/facts-plan';
import { startOwnPostgres, type OwnPostgres } from './own-postgres';
import { vendorFiles, vendorJson, vendorText } from './vendor-files';

/** What the notes on the files say: `taken` is an event, held where nobody knows whose it is, or told ids together; `ignored`: of a type that the plan says nothing of. */
type Expected = 'taken' | 'ignored' | 'event-id-reused' | 'event-from-the-future' | 'hook-not-of-vendor';

interface File {
  vendor: Vendor;
  name: string;
  body: string;
  expected: Expected;
}

/** In the order of their names; in a file of several payloads each is one. */
function files(): File[] {
  const of = (vendor: Vendor, folder: string, expected: Record<string, Expected>): File[] =>
    vendorFiles(folder).flatMap((name) => {
      if (name.endsWith('.schema.json') || name.startsWith('vector') || name === 'events.json') return [];
      return [{ vendor, name, body: vendorText(folder, name), expected: expected[name] ?? 'taken' }];
    });
  const bundle = vendorJson<{ entry: { resource: { resourceType: string } }[] }>(
    'fhir',
    'synthea-r4-trimmed-bundle.json',
  );
  return [
    ...of('stripe', 'stripe', {
      'checkout_session_completed.json': 'ignored',
      'invoice_finalized.json': 'ignored',
      'invoice_paid.json': 'ignored',
      'invoice_updated.json': 'ignored',
      // It says that it succeeded and that it did not, under the id of the one that failed.
      'payment_intent_succeeded.json': 'event-id-reused',
      'subscription_created.json': 'ignored',
      'subscription_deleted.json': 'ignored',
      'subscription_updated.json': 'ignored',
    }),
    ...of('customerio', 'customerio', { 'email_sent.json': 'ignored', 'sms_sent.json': 'ignored' }),
    // The samples share an id: the second to come is another event under it.
    ...of('photon', 'photon', { 'order.completed.json': 'ignored', 'order.fulfillment.json': 'event-id-reused' }),
    ...of('auth0', 'auth0', {}),
    ...of('zendesk', 'zendesk', { 'user.active_changed.json': 'ignored' }),
    ...of('segment', 'segment', { 'track.common.json': 'ignored' }),
    ...of('hubspot', 'hubspot', { 'contact.propertyChange.json': 'ignored' }),
    ...of('fhir', 'fhir', {
      'r4-backport-status-parameters.json': 'ignored',
      // A transaction, and no notification.
      'synthea-r4-trimmed-bundle.json': 'hook-not-of-vendor',
    }),
    ...bundle.entry.map(({ resource }): File => ({
      ...{ vendor: 'medplum', name: resource.resourceType, body: JSON.stringify(resource) },
      expected: resource.resourceType === 'Patient' ? 'taken' : 'ignored',
    })),
    ...Object.entries(vendorJson<Record<string, { event_type: string }>>('healthie', 'events.json')).map(
      ([name, event]): File => ({
        ...{ vendor: 'healthie', name, body: JSON.stringify(event) },
        expected: ['appointment.created', 'lab_order.created', 'patient.created', 'patient.updated'].includes(
          event.event_type,
        )
          ? 'taken'
          : 'ignored',
      }),
    ),
    ...vendorJson<{ rawBody: string }[]>('sendgrid', 'vectors.json').map(({ rawBody }, at): File => ({
      vendor: 'sendgrid',
      name: `vector ${at + 1}`,
      body: rawBody,
      expected: 'ignored',
    })),
    {
      ...{ vendor: 'twilio', name: 'vector', expected: 'ignored' },
      body: new URLSearchParams(
        vendorJson<{ params: Record<string, string> }>('twilio', 'vector.json').params,
      ).toString(),
    },
  ];
}

describe('payloads that vendors publish', () => {
  let postgres: OwnPostgres;
  let db: Database;
  let migration: MigrationPlan;
  const secrets = new CrosswalkSecrets(randomBytes(32).toString('hex'));

  beforeAll(async () => {
    postgres = await startOwnPostgres();
    db = Database.connect({ url: postgres.url, applicationName: 'vendor-events' });
    await startMigrationOf(db, 'vendors', 1, KEEPING_HOOKS_PLAN);
    const found = await new MigrationPlans(systemClock).byId(db, 'vendors');
    if (found === undefined) throw new Error('The migration is not there.');
    migration = found;
  });
  afterAll(async () => {
    await db.close();
    await postgres.stop();
  });

  async function becomes({ vendor, body }: File): Promise<string[]> {
    const hook = migration.plan.hooks?.find(({ id }) => id === vendor);
    if (hook === undefined) throw new Error('There is no such hook.');
    const signer = vendorSigner(vendor);
    const [bytes, url, now] = [Buffer.from(body), `https://handoff.example/v1/hooks/${vendor}`, Date.now()];
    const headers: Record<string, string> = {
      'content-type': signer.contentType,
      ...signer.sign({ url, body: bytes, at: now }),
    };
    const request = { method: 'POST', url, header: (name: string) => headers[name], body: bytes };
    expect(hookSignature(hook)(request, [signer.secret], now)).toBe('valid');
    const translator = new HookTranslator(hook, migration.plan, new EventContract(migration.plan));
    let items: Translated[];
    try {
      const parsed = readBody(translator.bodyKind, bytes);
      const delivery = { body: parsed, query: {}, bodyDigest: body };
      items = (await translator.translate(delivery, now)).map(({ translated }) => translated);
    } catch (error) {
      if (!(error instanceof HookRefused)) throw error;
      return [error.code];
    }
    const outcomes = await receiveHook(
      { db, secrets, migration, now, hook: hook.id, source: translator.source, shard: 0 },
      items,
    );
    return outcomes.map(({ became, refusal }) => {
      if (refusal !== undefined) return refusal.code;
      return became === 'unknown' || became === 'unmet' ? 'ignored' : 'taken';
    });
  }

  it('are all there', () => {
    expect(files().length).toBeGreaterThan(200);
  });

  it('are taken or refused as their notes say, each in the order of its name', async () => {
    const seen: string[] = [];
    const expected: string[] = [];
    for (const file of files()) {
      for (const one of await becomes(file)) {
        seen.push(`${file.vendor}/${file.name}: ${one}`);
        expected.push(`${file.vendor}/${file.name}: ${file.expected}`);
      }
    }
    expect(seen).toEqual(expected);
  });

  it('say the same when they are sent again: nothing is stored twice', async () => {
    const count = async (): Promise<unknown> =>
      (await db.query(`SELECT (SELECT count(*) FROM event_identity) + (SELECT count(*) FROM unlinked_event) AS count`))
        .rows;
    const before = await count();
    for (const file of files()) await becomes(file);
    expect(await count()).toEqual(before);
  });

  it('leave no name, no address and no word of theirs in the database (R7)', async () => {
    const { rows } = await db.query<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const texts: string[] = [];
    for (const { name } of rows) {
      const table = await db.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      texts.push(...table.rows.map(({ row }) => row));
    }
    const dump = texts.join('\n');
    for (const said of [
      'test@',
      'example.com',
      '+1555',
      'EXAMPLE REASON',
      'Wrong email',
      'Chrome',
      'SUPABASE',
      'invalid@gmail',
      'cus_J7M',
      'REDACTED',
    ]) {
      expect(dump).not.toContain(said);
    }
  });
});
