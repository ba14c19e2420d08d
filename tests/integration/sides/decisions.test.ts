import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SplitKey } from '../../../activities/traffic/traffic-router';
import { syntheticKey } from '../../../domain/sides/synthetic-key';
import { packageRoot } from '../../../platform/package-root';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { endMigration } from '../../../store/migration-records';
import { startTestApi, type TestApi } from '../api/running-api';
import { isBulk, isFailure, isSuccess } from './ofrep-answers';
import { until } from '../../setup/until';
import { episodes, OTHERS, PAYMENT, PLAN_TEXT, runOut, startMigration } from './started-migration';

const LEASE = 60_000;
const FLAG = '/ofrep/v1/evaluate/flags/payment-2026.payment';
const BULK = '/ofrep/v1/evaluate/flags';

let api: TestApi;
const pilot: SplitKey = { migration: 'payment-2026', ...PAYMENT };
const others: SplitKey = { migration: 'payment-2026', ...OTHERS };

beforeAll(async () => {
  api = await startTestApi();
  await startMigration(api.db);
  for (const key of [pilot, others]) await createSplit(api.db, { ...key, lease: LEASE });
});
afterAll(() => api.stop());

async function shift(share: number, key = pilot): Promise<void> {
  const expectedEpoch = (await readSplit(api.db, key))?.epoch ?? 0;
  await changeSplit(api.db, {
    ...key,
    expectedEpoch,
    share,
    perDay: null,
    mode: 'open',
    lease: LEASE,
    cause: 'raised',
  });
}

let series = 0;
function newKey(): string {
  return episodes(1, (series += 1))[0] ?? '';
}

interface Answer {
  status: number;
  body: { key: string; value?: string; reason?: string; errorCode?: string; errorDetails?: string; metadata?: object };
}

async function ask(context: unknown, path = FLAG): Promise<Answer> {
  return api.as('sandbox-stacks').post(path, { context });
}

