import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PatientTimeline, TimelineEntry } from '../../../domain/status/patient-timeline';
import { packageRoot } from '../../../platform/package-root';
import { linkKeys } from '../../../store/key-links';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from '../api/running-api';
import { runCommand } from '../cli/run-command';
import { sweepAllDue } from '../facts/sweep-all-due';
import { createCrosswalkWorld, type CrosswalkWorld } from './crosswalk-world';

const PLAN = readFileSync(join(packageRoot(), 'examples/telehealth.yaml'), 'utf8').replace(
  'source: /legacy/billing }',
  "source: /legacy/billing, pages: { customer: 'https://billing.example/customers/{id}' } }",
);
const { plan } = loadPlan(PLAN);
const sourceOf = (system: string): string => plan.systems.find(({ id }) => id === system)?.source ?? '';

const key = (kind: 'patient' | 'episode' | 'subscription', number: number): string =>
  `${plan.keys[kind] ?? ''}_${String(number).padStart(16, '0')}`;

/** A journey over both stacks, a minute an event. */
const JOURNEY: [type: string, system: string, data?: object][] = [
  ['intake.started', 'target-intake', { program: 'weight' }],
  ['intake.submitted', 'target-intake', { program: 'weight', state: 'TX' }],
  ['crm.staged', 'target-crm'],
  ['payment.succeeded', 'legacy-billing', { program: 'weight', state: 'TX' }],
  ['message.delivered', 'legacy-messaging', { channel: 'email' }],
  ['review.assigned', 'target-routing', { program: 'weight', licensedIn: 'TX' }],
  ['review.approved', 'target-chart', { program: 'weight' }],
  ['prescription.acknowledged', 'target-pharmacy'],
  ['order.shipped', 'target-pharmacy'],
  ['tracking.visible', 'target-portal'],
];

let api: TestApi;
let world: CrosswalkWorld;
const KEY = 'cd'.repeat(32);
const BEGAN = Date.now() - 30 * 60_000;

beforeEach(async () => {
  api = await startTestApi({ temporalAddress: NOWHERE, payloadKey: KEY });
  world = await createCrosswalkWorld(api.db, { yaml: PLAN, payloadKey: KEY });
});
afterEach(() => api.stop());

async function send(patient: number, episode = patient, journey = JOURNEY): Promise<void> {
  const events = journey.map(([type, system, data], minute) => ({
    ...{ specversion: '1.0', id: `e-${patient}-${episode}-${minute}`, source: sourceOf(system), type },
    ...{ subject: key('patient', patient), journey: key('episode', episode), migration: world.migration.id },
    ...{ subscription: key('subscription', patient), time: new Date(BEGAN + minute * 60_000).toISOString() },
    ...(data !== undefined && { data }),
  }));
  const { body } = await api
    .as('sandbox-stacks')
    .post('/v1/events', JSON.stringify(events))
    .set('Content-Type', 'application/cloudevents-batch+json');
  expect(body).toMatchObject({ stored: journey.length, refused: [] });
}

const ask = (body: object, actor: ActorId = 'support-lead-1') =>
  api.as(actor).post(`/v1/migrations/${world.migration.id}/patients/timeline`, body);
const timeline = async (body: object): Promise<PatientTimeline> =>
  (await ask(body).expect(200)).body as PatientTimeline;

