import type { FiledAnswer, HeldPage } from '../../../domain/status/crosswalk-answers';
import { fileHeldEvents } from '../../../store/file-held-events';
import { replayUnlinked } from '../../../store/replay-unlinked';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from '../api/running-api';
import { runCommand } from '../cli/run-command';
import { keys } from '../facts/test-stack';
import {
  createCrosswalkWorld,
  customer,
  order,
  subscription,
  vendorEvent,
  type CrosswalkWorld,
} from './crosswalk-world';
import { CutDatabase } from './cut-database';

const KEY = 'ab'.repeat(32);
let api: TestApi;
let world: CrosswalkWorld;
/** Patient 1 has two open episodes, 1 and 2; patient 3 has one. */
beforeEach(async () => {
  api = await startTestApi({ temporalAddress: NOWHERE, payloadKey: KEY });
  world = await createCrosswalkWorld(api.db, { payloadKey: KEY });
  await world.receive(
    vendorEvent({
      id: 'first',
      ids: [customer('cus_1')],
      keys: { patient: keys.patient(1), episode: keys.episode(1) },
    }),
    vendorEvent({ id: 'second', keys: { patient: keys.patient(1), episode: keys.episode(2) } }),
    vendorEvent({
      id: 'third',
      ids: [customer('cus_3')],
      keys: { patient: keys.patient(3), episode: keys.episode(3) },
    }),
  );
});
afterEach(() => api.stop());

const path = (rest: string) => `/v1/migrations/${world.migration.id}/crosswalk${rest}`;
const file = (body: object, actor: ActorId = 'support-lead-1') => api.as(actor).post(path('/file'), body);
const filed = async (body: object): Promise<FiledAnswer> => (await file(body).expect(200)).body as FiledAnswer;
const held = async (query = ''): Promise<HeldPage['events']> =>
  (
    (
      await api
        .as('support-lead-1')
        .get(path(`/held${query}`))
        .expect(200)
    ).body as HeldPage
  ).events;
const holdOne = async (more: Parameters<typeof vendorEvent>[0] = {}): Promise<string> => {
  await world.receive(vendorEvent({ ids: [customer('cus_1')], ...more }));
  return (await held()).at(-1)?.number ?? '';
};
const journeyOf = async (id: string): Promise<string[]> =>
  (await world.stored()).filter((one) => one.id === id).map(({ journey }) => journey);
const ofCustomer = (id: string) => ({ vendor: 'legacy-billing', id, kind: 'customer' });
const audited = async (): Promise<{ actor: string; evidence: { filed: number } }[]> => {
  const { rows } = await api.db.query<{ actor: string; evidence: { filed: number } }>(
    `SELECT actor, evidence FROM audit WHERE migration = $1 AND action = 'crosswalk.filed' ORDER BY id`,
    [world.migration.id],
  );
  return rows;
};