describe('which side a unit is on, by OFREP', () => {
  it('answers with side, reason and where it was decided', async () => {
    await shift(100_000);
    const targetingKey = newKey();
    const first = await ask({ targetingKey, state: 'CO' });
    expect(first.status).toBe(200);
    expect(isSuccess(first.body)).toBe(true);
    expect(first.body).toEqual({
      ...{ key: 'payment-2026.payment', value: 'target', variant: 'target', reason: 'SPLIT' },
      metadata: {
        ...{ migration: 'payment-2026', phase: 'payment', cohort: 'pilot-states' },
        ...{ epoch: (await readSplit(api.db, pilot))?.epoch, algorithm: 1, why: 'inShare' },
      },
    });
    const again = await ask({ targetingKey, state: 'CO' });
    expect(again.body).toMatchObject({ value: 'target', reason: 'TARGETING_MATCH', metadata: { why: 'placedBefore' } });
  });

  it.each(['target', 'legacy'] as const)(
    'sends a synthetic patient to %s, which its key says, and writes nothing down: alone, by another key, and in bulk',
    async (side) => {
      await shift(side === 'target' ? 0 : 100_000);
      const placements = async (): Promise<unknown> => (await api.db.query('SELECT count(*) FROM placement')).rows[0];
      const before = await placements();
      const targetingKey = syntheticKey('epi', side, randomBytes(16));
      for (let again = 0; again < 2; again += 1) {
        const { status, body } = await ask({ targetingKey, state: 'CO' });
        expect([status, isSuccess(body)]).toEqual([200, true]);
        expect(body).toMatchObject({
          value: side,
          reason: 'TARGETING_MATCH',
          metadata: { why: 'synthetic', epoch: 0 },
        });
      }
      const patient = syntheticKey('pat', side, randomBytes(16));
      const byPatient = await ask({ targetingKey: newKey(), patient, state: 'CO' });
      expect(byPatient.body).toMatchObject({ value: side, metadata: { why: 'synthetic' } });
      const bulk = await ask({ targetingKey }, BULK);
      expect(bulk.body).toMatchObject({ flags: [{ value: side, metadata: { why: 'synthetic' } }] });
      expect(await placements()).toEqual(before);
    },
  );

  it('takes the cohort from the coded attributes', async () => {
    await shift(100_000);
    await shift(0, others);
    expect((await ask({ targetingKey: newKey(), state: 'OR' })).body).toMatchObject({ value: 'target' });
    for (const attributes of [{ state: 'NY' }, {}, { state: 'not-a-state' }, { unheardOf: 7 }]) {
      expect((await ask({ targetingKey: newKey(), ...attributes })).body).toMatchObject({
        ...{ value: 'legacy', reason: 'SPLIT' },
        metadata: { cohort: 'everyone-else', why: 'outsideShare' },
      });
    }
  });

  it('tells of an unattended split', async () => {
    await shift(100_000);
    await runOut(api.db, pilot);
    expect((await ask({ targetingKey: newKey(), state: 'CO' })).body).toMatchObject({
      ...{ value: 'legacy', reason: 'DEFAULT' },
      metadata: { why: 'unattended' },
    });
    // The fallback is written down by the next change that is refused for it.
    await expect(shift(100_000)).rejects.toMatchObject({ code: 'stale-epoch' });
    await shift(100_000);
  });

  it('takes the bare phase while one live migration has it, and says what to do when several do', async () => {
    const bare = '/ofrep/v1/evaluate/flags/payment';
    const targetingKey = newKey();
    const answer = await ask({ targetingKey, state: 'CO' }, bare);
    expect(answer.body).toMatchObject({ key: 'payment', value: 'target', metadata: { migration: 'payment-2026' } });
    const second = PLAN_TEXT.replace('migration: payment-2026', 'migration: payment-2027');
    await startMigration(api.db, { id: 'payment-2027', planText: second });
    await until('the database to show it', async () => (await ask({ targetingKey }, bare)).status === 400);
    const ambiguous = await ask({ targetingKey }, bare);
    expect(ambiguous).toMatchObject({ status: 400, body: { key: 'payment', errorCode: 'GENERAL' } });
    expect(ambiguous.body.errorDetails).toContain("'<migration>.<phase>'");
    const named = await ask({ targetingKey }, '/ofrep/v1/evaluate/flags/payment-2027.payment');
    expect(named.body).toMatchObject({ value: 'legacy', reason: 'DEFAULT', metadata: { why: 'notOpened' } });
    await endMigration(api.db, 'payment-2027');
    await until('the database to show it', async () => (await ask({ targetingKey }, bare)).status === 200);
  });

  it('goes on answering by its full name after a migration has ended: nobody falls back to the default of a stack', async () => {
    await startMigration(api.db, { id: 'ended-2025', planText: PLAN_TEXT.replace('payment-2026', 'ended-2025') });
    const key = { migration: 'ended-2025', ...PAYMENT };
    await createSplit(api.db, { ...key, lease: LEASE });
    await shift(100_000, key);
    const committed = { ...key, expectedEpoch: 2, share: 100_000, perDay: null, lease: LEASE };
    await changeSplit(api.db, { ...committed, mode: 'committed', cause: 'committed' });
    await endMigration(api.db, 'ended-2025');
    const answer = await ask({ targetingKey: newKey(), state: 'CO' }, '/ofrep/v1/evaluate/flags/ended-2025.payment');
    expect(answer.body).toMatchObject({ value: 'target', reason: 'STATIC', metadata: { why: 'committed' } });
  });

  it('finds the key of the unit in the attribute that is named after it', async () => {
    const episode = newKey();
    const byPatient = await ask({ targetingKey: episode.replace('epi', 'pat'), episode, state: 'CO' });
    expect(byPatient.body).toMatchObject({ value: 'target' });
    const direct = await ask({ targetingKey: episode, state: 'CO' });
    expect(direct.body).toMatchObject({ value: 'target', metadata: { why: 'placedBefore' } });
  });
});