/** Every page, a few entries each. */
async function allOf(of: string, limit: number): Promise<TimelineEntry[]> {
  const entries: TimelineEntry[] = [];
  let after: string | undefined;
  do {
    const page: PatientTimeline = await timeline({ key: of, limit, ...(after !== undefined && { after }) });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    entries.push(...page.entries);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return entries;
}

describe('R15 a replayed patient resolves completely', () => {
  it('each event once, in order, with its stage and its owner; every handoff with how it stands; every stay with its time', async () => {
    await send(1);
    await sweepAllDue(api.db);
    const { standing, entries } = await timeline({ key: key('patient', 1), limit: 500 });
    const told = entries.flatMap((entry) => (entry.kind === 'event' ? [entry] : [])).reverse();
    expect(told.map(({ type, system }) => [type, system])).toEqual(JOURNEY.map(([type, system]) => [type, system]));
    for (const event of told) {
      expect(event).toMatchObject({ stage: expect.any(String) as string, owner: expect.any(String) as string });
      expect(event.stack).toBe(event.system?.startsWith('legacy') === true ? 'legacy' : 'target');
    }
    const { rows } = await api.db.query<{ handoff: string; outcome: string | null }>(
      'SELECT handoff, outcome FROM handoff_occurrence WHERE migration = $1',
      [world.migration.id],
    );
    expect(rows.length).toBeGreaterThan(3);
    const handoffs = entries.flatMap((entry) => (entry.kind === 'handoff' ? [`${entry.handoff} ${entry.change}`] : []));
    expect(handoffs.sort()).toEqual(
      rows
        .flatMap(({ handoff, outcome }) => [
          `${handoff} started`,
          ...(outcome === null ? [] : [`${handoff} ${outcome}`]),
        ])
        .sort(),
    );
    const [episode] = standing.episodes;
    expect(episode?.stages.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['intake', 'payment', 'provider-review', 'fulfillment']),
    );
    const whole = episode?.stages.reduce((sum, { time }) => sum + time, 0) ?? 0;
    const [first] = told;
    expect(Math.abs(whole - (Date.now() - Date.parse(first?.at ?? '')))).toBeLessThan(60_000);
    expect(episode?.stage).toBe(episode?.stages.at(-1)?.stage);
    const open = rows.filter(({ outcome }) => outcome === null).map(({ handoff }) => handoff);
    expect(standing.nextSteps.map(({ handoff }) => handoff).sort()).toEqual(open.sort());
  });

  it('page by page as all at once, also where everything was at one moment', async () => {
    await send(1);
    await sweepAllDue(api.db);
    await api.db.query(`UPDATE event SET time = $2 WHERE migration = $1`, [world.migration.id, new Date(BEGAN)]);
    const whole = (await timeline({ key: key('patient', 1), limit: 500 })).entries;
    expect(whole.length).toBeGreaterThan(JOURNEY.length);
    for (const limit of [1, 3, 7]) expect(await allOf(key('patient', 1), limit)).toEqual(whole);
  });

  it('by each of their keys, with what came under keys that are theirs since, and nothing of anybody else', async () => {
    await send(1);
    await send(2);
    await send(3);
    await linkKeys(api.db, {
      ...{ migration: world.migration.id, planHash: world.migration.planHash, actor: 'engineer-1', verified: true },
      phases: [],
      links: [{ kind: 'patient', alias: key('patient', 1), unit: key('patient', 2), unitKind: 'patient' }],
    });
    const whole = await timeline({ key: key('patient', 2), limit: 500 });
    expect(new Set(whole.entries.flatMap((entry) => ('episode' in entry ? [entry.episode] : [])))).toEqual(
      new Set([key('episode', 1), key('episode', 2)]),
    );
    for (const other of [key('patient', 1), key('episode', 1), key('subscription', 2)]) {
      expect((await timeline({ key: other, limit: 500 })).entries).toEqual(whole.entries);
    }
  });

  it('with sides, cases and links out to the vendors’ pages, whose ids stand nowhere else', async () => {
    await send(1, 1, JOURNEY.slice(0, 4));
    const [customer] = [{ vendor: 'legacy-billing', kind: 'customer', id: 'cus_CANARY1', names: 'patient' as const }];
    await world.receive({
      ...{ source: sourceOf('legacy-billing'), id: 'evt_1', type: null, time: null, data: {}, pairs: [] },
      ...{ ids: [customer], keys: { patient: key('patient', 1) } },
    });
    await api.db.query(
      `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, moved_from, moved_at, moved_because)
       VALUES ($1, 'payment', $2, NULL, 'legacy', 1, 'target', clock_timestamp(), 'bringBack')`,
      [world.migration.id, key('subscription', 1)],
    );
    await api.db.query(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at)
       VALUES ($1, 'event:x:1', 'payment-not-routed', $2, $3, 'care-coordination', now() + interval '1 hour')`,
      [world.migration.id, key('episode', 1), key('patient', 1)],
    );
    const { entries, standing } = await timeline({ key: key('patient', 1) });
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'side', change: 'placed', side: 'target', phase: 'payment' }),
        expect.objectContaining({ kind: 'side', change: 'moved', side: 'legacy', phase: 'payment' }),
        expect.objectContaining({ kind: 'case', change: 'opened', queue: 'payment-not-routed', by: null }),
        expect.objectContaining({ kind: 'id', page: 'https://billing.example/customers/cus_CANARY1' }),
      ]),
    );
    expect(standing.cases).toHaveLength(1);
    const withoutPages = JSON.stringify({ entries, standing }, (name, value: unknown) =>
      name === 'page' ? null : value,
    );
    expect(withoutPages).not.toContain('CANARY');
    expect(api.log()).not.toContain('CANARY');
  });

  it('is for people alone, and refuses what it cannot know', async () => {
    await ask({ key: key('patient', 1) }, 'sandbox-stacks').expect(403);
    await ask({ key: key('patient', 1) }, 'gate-automation').expect(403);
    expect((await ask({ key: key('patient', 1) }).expect(404)).body).toMatchObject({ code: 'unknown-key' });
    await send(1, 1, JOURNEY.slice(0, 1));
    for (const after of [
      'x',
      'e30',
      Buffer.from('1.').toString('base64url'),
      Buffer.from('999999999999999999.e1').toString('base64url'),
    ])
      expect((await ask({ key: key('patient', 1), after }).expect(400)).body).toMatchObject({ code: 'bad-cursor' });
    expect((await ask({ key: key('patient', 1), limit: 501 }).expect(400)).body).toMatchObject({ code: 'bad-request' });
  });

  it('is shown on the command line', async () => {
    await send(1);
    const run = (...words: string[]) =>
      runCommand(['patient', ...words], { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['support-lead-1'] });
    const shown = await run(key('patient', 1), '--limit', '3');
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toMatch(/provider-review +\S+ +\S+ +1m|fulfillment/);
    const next = /--after (\S+)/.exec(shown.stdout)?.[1] ?? '';
    const before = await run(key('patient', 1), '--limit', '500', '--after', next);
    expect(before.stdout).toMatch(/payment\.succeeded +payment, legacy-billing \(legacy\) +billing-operations/);
    expect(before.stdout).not.toMatch(/^patient /);
  });
});
