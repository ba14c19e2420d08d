import { randomBytes } from 'node:crypto';
import type { Response } from 'supertest';
import { TemporalLink } from '../../../api/temporal-link';
import { testTemporalAddress } from '../../setup/test-database';
import { PAYMENT_PLAN } from './payment-plan';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from './running-api';

let api: TestApi;
let temporal: TemporalLink;
beforeAll(async () => {
  api = await startTestApi();
  temporal = TemporalLink.lazy({
    address: testTemporalAddress(),
    namespace: 'default',
    payloadKey: api.payloadKey,
    taskQueue: api.taskQueue,
  });
});
afterAll(async () => {
  await temporal.close();
  await api.stop();
});

const newId = (): string => `start-${randomBytes(4).toString('hex')}`;

async function start(body: object, options: { actor?: ActorId; key?: string; on?: TestApi } = {}): Promise<Response> {
  const sent = (options.on ?? api).as(options.actor ?? 'release-manager-1').post('/v1/migrations', body);
  return options.key === undefined ? sent : sent.set('Idempotency-Key', options.key);
}

const codeOf = (answer: Response): string => (answer.body as { code: string }).code;

async function rowsOf(id: string, db = api.db): Promise<number> {
  const { rows } = await db.query<{ count: number }>('SELECT count(*)::int AS count FROM migration WHERE id = $1', [
    id,
  ]);
  return rows[0]?.count ?? -1;
}

