import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { loadPlan } from '../../../domain/plan/load-plan';
import { createLogger } from '../../../platform/logger';
import { runRequestSchema } from '../../../sandbox/control/control-contract';
import { patientProfile } from '../../../sandbox/journey/patient-profile';
import type { RunState } from '../../../sandbox/runs/run-state';
import { Sandbox } from '../../../sandbox/sandbox';
import { createSplit } from '../../../store/splits';
import { startTestApi, type TestApi } from '../api/running-api';
import { until } from '../../setup/until';

const MIGRATION = 'journeys';

describe('whole journeys and the real API, by examples/telehealth.yaml', () => {
  let api: TestApi;
  let sandbox: Sandbox;
  beforeAll(async () => {
    api = await startTestApi();
    sandbox = new Sandbox({
      handoffUrl: api.url,
      token: api.tokens['sandbox-stacks'],
      ports: { legacy: 0, target: 0 },
      logger: createLogger('test', 'silent'),
    });
    await sandbox.open();
    const text = await readFile(join(__dirname, '..', '..', '..', 'examples', 'telehealth.yaml'), 'utf8');
    const started = await api
      .as('release-manager-1')
      .post('/v1/migrations', { plan: text, id: MIGRATION, timeScale: 6_000 });
    expect(started.status).toBe(201);
    // As in the midst of a migration: two phases are committed, payment is on its way, nothing after it has begun.
    const router = new PostgresTrafficRouter(api.db);
    for (const phase of loadPlan(text).plan.phases) {
      if (phase.kind === 'providerRouting' || phase.kind === 'portalRefills') continue;
      for (const cohort of phase.cohorts) {
        const key = { migration: MIGRATION, phase: phase.id, cohort: cohort.id };
        const { epoch } = await createSplit(api.db, { ...key, lease: 600_000 });
        if (cohort.staysOnLegacy !== undefined) continue;
        const change = { ...key, expectedEpoch: epoch, perDay: null, maxOpen: null };
        if (phase.kind !== 'payment') {
          await router.write({ ...change, share: 100_000, mode: 'committed', lease: 600_000, cause: 'committed' });
        } else {
          await router.write({ ...change, share: 50_000, mode: 'open', lease: 600_000, cause: 'raised' });
        }
      }
    }
  });
  afterAll(async () => {
    await sandbox.close(0);
    await api.stop();
  });

  it('agree on every event and on every side, phase by phase; nobody runs ahead of an earlier phase (I5, I14)', async () => {
    sandbox.startRun(
      runRequestSchema.parse({
        kind: 'journey',
        migration: MIGRATION,
        timeScale: 6_000,
        seed: 'real api',
        visitorsPerHour: 9,
        phases: {
          frontDoor: 'front-door',
          intake: 'intake',
          payment: 'payment',
          providerRouting: 'provider-routing',
          portalRefills: 'portal-and-refills',
        },
        prefixes: { visitor: 'vis', episode: 'ep', subscription: 'sub', patient: 'pat' },
      }),
    );
    const run = (): RunState => {
      const state = sandbox.runOf(MIGRATION);
      if (state === undefined) throw new Error('The run is gone.');
      return state;
    };
    await until('enough to have come', () => run().patients.arrived >= 100);
    const who = patientProfile(1, {
      ...{ migration: MIGRATION, seed: 'real api', mix: {} },
      prefixes: { visitor: 'vis', episode: 'ep', subscription: 'sub', patient: 'pat' },
    });
    // The portal has not moved, so whoever says STOP or is locked out says it to legacy; said twice it is one.
    for (const [path, more] of [
      ['/messaging/stops', {}],
      ['/messaging/stops', {}],
      ['/support/tickets', { about: 'login' }],
    ] as const) {
      const answer = await fetch(`${sandbox.state().stacks.legacy.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ who, ...more }),
      });
      expect(answer.ok).toBe(true);
    }
    sandbox.stopRun(MIGRATION);
    await until('patients, stacks and outboxes to come to rest', () => {
      const { stacks, events } = sandbox.state();
      const idle = Object.values(stacks).every(({ underway }) => underway[MIGRATION] === undefined);
      const pending = Object.values(events[MIGRATION] ?? {}).reduce((sum, counts) => sum + counts.pending, 0);
      return idle && pending === 0 && run().status === 'finished';
    });

    const counts = Object.values(sandbox.state().events[MIGRATION] ?? {});
    expect(counts.map(({ refused }) => refused)).toEqual([{}, {}]);
    const sent = counts.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    expect(counts.reduce((sum, { emitted }) => sum + emitted, 0)).toBe(sent);
    const stored = await api.db.query<{ stored: number }>(
      'SELECT count(*)::int AS stored FROM event WHERE migration = $1',
      [MIGRATION],
    );
    expect(stored.rows[0]?.stored).toBe(sent);
    expect(sent).toBeGreaterThan(600);

    const { rows: ofOne } = await api.db.query<{ type: string; code: string | null }>(
      `SELECT type, coalesce(data ->> 'sender', data ->> 'about') AS code FROM event
        WHERE migration = $1 AND journey = $2 AND type IN ('stop.received', 'sender.suppressed', 'support.ticketOpened') ORDER BY type, code`,
      [MIGRATION, who.journey],
    );
    expect(ofOne).toEqual([
      ...['email', 'sms', 'voice'].map((code) => ({ type: 'sender.suppressed', code })),
      { type: 'stop.received', code: null },
      { type: 'support.ticketOpened', code: 'login' },
    ]);

    const placed = await api.db.query<{ phase: string; side: string; count: number }>(
      'SELECT phase, side, count(*)::int AS count FROM placement WHERE migration = $1 GROUP BY phase, side',
      [MIGRATION],
    );
    const bySide: Record<string, Record<string, number>> = {};
    for (const { phase, side, count } of placed.rows)
      (bySide[phase] ??= { legacy: 0, target: 0, noSide: 0 })[side] = count;
    expect(bySide).toEqual(run().journey?.told);
    expect(bySide['payment']?.['legacy']).toBeGreaterThan(0);
    for (const phase of ['front-door', 'intake', 'payment']) expect(bySide[phase]?.['target']).toBeGreaterThan(0);

    // Nobody of whom an earlier phase says legacy is on target in a later one, so work is only ever handed from target to legacy.
    const bridges = run().journey?.bridges ?? {};
    expect(bridges['chart.created']?.['target→legacy']).toBeGreaterThan(10);
    expect(bridges['review.assigned']?.['target→legacy']).toBeGreaterThan(3);
    for (const [type, counted] of Object.entries(bridges)) {
      // Billing refunds what a provider declined, on the side that charged it.
      if (type !== 'payment.refunded') expect([type, counted['legacy→target']]).toEqual([type, 0]);
    }
  }, 150_000);
});
