import { existsSync, statSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Response } from 'supertest';
import type { PlanThreadOptions } from '../../../api/plans/plan-thread';
import { loadPlan } from '../../../domain/plan/load-plan';
import { BadPlan } from '../../../domain/plan/bad-plan';
import { shippedTemplates } from '../../../platform/shipped-templates';
import { hostilePlans } from '../../fixtures/hostile-plans';
import { LARGE, largePlan } from '../../fixtures/large-plan';
import { until } from '../../setup/until';
import { episodes, PLAN_TEXT, startMigration } from '../sides/started-migration';
import { startTestApi, type TestApi } from './running-api';

const LARGEST = largePlan(LARGE);

let api: TestApi;
afterEach(() => api.stop());

async function start(limits: Partial<PlanThreadOptions> = {}): Promise<void> {
  api = await startTestApi({ planThread: { ...limits, preload: [join(__dirname, 'held-plans.cjs')] } });
}

/** A plan's lint, sent at once. */
async function lint(text: string): Promise<Response> {
  return api.as('engineer-1').post('/v1/plans/lint').type('text/yaml').send(text);
}

interface HeldLint {
  answer: Promise<Response>;
  /** Grows there: `under-way`. */
  folder: string;
  isAnswered: () => boolean;
  goOn: () => Promise<void>;
}

/** A lint of the largest plan that stays under way until it is told to go on. */
async function held(): Promise<HeldLint> {
  const folder = await mkdtemp(join(api.folder, 'held-'));
  let answered = false;
  const answer = lint(`${LARGEST}\n# held in ${folder}`).finally(() => (answered = true));
  await until('it is under way', () => existsSync(join(folder, 'under-way')));
  return { answer, folder, isAnswered: () => answered, goOn: () => writeFile(join(folder, 'go-on'), '') };
}

const isWell = async (): Promise<boolean> => (await fetch(`${api.url}/healthz`)).ok;

describe('while a large plan is judged', () => {
  it('sides, health and what else is asked are answered before it', async () => {
    await start();
    await startMigration(api.db);
    const { answer, isAnswered, goOn } = await held();
    const side = await api.as('sandbox-stacks').post('/ofrep/v1/evaluate/flags/payment-2026.payment', {
      context: { targetingKey: episodes(1, 1)[0], state: 'CO' },
    });
    expect([side.status, typeof (side.body as { value?: unknown }).value]).toEqual([200, 'string']);
    expect(await isWell()).toBe(true);
    expect((await api.as('engineer-1').get('/v1/migrations')).status).toBe(200);
    expect(isAnswered()).toBe(false);
    await goOn();
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect((body as { hash: string }).hash).toBe(loadPlan(LARGEST, Date.now(), shippedTemplates()).hash);
  });

  it('as many wait as there is room for, and the next is told to come again, whatever it is for', async () => {
    await start({ waiting: 2 });
    await startMigration(api.db);
    const { answer, goOn } = await held();
    const sent = [lint(PLAN_TEXT), lint(PLAN_TEXT), lint(PLAN_TEXT)];
    const refused = await Promise.race(sent);
    expect([refused.status, refused.headers['retry-after'], refused.type]).toEqual([
      503,
      '5',
      'application/problem+json',
    ]);
    expect(refused.body).toMatchObject({ code: 'plans-busy', type: 'urn:warm-handoff:plans-busy', status: 503 });
    const manager = api.as('release-manager-1');
    for (const other of [
      await manager.post('/v1/migrations', { plan: PLAN_TEXT }),
      await manager.post('/v1/migrations/payment-2026/plan/preview', { plan: PLAN_TEXT }),
    ])
      expect([other.status, (other.body as { code: string }).code]).toEqual([503, 'plans-busy']);
    await goOn();
    expect((await answer).status).toBe(200);
    expect((await Promise.all(sent)).map(({ status }) => status).sort()).toEqual([200, 200, 503]);
    expect((await lint(PLAN_TEXT)).status).toBe(200);
  });

  it('one that takes too long is given up, and those behind it have their turn', async () => {
    await start({ within: 25_000 });
    const { answer } = await held();
    const behind = lint(PLAN_TEXT);
    const { status, body } = await answer;
    expect([status, (body as { code: string }).code]).toEqual([413, 'plan-too-costly']);
    expect((await behind).status).toBe(200);
    expect(api.log()).toContain('the thread that judges plans was given up');
  });

  it('an API that is told to stop cuts it off after a while, and its thread ends with it', async () => {
    await start();
    const { answer, folder } = await held();
    const cutOff = expect(answer).rejects.toThrow('socket hang up');
    await api.stopApi();
    await cutOff;
    const turns = statSync(join(folder, 'under-way')).size;
    await api.db.query('SELECT pg_sleep(0.2)');
    expect(statSync(join(folder, 'under-way')).size).toBe(turns);
  });
});

describe('a thread that dies', () => {
  it('costs the plan that it judged, and no other', async () => {
    await start();
    const { answer: first, goOn } = await held();
    const dying = lint(`${PLAN_TEXT}\n# dies`);
    const behind = lint(PLAN_TEXT);
    await goOn();
    expect((await first).status).toBe(200);
    const { status, body } = await dying;
    expect([status, (body as { code: string }).code]).toEqual([500, 'internal-error']);
    expect(api.log()).toContain((body as { correlationId: string }).correlationId);
    expect((await behind).status).toBe(200);
    expect(await isWell()).toBe(true);
  });

  it('for want of memory says that the plan is too costly', async () => {
    await start({ memory: 40 });
    const worst =
      hostilePlans()
        .find(({ name }) => name === 'fifty thousand brackets, closed')
        ?.bytes.toString() ?? '';
    const { status, body } = await lint(worst);
    expect([status, (body as { code: string }).code]).toEqual([413, 'plan-too-costly']);
    expect((await lint(PLAN_TEXT)).status).toBe(200);
    expect(await isWell()).toBe(true);
  });
});

describe('a bad plan', () => {
  it('is refused with all that is wrong with it, as it is told without a thread', async () => {
    await start();
    for (const text of [
      `${PLAN_TEXT}\nundeclared: 1\n`,
      PLAN_TEXT.replace(/share: .*/, 'share: 400%'),
      LARGEST.slice(0, -300),
    ]) {
      const { status, body } = await lint(text);
      const told = problemsOf(text);
      expect(told.length).toBeGreaterThan(0);
      expect([status, body]).toEqual([400, expect.objectContaining({ code: 'bad-plan', problems: told })]);
    }
  });
});

function problemsOf(text: string): BadPlan['problems'] {
  try {
    loadPlan(text, Date.now(), shippedTemplates());
  } catch (error) {
    if (error instanceof BadPlan) return error.problems;
  }
  return [];
}
