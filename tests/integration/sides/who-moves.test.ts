import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WhoMoves } from '../../../domain/sides/who-moves';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { letTimePass } from '../facts/let-time-pass';
import { startTestApi, type TestApi } from '../api/running-api';
import { runCommand } from '../cli/run-command';
import { placeUnit } from './place-unit';
import { episodes, OTHERS, PAYMENT, startMigration } from './started-migration';

const DAY = 86_400_000;
let api: TestApi;
let migration: string;
let started = 0;
let series = 0;

beforeAll(async () => {
  api = await startTestApi();
  await writeFile(join(api.folder, 'client.json'), JSON.stringify({ url: api.url, tokens: api.tokens }));
});
afterAll(() => api.stop());
beforeEach(async () => {
  migration = await startMigration(api.db, { id: `moves-${(started += 1)}` });
  for (const key of [PAYMENT, OTHERS]) await createSplit(api.db, { migration, ...key, lease: 60_000 });
});

async function shareOf(key: typeof PAYMENT | typeof OTHERS, share: number): Promise<void> {
  const of = { migration, ...key };
  const expectedEpoch = (await readSplit(api.db, of))?.epoch ?? 0;
  const from = (await readSplit(api.db, of))?.share ?? 0;
  await changeSplit(api.db, {
    ...{ ...of, expectedEpoch, share, perDay: null, mode: 'open', lease: 60_000 },
    cause: share > from ? 'raised' : 'lowered',
  });
}

async function arrive(count: number, key: typeof PAYMENT | typeof OTHERS = PAYMENT): Promise<string[]> {
  const units = episodes(count, (series += 1));
  for (const unit of units) await placeUnit(api.db, { migration, ...key, unit });
  return units;
}

async function ask(to: string, more = ''): Promise<WhoMoves> {
  const path = `/v1/migrations/${migration}/phases/payment/who-moves?to=${encodeURIComponent(to)}${more}`;
  const { body, status } = await api.as('support-lead-1').get(path);
  expect(status).toBe(200);
  return body as WhoMoves;
}

async function sides(): Promise<unknown[]> {
  return (await api.db.query('SELECT *, xmin FROM placement WHERE migration = $1 ORDER BY unit', [migration])).rows;
}

describe('who moves, before anybody does', () => {
  it('counts arrivals a day by cohort, and how many would go to target, from what was recorded', async () => {
    await arrive(60);
    await arrive(30, OTHERS);
    await letTimePass(api.db, migration, 9 * DAY);
    await arrive(60);
    const { window, cohorts } = await ask('25');
    expect(window.days).toBeCloseTo(9, 1);
    const [pilot, others] = cohorts;
    expect(pilot).toMatchObject({ cohort: PAYMENT.cohort, change: 'raise', arrivals: { count: 120, tooLittle: null } });
    expect(pilot?.arrivals.perDay).toBeCloseTo(120 / 9, 1);
    expect(pilot?.toTarget?.now).toBe(0);
    expect(pilot?.toTarget?.then).toBeCloseTo(120 / 9 / 4, 1);
    expect(others?.toTarget?.then).toBeCloseTo(30 / 9 / 4, 1);
    // Three weeks later the first of them say nothing of a day now.
    await letTimePass(api.db, migration, 10 * DAY);
    expect((await ask('25')).cohorts[0]?.arrivals.count).toBe(60);
    expect((await ask('10/day', `&cohort=${PAYMENT.cohort}`)).cohorts.map(({ toTarget }) => toTarget?.then)).toEqual([
      expect.closeTo(6, 0) as number,
    ]);
  });

  it('says that there is too little history, instead of a number', async () => {
    await arrive(3);
    const [pilot] = (await ask('25')).cohorts;
    expect(pilot).toMatchObject({ arrivals: { count: 3, perDay: null }, toTarget: null });
    expect(pilot?.arrivals.tooLittle).toContain('less than 1 day');
  });

  it('I1 says that nobody who has a side moves, and the change that follows moves nobody', async () => {
    await arrive(40);
    await shareOf(PAYMENT, 50_000);
    await arrive(40);
    for (const to of ['75', '100', '50', '10', '0']) {
      const [pilot] = (await ask(to)).cohorts;
      const { legacy, target, move, byHashAlone } = pilot?.placed ?? {};
      expect([(legacy ?? 0) + (target ?? 0), move]).toEqual([80, 0]);
      // The first forty came before the share was above zero: a hash alone would have told half of them another side by now.
      expect(byHashAlone?.looked).toBe(80);
      if (to !== '0') expect(byHashAlone?.flipped).toBeGreaterThan(0);
      const before = await sides();
      await shareOf(PAYMENT, Number(to) * 1_000);
      expect(await sides()).toEqual(before);
    }
  });

  it('shows who is in the middle of a journey, and for a lowering what a rollback would do with them', async () => {
    await shareOf(PAYMENT, 100_000);
    const units = await arrive(5);
    await api.db.query(
      `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
       SELECT $1, '/legacy/billing', gen_random_uuid(), 'review.assigned', u, 'pat_1', jsonb_build_object('episode', u), clock_timestamp(), 0,
              clock_timestamp(), '{}', clock_timestamp()
         FROM unnest($2::text[]) u`,
      [migration, units.slice(0, 2)],
    );
    const [raise] = (await ask('100')).cohorts;
    expect(raise).toMatchObject({ change: 'none', ifRolledBack: null });
    const [lower] = (await ask('10')).cohorts;
    expect(lower?.inFlight.map(({ milestone, before }) => [milestone, before.onTarget])).toEqual([
      [null, 3],
      ['in-review', 2],
    ]);
    expect(lower?.ifRolledBack?.map(({ after }) => after)).toEqual([
      { finishing: 0, broughtBack: 3, waiting: 0 },
      { finishing: 2, broughtBack: 0, waiting: 0 },
    ]);
  });

  it.each(['', '101', 'all', '-5', '10/week', '0/day', '25%25'])('refuses %p as a size', async (to) => {
    const { body, status } = await api
      .as('support-lead-1')
      .get(`/v1/migrations/${migration}/phases/payment/who-moves?to=${encodeURIComponent(to)}`);
    expect([status, (body as { code: string }).code]).toEqual([400, 'bad-request']);
  });

  it('is told by the command, as a page or in JSON', async () => {
    await shareOf(PAYMENT, 10_000);
    await arrive(30);
    await letTimePass(api.db, migration, 3 * DAY);
    const words = ['who-moves', 'payment', '--to', '25', '--migration', migration];
    const page = await runCommand(words, { HANDOFF_HOME: api.folder });
    expect([page.exitCode, page.stderr]).toEqual([0, '']);
    expect(page.stdout).toContain('payment, to 25% of the episodes that arrive. Reckoned from the arrivals of 3 days');
    expect(page.stdout).toMatch(/pilot-states +10% +10 +1 +2\.5 +\d+ +\d+ +0\n/);
    expect(page.stdout).toContain('30 have a side already, and keep it: a change of share moves 0 of them.');
    expect(page.stdout).toContain('everyone-else: too little history to say how many a day');
    const { stdout } = await runCommand([...words, '--json'], { HANDOFF_HOME: api.folder });
    expect(JSON.parse(stdout)).toMatchObject({ phase: 'payment', to: { share: 25_000, perDay: null } });
    const unnamed = await runCommand(['who-moves', '--to', '25', '--migration', migration], {
      HANDOFF_HOME: api.folder,
    });
    expect(unnamed.stderr).toContain('No phase is under way. Name one: payment.');
  });
});
