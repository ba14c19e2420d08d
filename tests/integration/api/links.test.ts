import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkAnswer } from '../../../domain/status/key-links';
import { readAudit } from '../../../store/audit-log';
import { changeSplit, createSplit } from '../../../store/splits';
import { runCommand } from '../cli/run-command';
import { joinProcess } from '../sides/joined-process';
import { newKey } from '../sides/link-keys';
import { PAYMENT, PLAN_TEXT, startMigration } from '../sides/started-migration';
import { until } from '../../setup/until';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from './running-api';

const TEST_UNIT = 'epi_00000000-0000-4000-8000-00000000007e';

describe('linking keys', () => {
  let api: TestApi;
  let migration: string;
  beforeEach(async () => {
    api = await startTestApi({ temporalAddress: NOWHERE });
    migration = await startMigration(api.db, { planText: `${PLAN_TEXT}\ntestUnits: [${TEST_UNIT}]\n` });
    await createSplit(api.db, { migration, ...PAYMENT, lease: 60_000 });
    await changeSplit(api.db, {
      ...{ migration, ...PAYMENT, expectedEpoch: 1, share: 100_000, perDay: null, maxOpen: null },
      ...{ mode: 'open', lease: 60_000, cause: 'raised' },
    });
  });
  afterEach(() => api.stop());

  const post = (links: unknown, actor: ActorId = 'sandbox-stacks') =>
    api.as(actor).post(`/v1/migrations/${migration}/links`, { links });
  const link = (alias = newKey('episode'), unit = newKey('episode')) => ({ kind: 'episode', alias, unit });
  const answered = async (unit: string, state = 'CO'): Promise<{ value: string; why: string }> => {
    const { body } = await api
      .as('sandbox-stacks')
      .post(`/ofrep/v1/evaluate/flags/${migration}.payment`, { context: { targetingKey: unit, state } })
      .expect(200);
    const { value, metadata } = body as { value: string; metadata: { why: string } };
    return { value, why: metadata.why };
  };

  it('I1 both keys are answered alike at once, from memory too', async () => {
    const { kind, alias, unit } = link();
    expect(await answered(alias)).toEqual({ value: 'target', why: 'inShare' });
    const { body } = await post([{ kind, alias, unit }]).expect(200);
    expect(body).toEqual({
      ...{ linked: 1, alreadyLinked: 0, refused: 0, contradicted: 0 },
      results: [{ outcome: 'linked', contradicted: false }],
    });
    const placedBefore = { value: 'target', why: 'placedBefore' };
    for (let asked = 0; asked < 3; asked += 1) {
      expect(await answered(unit, 'TX')).toEqual(placedBefore);
      expect(await answered(alias, 'TX')).toEqual(placedBefore);
    }
    const { rows } = await api.db.query('SELECT unit FROM placement WHERE migration = $1', [migration]);
    expect(rows).toEqual([{ unit }]);
  });

  it('says of each what came of it, and of what is refused what to do', async () => {
    const first = link();
    await post([first]).expect(200);
    const { body } = await post([
      first,
      { ...first, unit: newKey('episode') },
      { kind: 'episode', alias: first.unit, unit: first.alias },
      { kind: 'episode', alias: newKey('episode'), unit: newKey('patient') },
      { ...link(), unit: TEST_UNIT },
      link(),
    ]).expect(207);
    const { results, ...counts } = body as LinkAnswer;
    expect(counts).toEqual({ linked: 1, alreadyLinked: 1, refused: 4, contradicted: 0 });
    expect(results.map((one) => (one.outcome === 'refused' ? one.code : one.outcome))).toEqual([
      ...['alreadyLinked', 'linked-elsewhere', 'link-cycle', 'kinds-not-linked', 'test-unit-linked', 'linked'],
    ]);
    expect(JSON.stringify(body)).not.toMatch(/epi_|pat_/);
  });

  it('is answered when every process has taken it over that might say something else', async () => {
    const { alias, unit, kind } = link();
    await answered(alias);
    await answered(unit);
    await joinProcess(api.db, { id: 'slow', leaseLeft: 600_000 });
    let done = false;
    const linking = post([{ kind, alias, unit }])
      .expect(200)
      .then(() => {
        done = true;
      });
    await until('the link to be written', async () => {
      const { rowCount } = await api.db.query('SELECT FROM unit_alias WHERE migration = $1', [migration]);
      return rowCount === 1;
    });
    expect(done).toBe(false);
    await joinProcess(api.db, { id: 'slow', leaseLeft: 600_000 });
    await linking;
  });

  it.each<[string, unknown, string]>([
    ['no list', undefined, 'bad-request'],
    ['an empty list', [], 'bad-request'],
    ['more than a thousand', Array.from({ length: 1_001 }, () => link()), 'bad-request'],
    ['an unknown kind', [{ ...link(), kind: 'person' }], 'bad-request'],
    ['a field more', [{ ...link(), name: 'Jane Doe' }], 'bad-request'],
    ['a name', [link('Jane Doe')], 'key-outside-grammar'],
    ['an address', [link(newKey('episode'), 'jane@example.com')], 'key-outside-grammar'],
    ['a key of another kind than it says', [link(newKey('patient'))], 'key-outside-grammar'],
  ])('refuses %s whole, and repeats nothing of it', async (_what, links, code) => {
    const { body } = await post(links).expect(400);
    expect(body).toMatchObject({ code });
    expect(JSON.stringify(body)).not.toMatch(/Jane|jane|epi_[0-9a-f]|pat_[0-9a-f]/);
    const { rowCount } = await api.db.query('SELECT FROM unit_alias');
    expect(rowCount).toBe(0);
  });

  it('is for stacks and for whoever runs the migration', async () => {
    for (const actor of ['sandbox-stacks', 'gate-automation', 'engineer-1', 'release-manager-1'] as const)
      await post([link()], actor).expect(200);
    for (const actor of ['clinical-lead-1', 'support-lead-1'] as const) await post([link()], actor).expect(403);
    expect((await api.as('sandbox-stacks').post('/v1/migrations/none/links', { links: [link()] })).status).toBe(404);
  });

  it('I13 I15 is in the audit log by who and how many, and no key is in it or in a log line', async () => {
    await post([link(), link()]).expect(200);
    const { entries } = await readAudit(api.db, { migration, after: 0, limit: 10 });
    expect(entries.filter(({ action }) => action === 'keys.linked')).toEqual([
      expect.objectContaining({ actor: 'sandbox-stacks', evidence: expect.objectContaining({ linked: 2 }) as unknown }),
    ]);
    expect(JSON.stringify(entries)).not.toContain('epi_');
    expect(api.log()).not.toContain('epi_');
  });

  describe('by the command', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'handoff-links-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const handoff = (...words: string[]) =>
      runCommand(['link', ...words], { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['engineer-1'] });
    const file = async (lines: readonly string[]): Promise<string> => {
      const path = join(folder, 'links.ndjson');
      await writeFile(path, lines.join('\n'));
      return path;
    };

    it('links two keys, or all of a file', async () => {
      const { alias, unit } = link();
      const one = await handoff('--kind', 'episode', '--alias', alias, '--unit', unit);
      expect(one).toMatchObject({ exitCode: 0, stderr: '' });
      expect(one.stdout).toContain('1 linked, 0 linked before, 0 refused.');
      const lines = Array.from({ length: 1_500 }, () => JSON.stringify(link()));
      const many = await handoff('--file', await file([...lines, '']), '--json');
      expect(many).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(many.stdout)).toMatchObject({ linked: 1_500, refused: 0 });
    });

    it('lists what is refused by its place, with no key, and says so by its exit code', async () => {
      const { alias, unit } = link();
      const path = await file([link(alias, unit), link(alias)].map((one) => JSON.stringify(one)));
      const { exitCode, stdout, stderr } = await handoff('--file', path);
      expect(exitCode).toBe(4);
      expect(stdout).toMatch(/^1 linked, 0 linked before, 1 refused\.[^]*\n {2}2: This alias is linked to another key/);
      expect(stdout + stderr).not.toContain('epi_');
    });

    it('links nothing of a file that it cannot read whole, and says which lines', async () => {
      const path = await file([JSON.stringify(link()), 'Jane Doe', '{"kind":"episode"}']);
      const { exitCode, stderr } = await handoff('--file', path);
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/line 2[^]*line 3/);
      expect(stderr).not.toContain('Jane');
      expect((await handoff('--file', join(folder, 'none'))).exitCode).toBe(3);
      expect((await handoff('--kind', 'episode')).exitCode).toBe(2);
      const { rowCount } = await api.db.query('SELECT FROM unit_alias');
      expect(rowCount).toBe(0);
    });
  });
});
