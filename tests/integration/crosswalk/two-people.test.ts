import type { CrosswalkChange } from '../../../domain/status/crosswalk-answers';
import type { FoundPatient } from '../../../domain/status/patient-standing';
import { storeEvents } from '../../../store/events';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from '../api/running-api';
import { runCommand } from '../cli/run-command';
import { eventToStore, keys } from '../facts/test-stack';
import {
  CROSSWALK_PLAN,
  createCrosswalkWorld,
  customer,
  subscription,
  vendorEvent,
  type CrosswalkWorld,
} from './crosswalk-world';

const PLAN = CROSSWALK_PLAN.replace('unit: subscription', 'unit: patient').replace(
  '  - { id: duplicate-record',
  '  - { id: record-mismatch, owner: care-coordination }\n  - { id: duplicate-record',
);
const KEY = 'ef'.repeat(32);
let api: TestApi;
let world: CrosswalkWorld;
beforeEach(async () => {
  api = await startTestApi({ temporalAddress: NOWHERE, payloadKey: KEY });
  world = await createCrosswalkWorld(api.db, { yaml: PLAN, payloadKey: KEY });
  for (const patient of [1, 2]) {
    await storeEvents(api.db, [eventToStore(world.migration.id, { patient, type: 'payment.refunded' })]);
    await world.receive(
      vendorEvent({ type: null, ids: [customer(`cus_${patient}`)], keys: { patient: keys.patient(patient) } }),
    );
  }
});
afterEach(() => api.stop());

const path = (rest = '') => `/v1/migrations/${world.migration.id}/crosswalk/changes${rest}`;
const ask = (body: object, actor: ActorId = 'support-lead-1') =>
  api.as(actor).post(path(), { reason: 'Two records of one intake', ...body });
const asked = async (body: object, actor?: ActorId): Promise<CrosswalkChange> =>
  ((await ask(body, actor).expect(200)).body as { change: CrosswalkChange }).change;
const decide = (id: string, what: 'approve' | 'refuse', actor: ActorId) =>
  api.as(actor).post(path(`/${id}/${what}`), {});
