import request from 'supertest';
import type { Readiness } from '../../api/health-router';
import { loadPlan } from '../../domain/plan/load-plan';
import { testTemporalAddress } from '../setup/test-database';
import { until } from '../setup/until';
import { startTcpGate } from '../integration/tcp-gate';
import { FollowedMigration, TIME_SCALE } from '../integration/api/follow-migration';
import { PAYMENT_PLAN } from '../integration/api/payment-plan';
import { NOWHERE, startTestApi, type TestApi } from '../integration/api/running-api';
import { startTestWorker } from '../integration/api/test-worker';

const codeOf = (answer: request.Response): string => (answer.body as { code: string }).code;

describe('with every worker away', () => {
  it('takes pause and rollback all the same, leaves them for the worker that comes back, and refuses the rest', async () => {
    const api = await startTestApi();
    try {
      const first = await startTestWorker(api);
      const migration = await FollowedMigration.start(api, 'left-alone');
      await migration.reaches('awaitingGoNoGo');
      await migration.says('release-manager-2', 'approve');
      await migration.says('clinical-lead-1', 'approve');
      await migration.reaches('watching');
      await first.stop();

      const [approve, rollback] = await Promise.all([
        migration.says('release-manager-2', 'resume', {}, 'resume-1'),
        migration.says('engineer-1', 'rollback', { scope: 'phase', reason: 'routing is broken' }),
      ]);
      expect(approve).toMatchObject({ status: 503, body: { code: 'workers-away' } });
      expect(rollback).toMatchObject({ status: 202, body: { outcome: 'signalled', cohorts: [] } });
      expect(rollback.body.detail).toContain('arrivals go to legacy when its lease ends');

      const second = await startTestWorker(api);
      try {
        await migration.reaches('rolledBack');
        const said = (await migration.audit()).filter(({ reason }) => reason === 'routing is broken');
        // I13: by the person whose token the API had checked.
        expect(said.length).toBeGreaterThan(0);
        for (const entry of said) expect(entry).toMatchObject({ actor: 'engineer-1', verified: true });
      } finally {
        await second.stop();
      }
    } finally {
      await api.stop();
    }
  }, 90_000);
});

describe('with Temporal away', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ temporalAddress: NOWHERE });
    await api.db.query(`INSERT INTO plan (hash, document, source) SELECT 'h', $1::jsonb, ''`, [
      JSON.stringify(loadPlan(PAYMENT_PLAN).plan),
    ]);
    await api.db.query(
      `INSERT INTO migration (id, plan_hash, salt, time_scale, state, started_by) VALUES ('here', 'h', 's', $1, 'live', 'release-manager-1')`,
      [TIME_SCALE],
    );
  });
  afterAll(() => api.stop());

  it('is ready for stacks, and says that commands are not taken', async () => {
    const answer = await request(api.url).get('/readyz');
    expect(answer.status).toBe(200);
    const readiness = answer.body as Readiness;
    expect(readiness.status).toBe('degraded');
    expect(readiness.missing.map(({ part }) => part)).toEqual(['temporal']);
  });

  it('answers status, audit and queues from Postgres', async () => {
    for (const path of ['', '/audit', '/queues', '/exceptions']) {
      expect((await api.as('engineer-1').get(`/v1/migrations/here${path}`)).status).toBe(200);
    }
  });

  it('stores events and says sides', async () => {
    const event = await api
      .as('sandbox-stacks')
      .post('/v1/events')
      .type('application/cloudevents+json')
      .send(
        JSON.stringify({
          specversion: '1.0',
          id: 'one',
          source: '/legacy/site',
          type: 'checkout.started',
          subject: 'pat_0000000000000001',
          journey: 'epi_0000000000000001',
          time: new Date().toISOString(),
        }),
      );
    expect([event.status, event.body]).toEqual([200, { stored: 1, duplicates: 0, refused: [] }]);
    const side = await api.as('sandbox-stacks').post('/ofrep/v1/evaluate/flags/here.payment', {
      context: { targetingKey: 'epi_0000000000000001', state: 'CO' },
    });
    expect([side.status, (side.body as { value: string }).value]).toEqual([200, 'legacy']);
  });

  it('refuses every command and says what to do', async () => {
    await Promise.all(
      ['approve', 'pause', 'rollback'].map(async (command) => {
        const body = command === 'rollback' ? { scope: 'phase' } : {};
        const answer = await api.as('release-manager-1').post(`/v1/migrations/here/phases/payment/${command}`, body);
        expect([command, answer.status, codeOf(answer)]).toEqual([command, 503, 'temporal-unreachable']);
        expect((answer.body as { detail: string }).detail).toContain('Repeat the command when it is back');
      }),
    );
  });

  it('takes Temporal up when it comes, without a restart', async () => {
    const gate = await startTcpGate();
    const behind = await startTestApi({ temporalAddress: gate.address });
    const status = async (): Promise<string> => ((await request(behind.url).get('/readyz')).body as Readiness).status;
    try {
      expect(await status()).toBe('degraded');
      gate.open(testTemporalAddress());
      await until('the API is ready', async () => (await status()) === 'ready', 20_000);
      gate.shut();
      await until('the API says that Temporal is gone', async () => (await status()) === 'degraded', 20_000);
      gate.open(testTemporalAddress());
      await until('the API is ready again', async () => (await status()) === 'ready', 20_000);
    } finally {
      gate.shut();
      await behind.stop();
      await gate.close();
    }
  }, 90_000);
});

describe('with Postgres away', () => {
  it('is not ready, says why, and refuses without a word of what it asked', async () => {
    const api = await startTestApi({ databaseUrl: `postgres://nobody@${NOWHERE}/none` });
    try {
      const ready = await request(api.url).get('/readyz');
      expect([ready.status, (ready.body as Readiness).missing.map(({ part }) => part)]).toEqual([503, ['postgres']]);
      expect((await request(api.url).get('/healthz')).status).toBe(200);
      const answer = await api.as('engineer-1').get('/v1/migrations');
      expect([answer.status, codeOf(answer)]).toEqual([503, 'postgres-unreachable']);
    } finally {
      await api.stop();
    }
  }, 30_000);

  it('is not ready on a database without the schema, and names the files that are missing', async () => {
    const api = await startTestApi();
    try {
      await api.db.query(`DELETE FROM schema_file WHERE name = '0001-ground.sql'`);
      const ready = await request(api.url).get('/readyz');
      expect(ready.status).toBe(503);
      expect(JSON.stringify(ready.body)).toContain('0001-ground.sql');
    } finally {
      await api.stop();
    }
  });

  it('is not ready on a database that had the schema with another content', async () => {
    const api = await startTestApi();
    try {
      await api.db.query(`UPDATE schema_file SET sha256 = repeat('0', 64)`);
      const ready = await request(api.url).get('/readyz');
      expect([ready.status, (ready.body as Readiness).missing.map(({ part }) => part)]).toEqual([503, ['schema']]);
    } finally {
      await api.stop();
    }
  });
});