describe('all flags of a context, by OFREP', () => {
  it('answers each phase whose unit the context names, by its full name', async () => {
    await shift(100_000);
    const answer = await ask({ targetingKey: newKey(), state: 'CO' }, BULK);
    expect(answer.status).toBe(200);
    expect(isBulk(answer.body)).toBe(true);
    expect(answer.body).toMatchObject({ flags: [{ key: 'payment-2026.payment', value: 'target' }] });
  });

  it('leaves out phases of other units, and tells what is wrong with one beside the others', async () => {
    const other = await ask({ targetingKey: newKey().replace('epi', 'pat') }, BULK);
    expect(other).toMatchObject({ status: 200, body: { flags: [] } });
    const wrong = await ask({ targetingKey: newKey(), state: 5 }, BULK);
    expect(isBulk(wrong.body)).toBe(true);
    expect(wrong.body).toMatchObject({ flags: [{ key: 'payment-2026.payment', errorCode: 'INVALID_CONTEXT' }] });
  });
});

describe('a question that cannot be answered', () => {
  const SECRET = 'jo-private-value';

  it.each<[string, unknown, number, string]>([
    ['no targeting key', {}, 400, 'TARGETING_KEY_MISSING'],
    ['a targeting key that is a number', { targetingKey: 5 }, 400, 'TARGETING_KEY_MISSING'],
    ['a targeting key that is null', { targetingKey: null }, 400, 'TARGETING_KEY_MISSING'],
    ['an empty targeting key', { targetingKey: '' }, 400, 'TARGETING_KEY_MISSING'],
    ['an address for a key', { targetingKey: `${SECRET}@example.com` }, 400, 'INVALID_CONTEXT'],
    ['a number of a telephone for a key', { targetingKey: '+1 555 0100' }, 400, 'INVALID_CONTEXT'],
    ['a key of another kind', { targetingKey: 'pat_00000000-0000-4000-8000-000000000000' }, 400, 'INVALID_CONTEXT'],
    [
      'a key of no kind of the plan',
      { targetingKey: 'zzz_00000000-0000-4000-8000-000000000000' },
      400,
      'INVALID_CONTEXT',
    ],
    ['an attribute that is no text', { targetingKey: episodes(1, 900)[0], state: [SECRET] }, 400, 'INVALID_CONTEXT'],
    ['a context that is a list', [SECRET], 400, 'INVALID_CONTEXT'],
    ['a context that is text', SECRET, 400, 'INVALID_CONTEXT'],
    ['no context', undefined, 400, 'TARGETING_KEY_MISSING'],
  ])('%s', async (_, context, status, errorCode) => {
    for (const path of [FLAG, BULK]) {
      const answer = await ask(context, path);
      if (path === BULK && answer.status === 200) continue;
      expect(answer).toMatchObject({ status, body: { errorCode } });
      expect(isFailure(answer.body)).toBe(true);
      expect(JSON.stringify(answer.body)).not.toContain(SECRET);
      if (path === FLAG) expect(answer.body.key).toBe('payment-2026.payment');
    }
  });

  it.each([
    ['is not JSON', `{"context": {"targetingKey": "${SECRET}`, 'PARSE_ERROR'],
    ['is a list', `["${SECRET}"]`, 'PARSE_ERROR'],
    ['is a number', '5', 'PARSE_ERROR'],
    ['is null', 'null', 'PARSE_ERROR'],
    ['is empty', '', 'TARGETING_KEY_MISSING'],
  ])('a body that %s', async (_, body, errorCode) => {
    const answer: Answer = await api.as('sandbox-stacks').post(FLAG, body).type('application/json');
    expect(answer).toMatchObject({ status: 400, body: { key: 'payment-2026.payment', errorCode } });
    expect(JSON.stringify(answer.body)).not.toContain(SECRET);
  });

  it('an unknown flag, and repeats its name only if it can be one', async () => {
    const context = { targetingKey: newKey() };
    for (const key of ['payment-2026.unknown', 'never-started.payment', 'unknown']) {
      const answer = await ask(context, `/ofrep/v1/evaluate/flags/${key}`);
      expect(answer).toMatchObject({ status: 404, body: { key, errorCode: 'FLAG_NOT_FOUND' } });
      expect(isFailure(answer.body)).toBe(true);
    }
    for (const key of [
      'epi_00000000-0000-4000-8000-000000000000',
      'jo%40example.com',
      'a.b.c',
      '%F0%9F%98%80',
      'constructor_',
    ]) {
      const answer = await ask(context, `/ofrep/v1/evaluate/flags/${key}`);
      expect(answer).toMatchObject({ status: 404, body: { key: 'not-a-flag-key', errorCode: 'FLAG_NOT_FOUND' } });
    }
    expect(await ask(context, '/ofrep/v1/evaluate/flags/%E0%A4%A')).toMatchObject({
      ...{ status: 400, body: { key: 'not-a-flag-key', errorCode: 'PARSE_ERROR' } },
    });
  });

  it('a phase of another migration, under the name of this one', async () => {
    const planText = readFileSync(join(packageRoot(), 'examples', 'telehealth.yaml'), 'utf8');
    await startMigration(api.db, { id: 'journey-2026', planText });
    try {
      const context = { targetingKey: newKey(), visitor: newKey().replace('epi', 'vis') };
      await until('the other is known', async () => {
        const { status } = await ask(context, '/ofrep/v1/evaluate/flags/journey-2026.front-door');
        return status === 200;
      });
      const answer = await ask(context, '/ofrep/v1/evaluate/flags/payment-2026.front-door');
      expect(answer).toMatchObject({
        ...{ status: 404, body: { key: 'payment-2026.front-door', errorCode: 'FLAG_NOT_FOUND' } },
      });
      expect(isFailure(answer.body)).toBe(true);
    } finally {
      await endMigration(api.db, 'journey-2026');
      await until(
        'it is gone',
        async () => (await ask({ targetingKey: newKey() }, '/ofrep/v1/evaluate/flags/payment')).status === 200,
      );
    }
  });

  it('a context of more than 64 KiB, and takes one just below', async () => {
    const padding = 'x'.repeat(64 * 1024 - 200);
    expect((await ask({ targetingKey: newKey(), padding })).status).toBe(200);
    const answer = await ask({ targetingKey: newKey(), padding: `${padding}${'x'.repeat(400)}` });
    expect(answer).toMatchObject({ status: 413, body: { key: 'payment-2026.payment', errorCode: 'GENERAL' } });
  });

  it('a stranger, and one who may not ask', async () => {
    const body = { context: { targetingKey: newKey() } };
    const stranger = await fetch(`${api.url}${FLAG}`, { method: 'POST', body: JSON.stringify(body) });
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('www-authenticate')).toBe('Bearer');
    expect(isFailure(await stranger.json())).toBe(true);
    const person: Answer = await api.as('engineer-1').post(FLAG, body);
    expect(person.status).toBe(403);
    expect(isFailure(person.body)).toBe(true);
  });

  it('another method', async () => {
    const answer = await api.as('sandbox-stacks').get(FLAG);
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('POST');
  });

  it('while Postgres is out of reach: 503, never a side by default', async () => {
    const cutOff = await startTestApi({ databaseUrl: 'postgres://nobody@127.0.0.1:9/nothing' });
    try {
      for (const path of [FLAG, BULK]) {
        const answer = await cutOff.as('sandbox-stacks').post(path, { context: { targetingKey: newKey() } });
        expect(answer.status).toBe(503);
        expect(answer.headers['retry-after']).toBe('1');
        expect(isFailure(answer.body)).toBe(true);
      }
    } finally {
      await cutOff.stop();
    }
  });

  it('leaves no key, no context and no body in the log (I15)', () => {
    expect(api.log()).not.toContain(SECRET);
    expect(api.log()).not.toMatch(/(epi|pat)_[0-9a-f]{8}/);
  });

  it('counts its answers by side and reason', async () => {
    const metrics = await fetch(`${api.url}/metrics`).then((response) => response.text());
    expect(metrics).toMatch(/handoff_decisions_total\{side="target",reason="inShare",process="api"\} [1-9]/);
    expect(metrics).not.toMatch(/(epi|pat)_[0-9a-f]{8}/);
  });
});