const patientOf = async (sought: object): Promise<string | undefined> => {
  const { body } = await api
    .as('support-lead-1')
    .post(`/v1/migrations/${world.migration.id}/crosswalk/find`, sought)
    .expect(200);
  return (body as FoundPatient).patient?.patient;
};
const byId = (id: string) => ({ vendor: 'legacy-billing', id });
const MERGE = { merge: { alias: keys.patient(1), unit: keys.patient(2) } };
const SPLIT = { split: { vendor: 'legacy-billing', kind: 'customer', id: 'cus_1' } };
const place = (patient: number, side: string) =>
  api.db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch) VALUES ($1, 'payment', $2, 'everyone', $3, 1)`,
    [world.migration.id, keys.patient(patient), side],
  );
const audited = async (): Promise<{ action: string; actor: string }[]> => {
  const { rows } = await api.db.query<{ action: string; actor: string }>(
    `SELECT action, actor FROM audit WHERE migration = $1 AND action ~ 'crosswalk[.](merge|split)' ORDER BY id`,
    [world.migration.id],
  );
  return rows;
};

describe('R46 merging two patients', () => {
  it('takes two people, says first what it touches, and leads to one patient by every key and id', async () => {
    const { body } = await ask({ ...MERGE, dryRun: true }).expect(200);
    expect(body).toEqual({
      preview: {
        patients: [1, 2].map((patient) => ({
          ...{ key: keys.patient(patient), keys: 1, episodes: 1, vendorIds: 1, openCases: 0 },
        })),
        ...{ contradicting: [], seenTogether: [], held: 0 },
      },
    });
    const change = await asked(MERGE);
    expect((await ask(MERGE, 'engineer-1').expect(409)).body).toMatchObject({ code: 'change-asked' });
    expect((await decide(change.id, 'approve', 'support-lead-1').expect(403)).body).toMatchObject({
      code: 'approved-by-asker',
    });
    await decide(change.id, 'approve', 'engineer-1').expect(403);
    expect(await patientOf(byId('cus_1'))).toBe(keys.patient(1));
    const { body: done } = await decide(change.id, 'approve', 'clinical-lead-1').expect(200);
    expect(done).toMatchObject({
      change: { state: 'approved', askedBy: 'support-lead-1', decidedBy: 'clinical-lead-1' },
    });
    for (const sought of [byId('cus_1'), byId('cus_2'), { key: keys.patient(1) }, { key: keys.episode(1) }])
      expect(await patientOf(sought)).toBe(keys.patient(2));
    expect(await audited()).toEqual([
      { action: 'crosswalk.mergeAsked', actor: 'support-lead-1' },
      { action: 'crosswalk.merged', actor: 'clinical-lead-1' },
    ]);
    expect((await decide(change.id, 'approve', 'clinical-lead-1').expect(409)).body).toMatchObject({
      code: 'change-decided',
    });
    expect((await ask(MERGE).expect(409)).body).toMatchObject({ code: 'nothing-to-change' });
  });

  it('is made once, whoever agrees at the same moment', async () => {
    const { id } = await asked(MERGE);
    const answers = await Promise.all(
      (['clinical-lead-1', 'release-manager-1', 'release-manager-2'] as const).map((actor) =>
        decide(id, 'approve', actor),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(await audited()).toHaveLength(2);
  });

  it('I1 leaves each their own side where they contradict, with one case; and not if that changed since', async () => {
    await place(1, 'legacy');
    await place(2, 'target');
    const change = await asked(MERGE);
    expect(change.preview.contradicting).toEqual(['payment']);
    await decide(change.id, 'approve', 'clinical-lead-1').expect(200);
    const { rows } = await api.db.query('SELECT unit, side FROM placement WHERE migration = $1 ORDER BY unit', [
      world.migration.id,
    ]);
    expect(rows).toEqual([
      { unit: keys.patient(1), side: 'legacy' },
      { unit: keys.patient(2), side: 'target' },
    ]);
    expect(await world.cases()).toMatchObject([{ queue: 'record-mismatch', subject: keys.patient(2) }]);
  });

  it('is not made where more contradicts than whoever asked saw: nothing of it is left', async () => {
    const { id } = await asked(MERGE);
    await place(1, 'legacy');
    await place(2, 'target');
    expect((await decide(id, 'approve', 'clinical-lead-1').expect(409)).body).toMatchObject({
      code: 'change-outdated',
    });
    expect(await patientOf(byId('cus_1'))).toBe(keys.patient(1));
    const { rows } = await api.db.query('SELECT FROM unit_alias WHERE migration = $1', [world.migration.id]);
    expect(rows).toHaveLength(0);
    await decide(id, 'refuse', 'support-lead-1').expect(200);
    const { body } = await api.as('engineer-1').get(path()).expect(200);
    expect(body).toEqual({ changes: [] });
    await asked(MERGE);
  });

  it('is nothing that a person does alone by linking; a stack knows its own records', async () => {
    const links = [{ kind: 'patient', alias: keys.patient(1), unit: keys.patient(2) }];
    const link = (actor: ActorId) => api.as(actor).post(`/v1/migrations/${world.migration.id}/links`, { links });
    expect((await link('engineer-1').expect(207)).body).toMatchObject({ results: [{ code: 'merge-takes-two' }] });
    expect(await patientOf(byId('cus_1'))).toBe(keys.patient(1));
    expect((await link('sandbox-stacks').expect(200)).body).toMatchObject({ linked: 1 });
  });

  it.each([
    [
      'that both stand for',
      ([a, b, x]: string[]) => [
        [a, x],
        [b, x],
      ],
    ],
    [
      'that stands between them',
      ([a, b, x]: string[]) => [
        [a, x],
        [x, b],
      ],
    ],
    [
      'that stands for both',
      ([a, b, x]: string[]) => [
        [x, a],
        [x, b],
        [b, x],
      ],
    ],
  ])('takes two also over a key of nobody’s %s', async (_where, pairsOf) => {
    const known = [keys.patient(1), keys.patient(2)];
    const links = [...pairsOf([...known, keys.patient(77)]), [keys.patient(88), keys.patient(89)]].map(
      ([alias, unit]) => ({
        ...{ kind: 'patient', alias, unit },
      }),
    );
    const { body } = await api
      .as('engineer-1')
      .post(`/v1/migrations/${world.migration.id}/links`, { links })
      .expect(207);
    const refused = links.slice(1).map(() => ({ code: 'merge-takes-two' }));
    expect(body).toMatchObject({ linked: 1, results: [...refused, { outcome: 'linked' }] });
    for (const one of [1, 2]) expect(await patientOf(byId(`cus_${one}`))).toBe(keys.patient(one));
  });

  it.each([
    [
      'a key that nothing is known of',
      { merge: { alias: keys.patient(404), unit: keys.patient(2) } },
      404,
      'unknown-key',
    ],
    [
      'one patient with themselves',
      { merge: { alias: keys.patient(1), unit: keys.patient(1) } },
      409,
      'nothing-to-change',
    ],
    ['a key of another kind', { merge: { alias: keys.episode(1), unit: keys.patient(2) } }, 400, 'key-outside-grammar'],
    ['a name', { merge: { alias: 'Jane Doe', unit: keys.patient(2) } }, 400, 'key-outside-grammar'],
    ['an address for a reason', { ...MERGE, reason: 'jane@example.com' }, 400, 'bad-request'],
  ])('refuses %s, and repeats nothing of it', async (_what, body, status, code) => {
    const answer = await ask(body).expect(status);
    expect(answer.body).toMatchObject({ code });
    expect(JSON.stringify(answer.body)).not.toMatch(/Jane|jane@|pat_0/);
  });
});

describe('R46 splitting an id off', () => {
  it('takes two people; what is held that names it is judged again; what was filed gets a case', async () => {
    const held = vendorEvent({ ids: [customer('cus_1'), customer('cus_2')] });
    expect(await world.receive(held)).toEqual([{ became: 'held', because: 'contradiction' }]);
    const change = await asked({ split: { ...SPLIT.split, unit: keys.patient(2) } });
    expect(change).toMatchObject({ subject: keys.patient(1), unit: keys.patient(2), vendor: 'legacy-billing' });
    expect(JSON.stringify(change)).not.toContain('cus_');
    expect(change.preview.held).toBe(1);
    await decide(change.id, 'approve', 'support-lead-1').expect(403);
    await decide(change.id, 'approve', 'release-manager-1').expect(200);
    expect(await patientOf(byId('cus_1'))).toBe(keys.patient(2));
    expect(await world.replay()).toMatchObject({ stored: 1 });
    expect((await world.cases()).map(({ queue, subject }) => [queue, subject])).toEqual([
      ['duplicate-record', keys.patient(1)],
      ['record-mismatch', keys.patient(1)],
    ]);
    expect(await audited()).toEqual([
      { action: 'crosswalk.splitAsked', actor: 'support-lead-1' },
      { action: 'crosswalk.split', actor: 'release-manager-1' },
    ]);
  });

  it('is not undone by the next payload that names it beside what is still theirs', async () => {
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_1'), subscription('sub_1')] }));
    const { id } = await asked(SPLIT);
    await decide(id, 'approve', 'clinical-lead-1').expect(200);
    expect(await world.receive(vendorEvent({ ids: [subscription('sub_1'), customer('cus_1')] }))).toEqual([
      { became: 'held', because: 'contradiction' },
    ]);
    expect(await patientOf({ ...byId('sub_1') })).toBe(keys.patient(1));
    expect((await world.links()).map(({ kind, unit }) => [kind, unit])).toEqual([
      ['customer', keys.patient(2)],
      ['subscription', keys.patient(1)],
    ]);
    expect((await world.cases()).map(({ queue }) => queue).sort()).toEqual(['duplicate-record', 'record-mismatch']);
  });

  it('says first which other ids are theirs only since they were seen together with one', async () => {
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_1'), subscription('sub_1')] }));
    await world.receive(vendorEvent({ type: null, ids: [customer('cus_2'), subscription('sub_2')] }));
    await world.receive(vendorEvent({ type: null, ids: [subscription('sub_3')], keys: { patient: keys.patient(1) } }));
    const change = await asked(SPLIT);
    expect(change.preview.seenTogether).toEqual([{ vendor: 'legacy-billing', kind: 'subscription', ids: 1 }]);
    expect(JSON.stringify(change)).not.toContain('sub_1');
    const said = await runCommand(['crosswalk', 'changes', '--all', '--json'], {
      HANDOFF_URL: api.url,
      HANDOFF_TOKEN: api.tokens['engineer-1'],
    });
    expect(said.stdout).toContain('seenTogether');
    const dry = ['split', 'legacy-billing', 'cus_1', '--id-kind', 'customer', '--reason', 'Wrong', '--dry-run'];
    const shown = await runCommand(['crosswalk', ...dry], {
      HANDOFF_URL: api.url,
      HANDOFF_TOKEN: api.tokens['engineer-1'],
    });
    expect(shown.stdout).toMatch(/seen together .*: 1 subscription of legacy-billing\. They stay/);
  });

  it('may leave it nobody’s: its next event is held', async () => {
    const { id } = await asked(SPLIT);
    await decide(id, 'approve', 'clinical-lead-1').expect(200);
    expect(await world.receive(vendorEvent({ ids: [customer('cus_1')] }))).toEqual([
      { became: 'held', because: 'nobodysId' },
    ]);
    expect((await ask(SPLIT).expect(409)).body).toMatchObject({ code: 'nothing-to-change' });
  });

  it('is done on the command line, by two', async () => {
    const run = (actor: ActorId, ...words: string[]) =>
      runCommand(['crosswalk', ...words], { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens[actor] });
    const of = ['legacy-billing', 'cus_1', '--id-kind', 'customer', '--reason', 'Linked to a namesake'];
    expect((await run('engineer-1', 'split', ...of, '--dry-run')).stdout).toMatch(/1 vendor ids/);
    const shown = await run('engineer-1', 'split', ...of);
    expect(shown.stdout).toMatch(/is nobody's for now[\s\S]*handoff crosswalk approve 1/);
    expect((await run('support-lead-1', 'changes')).stdout).toMatch(/split legacy-billing customer .* engineer-1/);
    expect((await run('support-lead-1', 'approve', '1')).stdout).toMatch(/approved by support-lead-1/);
    expect((await run('support-lead-1', 'changes')).stdout).toMatch(/Nobody asks/);
    expect((await run('support-lead-1', 'changes', '--all')).stdout).toMatch(/approved by support-lead-1/);
    const merge = ['merge', '--alias', keys.patient(1), '--unit', keys.patient(2), '--reason', 'One intake'];
    expect((await run('engineer-1', ...merge)).stdout).toMatch(
      new RegExp(`${keys.patient(1)} becomes ${keys.patient(2)}`),
    );
    expect((await run('engineer-1', 'refuse', '2')).stdout).toMatch(/refused by engineer-1/);
  });
});