describe('R46 an event of a patient with several open episodes', () => {
  it('is filed under one by a person, stored once at its own time, and its case is recovered', async () => {
    const number = await holdOne({ id: 'evt_1', time: 5_000 });
    expect(await held()).toMatchObject([
      { number, id: 'evt_1', because: 'severalEpisodes', patient: keys.patient(1), filedUnder: null, case: '1' },
    ]);
    const body = { event: Number(number), unit: keys.episode(2) };
    const answer = { episode: keys.episode(2), patient: keys.patient(1), left: 0 };
    expect(await filed(body)).toEqual({ ...answer, filed: 1, alreadyFiled: 0 });
    // Said again before it is stored, and after.
    expect(await filed(body)).toEqual({ ...answer, filed: 0, alreadyFiled: 1 });
    const replays = await Promise.all([world.replay(), world.replay(), world.replay()]);
    expect(replays.reduce((sum, { stored }) => sum + stored, 0)).toBe(1);
    expect(await filed(body)).toEqual({ ...answer, filed: 0, alreadyFiled: 1 });
    expect(await world.replay()).toMatchObject({ judged: 0, stored: 0 });
    expect((await world.stored()).filter(({ id }) => id === 'evt_1')).toMatchObject([
      { journey: keys.episode(2), subject: keys.patient(1), time: 5_000 },
    ]);
    expect(await world.cases()).toMatchObject([{ queue: 'unlinked-event', state: 'open', recovered: true }]);
    expect(await audited()).toMatchObject([{ actor: 'support-lead-1', evidence: { filed: 1, events: [number] } }]);
    expect(await world.receive(vendorEvent({ id: 'evt_1', ids: [customer('cus_1')], time: 5_000 }))).toEqual([
      { became: 'duplicate' },
    ]);
  });

  it('is filed with all others of its id at once, in order, and none of another patient’s or of nobody’s', async () => {
    for (const time of [3_000, 1_000, 2_000]) await holdOne({ id: `evt_${time}`, time });
    await world.receive(
      vendorEvent({ id: 'both', ids: [customer('cus_1'), customer('cus_3')] }),
      vendorEvent({ id: 'nobody', ids: [customer('cus_9')] }),
    );
    expect(await filed({ ...ofCustomer('cus_1'), unit: keys.episode(1) })).toMatchObject({ filed: 3, left: 1 });
    expect(await world.replay()).toMatchObject({ stored: 3 });
    expect(
      (await world.stored())
        .filter(({ id, journey }) => id.startsWith('evt_') && journey === keys.episode(1))
        .map(({ id }) => id),
    ).toEqual(['evt_1000', 'evt_2000', 'evt_3000']);
    expect((await held()).map(({ id, because }) => [id, because])).toEqual([
      ['both', 'contradiction'],
      ['nobody', 'nobodysId'],
    ]);
    expect(await filed({ ...ofCustomer('cus_1'), unit: keys.episode(1) })).toMatchObject({ filed: 0, alreadyFiled: 3 });
    expect(await audited()).toHaveLength(1);
  });

  it('tells of what its subscription did next, which nobody has to file again', async () => {
    const ids = [customer('cus_1'), subscription('sub_1')];
    const number = await holdOne({ id: 'evt_1', ids });
    await filed({ event: Number(number), unit: keys.episode(2) });
    await world.replay();
    await world.receive(vendorEvent({ id: 'evt_2', ids }));
    expect(await journeyOf('evt_2')).toEqual([keys.episode(2)]);
  });

  it('is filed under an episode that is closed too, as one that names it would be', async () => {
    const number = await holdOne({ id: 'evt_1' });
    await api.db.query(
      `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, closed_at) VALUES ($1, 'payment', $2, 'everyone', 'legacy', 1, now())`,
      [world.migration.id, keys.episode(2)],
    );
    await filed({ event: Number(number), unit: keys.episode(2) });
    await world.replay();
    expect(await journeyOf('evt_1')).toEqual([keys.episode(2)]);
  });

  it('is not stored where its id was split off its patient before a sweep came to it', async () => {
    const number = await holdOne({ id: 'evt_1' });
    await filed({ event: Number(number), unit: keys.episode(2) });
    await api.db.query(`UPDATE vendor_link SET unit = $2 WHERE migration = $1 AND unit = $3 AND kind = 'patient'`, [
      world.migration.id,
      keys.patient(3),
      keys.patient(1),
    ]);
    await world.replay();
    // It is the other patient's, who has one episode.
    expect(await journeyOf('evt_1')).toEqual([keys.episode(3)]);
  });

  it.each([
    ['an episode that nobody told of', (event: number) => ({ event, unit: keys.episode(8) }), 404, 'unknown-episode'],
    [
      'an episode of another patient',
      (event: number) => ({ event, unit: keys.episode(3) }),
      409,
      'episode-of-another-patient',
    ],
    [
      'a number that nothing has',
      (event: number) => ({ event: event + 100, unit: keys.episode(1) }),
      404,
      'nothing-held',
    ],
    ['a key that is no episode', (event: number) => ({ event, unit: keys.patient(1) }), 400, 'key-outside-grammar'],
    ['an id of which nothing is held', () => ({ ...ofCustomer('cus_3'), unit: keys.episode(3) }), 404, 'nothing-held'],
    [
      'an id that nothing came with',
      () => ({ ...ofCustomer('cus_77'), unit: keys.episode(1) }),
      404,
      'unknown-vendor-id',
    ],
    ['a contact detail', () => ({ ...ofCustomer('jane@example.com'), unit: keys.episode(1) }), 400, 'no-vendor-id'],
  ])('is not filed under %s, and nothing of what was sent is said again', async (_what, body, status, code) => {
    const number = await holdOne();
    const answer = await file(body(Number(number))).expect(status);
    expect(answer.body).toMatchObject({ code });
    expect(JSON.stringify(answer.body)).not.toMatch(/jane|cus_|ep_0|pat_0/);
    expect(await held()).toMatchObject([{ filedUnder: null }]);
    expect(await audited()).toEqual([]);
  });

  it('is not filed where it is not the episode that it waits for, or where it is stored already', async () => {
    await world.receive(vendorEvent({ ids: [customer('cus_9')] }));
    const [nobodys] = await held();
    const refused = await file({ event: Number(nobodys?.number), unit: keys.episode(1) }).expect(409);
    expect(refused.body).toMatchObject({ code: 'not-for-an-episode' });
    const number = Number(await holdOne());
    await filed({ event: number, unit: keys.episode(1) });
    await world.replay();
    const late = await file({ event: number, unit: keys.episode(2) }).expect(409);
    expect(late.body).toMatchObject({ code: 'held-no-longer' });
  });

  it('is listed and filed by people alone, of one case or for one reason, a page at a time', async () => {
    await api
      .as('sandbox-stacks')
      .post(path('/file'), { event: 1, unit: keys.episode(1) })
      .expect(403);
    await api.as('sandbox-stacks').get(path('/held')).expect(403);
    for (const id of ['a', 'b', 'c']) await holdOne({ id });
    await world.receive(vendorEvent({ id: 'd', ids: [customer('cus_9')] }));
    const { body } = await api.as('engineer-1').get(path('/held?limit=2')).expect(200);
    const { events, next } = body as HeldPage;
    expect(events.map(({ id }) => id)).toEqual(['a', 'b']);
    expect((await held(`?after=${next ?? ''}`)).map(({ id }) => id)).toEqual(['c', 'd']);
    expect((await held('?because=nobodysId')).map(({ id }) => id)).toEqual(['d']);
    expect((await held('?case=1')).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('I5 I11 is stored once wherever the process died that filed it or that stores it', async () => {
    const cut = new CutDatabase(api.db);
    let died = true;
    let tries = 0;
    while (died) {
      tries += 1;
      const number = await holdOne({ id: `evt_${tries}`, ids: [customer('cus_1'), order(`ord_${tries}`)] });
      const which = { event: number };
      const actor = { id: 'support-lead-1', verified: true };
      cut.diesAt(tries);
      await fileHeldEvents(cut.db, world.migration, actor, { unit: keys.episode(2), which })
        .then(() => replayUnlinked(cut.db, world.plans))
        .catch(() => undefined);
      died = cut.restarted();
      await fileHeldEvents(api.db, world.migration, actor, { unit: keys.episode(2), which });
      await api.db.query('UPDATE unlinked_event SET due_at = clock_timestamp() WHERE due_at IS NOT NULL');
      await world.replay();
      expect(await journeyOf(`evt_${tries}`)).toEqual([keys.episode(2)]);
    }
    expect(tries).toBeGreaterThan(15);
    expect(await audited()).toHaveLength(tries);
  });

  it('is found and filed on the command line, where its case says what to do', async () => {
    const run = (...words: string[]) =>
      runCommand(words, { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['support-lead-1'] });
    const number = await holdOne({ id: 'evt_1' });
    const shown = (await run('queue', 'show', '1')).stdout;
    expect(shown).toMatch(
      /1 event held, since which episode is not known\. .*handoff crosswalk file <number> --unit <episode>/,
    );
    expect(shown).toContain('handoff crosswalk held --case 1');
    const listed = (await run('crosswalk', 'held', '--case', '1')).stdout;
    expect(listed).toMatch(new RegExp(`${number} +payment.refunded .*${keys.patient(1)}`));
    const done = await run('crosswalk', 'file', number, '--unit', keys.episode(1));
    expect(done.stdout).toContain(`1 event filed under ${keys.episode(1)} of ${keys.patient(1)}`);
    await holdOne({ id: 'evt_2' });
    const ofId = ['--vendor', 'legacy-billing', '--id', 'cus_1'];
    expect((await run('crosswalk', 'file', ...ofId, '--unit', keys.episode(2))).stdout).toContain(
      '1 event filed under',
    );
    expect((await run('crosswalk', 'file', number, ...ofId, '--unit', keys.episode(2))).exitCode).toBe(2);
    await world.replay();
    expect([await journeyOf('evt_1'), await journeyOf('evt_2')]).toEqual([[keys.episode(1)], [keys.episode(2)]]);
    expect((await run('crosswalk', 'held')).stdout).toMatch(/Nothing is held/);
  });
});