describe('POST /v1/migrations', () => {
  it('writes the plan and the migration down, and starts its workflow under its id', async () => {
    const id = newId();
    const answer = await start({ plan: PAYMENT_PLAN, id, timeScale: 1440 });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      migration: id,
      planHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      phases: [
        {
          phase: 'payment',
          kind: 'payment',
          unit: 'episode',
          workflowId: `${id}.payment`,
          flagKey: `${id}.payment`,
          cohorts: ['pilot-states', 'everyone-else'],
        },
      ],
      notCarriedOut: [],
    });
    const described = await temporal.client.workflow.getHandle(id).describe();
    expect([described.type, described.status.name, described.taskQueue]).toEqual([
      'migration',
      'RUNNING',
      api.taskQueue,
    ]);
    const { rows } = await api.db.query<{ salt: string; source: string; hash: string }>(
      'SELECT m.salt, p.source, p.hash FROM migration m JOIN plan p ON p.hash = m.plan_hash WHERE m.id = $1',
      [id],
    );
    expect(rows[0]).toMatchObject({ source: PAYMENT_PLAN, hash: (answer.body as { planHash: string }).planHash });
    expect(rows[0]?.salt).toMatch(/^[0-9a-f]{32}$/);
  });

  it('draws another salt for each migration, so that the same patients are not always the first', async () => {
    const ids = [newId(), newId()];
    for (const id of ids) await start({ plan: PAYMENT_PLAN, id });
    const { rows } = await api.db.query<{ salt: string }>('SELECT salt FROM migration WHERE id = ANY ($1)', [ids]);
    expect(new Set(rows.map(({ salt }) => salt)).size).toBe(2);
  });

  it('refuses an id that is taken, whoever asks and whatever the plan', async () => {
    const id = newId();
    expect((await start({ plan: PAYMENT_PLAN, id })).status).toBe(201);
    for (const again of [
      await start({ plan: PAYMENT_PLAN, id }),
      await start({ plan: PAYMENT_PLAN, id }, { actor: 'release-manager-2' }),
      await start({ plan: PAYMENT_PLAN.replace('soak: 14d', 'soak: 21d'), id }),
      await start({ plan: PAYMENT_PLAN, id, timeScale: 2 }),
    ]) {
      expect([again.status, codeOf(again)]).toEqual([409, 'migration-exists']);
    }
  });

  it('answers a start that is repeated with its Idempotency-Key as it answered the first, and another key as another start', async () => {
    const id = newId();
    const first = await start({ plan: PAYMENT_PLAN, id }, { key: 'key-1' });
    const second = await start({ plan: PAYMENT_PLAN, id }, { key: 'key-1' });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect((await start({ plan: PAYMENT_PLAN, id }, { key: 'key-2' })).status).toBe(409);
    expect((await start({ plan: PAYMENT_PLAN, id }, { key: 'key-1', actor: 'release-manager-2' })).status).toBe(409);
  });

  it('starts one migration where many ask at once', async () => {
    const id = newId();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => start({ plan: PAYMENT_PLAN, id }, { key: `racer-${index}` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    expect(await rowsOf(id)).toBe(1);
  });

  it('refuses a bad plan with all that is wrong, and writes nothing', async () => {
    const id = newId();
    const answer = await start({
      plan: PAYMENT_PLAN.replace('unit: episode', 'unit: dog').replace('soak: 14d', 'soak: never'),
      id,
    });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'bad-plan']);
    expect((answer.body as { problems: object[] }).problems.length).toBeGreaterThanOrEqual(2);
    expect(await rowsOf(id)).toBe(0);
  });

  it('starts a plan with an answer that is waived until a day, and refuses it from that day on (R2)', async () => {
    const waiving = (expires: string): string =>
      `${PAYMENT_PLAN.replace('actionOwner: billing-operations', 'actionOwner: TBD')}
waivers:
  - code: WH305
    at: stackMap[4].actionOwner
    reason: The billing team is being hired; its lead starts before the first step.
    approvedBy: release-managers
    expires: ${expires}
`;
    const [late, early] = [newId(), newId()];
    const refused = await start({ plan: waiving('2026-01-31'), id: late });
    expect([refused.status, codeOf(refused)]).toEqual([400, 'bad-plan']);
    expect((refused.body as { problems: { code: string }[] }).problems.map(({ code }) => code)).toEqual([
      'WH305',
      'WH903',
    ]);
    expect(await rowsOf(late)).toBe(0);
    expect((await start({ plan: waiving('2126-01-31'), id: early })).status).toBe(201);
  });

  it('refuses compressed time in production, and real time nowhere', async () => {
    const production = await startTestApi({ production: true });
    try {
      const id = newId();
      const compressed = await start({ plan: PAYMENT_PLAN, id, timeScale: 60 }, { on: production });
      expect([compressed.status, codeOf(compressed)]).toEqual([400, 'time-scale-in-production']);
      expect(await rowsOf(id, production.db)).toBe(0);
      expect((await start({ plan: PAYMENT_PLAN, id, timeScale: 1 }, { on: production })).status).toBe(201);
    } finally {
      await production.stop();
    }
  });
});

describe('a start that Temporal did not take', () => {
  it('is refused before anything is written where Temporal is away', async () => {
    const alone = await startTestApi({ temporalAddress: NOWHERE });
    try {
      const id = newId();
      const answer = await start({ plan: PAYMENT_PLAN, id }, { on: alone });
      expect([answer.status, codeOf(answer), answer.headers['retry-after']]).toEqual([
        503,
        'temporal-unreachable',
        '5',
      ]);
      expect(await rowsOf(id, alone.db)).toBe(0);
    } finally {
      await alone.stop();
    }
  });

  it('is started by the same request sent again, where the row was written and the workflow not', async () => {
    const id = newId();
    // As a process that was killed in between left it.
    const elsewhere = newId();
    expect((await start({ plan: PAYMENT_PLAN, id: elsewhere })).status).toBe(201);
    await api.db.query(
      `INSERT INTO migration (id, plan_hash, salt, time_scale, state, started_by)
       SELECT $1, plan_hash, 'salt', 1, 'live', started_by FROM migration WHERE id = $2`,
      [id, elsewhere],
    );
    expect((await start({ plan: PAYMENT_PLAN, id }, { actor: 'release-manager-2' })).status).toBe(409);
    expect((await start({ plan: PAYMENT_PLAN, id })).status).toBe(201);
    expect((await temporal.client.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
    expect(await rowsOf(id)).toBe(1);
  });
});
