import type { DoctorReport } from '../../../domain/status/doctor';
import type { CrosswalkStatus, HeldPage } from '../../../domain/status/crosswalk-answers';
import type { ExceptionHistory, ExceptionPage } from '../../../domain/status/exception-page';
import { givenUpEvents, heldEvents } from '../../../store/operating-figures';
import { storeEvents } from '../../../store/events';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from '../api/running-api';
import { runCommand } from '../cli/run-command';
import { until } from '../../setup/until';
import { eventToStore, keys } from '../facts/test-stack';
import { createCrosswalkWorld, customer, vendorEvent, type CrosswalkWorld } from './crosswalk-world';

const KEY = 'cd'.repeat(32);
const EVIDENCE = { evidence: [1, 2].map((step) => ({ step, reference: `T-${step}` })) };
const GIVE_UP = { reason: 'events-given-up' };
let api: TestApi;
let world: CrosswalkWorld;
beforeEach(async () => {
  api = await startTestApi({ temporalAddress: NOWHERE, payloadKey: KEY });
  world = await createCrosswalkWorld(api.db, { payloadKey: KEY });
  await storeEvents(api.db, [eventToStore(world.migration.id, { patient: 1, type: 'payment.succeeded' })]);
});
afterEach(() => api.stop());

const base = () => `/v1/migrations/${world.migration.id}`;
const act = (what: string, body: object, actor: ActorId = 'support-lead-1', number = 1) =>
  api.as(actor).post(`${base()}/exceptions/${number}/${what}`, body);
const get = async <Answer>(rest: string): Promise<Answer> =>
  (await api.as('support-lead-1').get(`${base()}${rest}`).expect(200)).body as Answer;
const hold = (id: string) => world.receive(vendorEvent({ id, ids: [customer('cus_1')], time: 5_000 }));
const linkIt = () =>
  world.receive(vendorEvent({ type: null, ids: [customer('cus_1')], keys: { patient: keys.patient(1) } }));
const check = async (name: string) => (await get<DoctorReport>('/doctor')).checks.find((one) => one.check === name);
const storedIds = async (): Promise<string[]> => (await world.stored()).map(({ id }) => id);

describe('R30 a case that holds events of a vendor’s', () => {
  it('is not resolved before they are stored, and says how many it holds', async () => {
    await hold('evt_1');
    await hold('evt_2');
    const { body } = await act('resolve', EVIDENCE).expect(409);
    expect(body).toMatchObject({ code: 'events-held' });
    expect((body as { detail: string }).detail).toMatch(/still holds 2 events .*handoff crosswalk held/);
    expect(await world.cases()).toMatchObject([{ state: 'open' }]);
    await linkIt();
    // Somebody knows whose they are; until they are stored, they may yet not be.
    expect((await act('resolve', EVIDENCE).expect(409)).body).toMatchObject({ code: 'events-held' });
    await world.replay();
    await act('resolve', EVIDENCE).expect(200);
    expect(await check('held-has-a-case')).toMatchObject({ ok: true, found: 0 });
  });

  it('is not resolved with many others either, nor merged into another', async () => {
    await hold('evt_1');
    await world.receive(vendorEvent({ ids: [customer('cus_2')] }));
    const bulk = { action: 'resolve', exceptions: ['1', '2'], ...EVIDENCE };
    const { body } = await api.as('support-lead-1').post(`${base()}/exceptions-bulk`, bulk).expect(200);
    expect(body).toMatchObject({ done: 0, refused: 2, results: [{ code: 'events-held' }, { code: 'events-held' }] });
    await api.db.query('UPDATE exception SET subject = $2 WHERE migration = $1', [world.migration.id, 'one']);
    expect((await act('merge', { into: '2' }).expect(409)).body).toMatchObject({ code: 'cannot-merge' });
    expect(await world.cases()).toMatchObject([{ state: 'open' }, { state: 'open' }]);
  });

  it('is accepted for no other reason than that they are given up, by two people; then they are counted and listed', async () => {
    await hold('evt_1');
    await hold('evt_2');
    expect((await act('accept', { reason: 'cannot-be-corrected' }).expect(409)).body).toMatchObject({
      code: 'events-held',
    });
    await act('accept', GIVE_UP).expect(200);
    expect((await act('approve-acceptance', GIVE_UP).expect(403)).body).toMatchObject({ code: 'accepted-by-asker' });
    expect((await get<DoctorReport>('/doctor')).vendorEvents).toEqual({ held: 2, givenUp: 0 });
    await act('approve-acceptance', GIVE_UP, 'clinical-lead-1').expect(200);
    expect((await get<DoctorReport>('/doctor')).vendorEvents).toEqual({ held: 0, givenUp: 2 });
    expect(await get<CrosswalkStatus>('/crosswalk')).toMatchObject({ held: [], givenUp: 2 });
    expect(await givenUpEvents(api.db)).toEqual([{ migration: world.migration.id, events: 2 }]);
    expect(await heldEvents(api.db)).toEqual([]);
    const given = (await get<HeldPage>('/crosswalk/held?givenUp=true')).events;
    expect(given.map(({ id, case: of }) => [id, of])).toEqual([
      ['evt_1', '1'],
      ['evt_2', '1'],
    ]);
    expect(await get<ExceptionHistory>('/exceptions/1')).toMatchObject({ held: [], givenUp: 2 });
    const { rows } = await api.db.query(
      `SELECT actor, reason, evidence ->> 'givenUp' AS "givenUp" FROM audit WHERE migration = $1 AND action = 'exception.accepted'`,
      [world.migration.id],
    );
    expect(rows).toEqual([{ actor: 'clinical-lead-1', reason: 'events-given-up', givenUp: '2' }]);
    // It is none of anybody's now, and known nevertheless.
    expect(await hold('evt_1')).toEqual([{ became: 'duplicate' }]);
    await linkIt();
    expect(await world.replay()).toMatchObject({ judged: 0 });
    expect(await storedIds()).not.toContain('evt_1');
  });

  it('I10 holds what was given up again when it is reopened, and stores it once it is known whose it is', async () => {
    await hold('evt_1');
    await act('accept', GIVE_UP).expect(200);
    await act('approve-acceptance', GIVE_UP, 'clinical-lead-1').expect(200);
    await linkIt();
    await act('reopen', { reason: 'The vendor told whose it is' }).expect(200);
    expect(await get<ExceptionHistory>('/exceptions/1')).toMatchObject({ held: [{ events: 1 }], givenUp: 0 });
    expect(await world.replay()).toMatchObject({ stored: 1 });
    expect(await storedIds()).toContain('evt_1');
    expect(await world.cases()).toMatchObject([{ state: 'open', recovered: true }]);
  });

  it('has to be asked for anew where more came than whoever asked knew of', async () => {
    await hold('evt_1');
    await act('accept', GIVE_UP).expect(200);
    await hold('evt_2');
    expect((await act('approve-acceptance', GIVE_UP, 'clinical-lead-1').expect(409)).body).toMatchObject({
      code: 'acceptance-not-asked',
    });
    // What is only looked at again is no more than before.
    await act('accept', GIVE_UP).expect(200);
    await api.db.query('UPDATE unlinked_event SET due_at = now() WHERE outcome IS NULL');
    await world.replay();
    await act('approve-acceptance', GIVE_UP, 'clinical-lead-1').expect(200);
    expect((await get<DoctorReport>('/doctor')).vendorEvents).toEqual({ held: 0, givenUp: 2 });
  });

  it('has to be asked for anew where an event of another case was moved into this one', async () => {
    await hold('evt_1');
    await hold('evt_2');
    await world.receive(vendorEvent({ ids: [customer('cus_2')] }));
    // As after a split: what evt_2 was held for is over, and it is judged again.
    await api.db.query(
      `UPDATE unlinked_event SET due_at = now(), cause = (SELECT max(cause) FROM exception WHERE migration = $1 AND id <> 1)
        WHERE migration = $1 AND id = 'evt_2'`,
      [world.migration.id],
    );
    await act('accept', GIVE_UP).expect(200);
    await world.replay();
    expect((await act('approve-acceptance', GIVE_UP, 'clinical-lead-1').expect(409)).body).toMatchObject({
      code: 'acceptance-not-asked',
    });
    expect(await world.cases()).toMatchObject([{ state: 'open' }, { state: 'open' }]);
  });

  it('gives up nothing where it holds nothing', async () => {
    await hold('evt_1');
    await linkIt();
    await world.replay();
    expect((await act('accept', GIVE_UP).expect(409)).body).toMatchObject({ code: 'holds-nothing' });
    await act('accept', { reason: 'cannot-be-corrected' }).expect(200);
    await act('approve-acceptance', { reason: 'cannot-be-corrected' }, 'clinical-lead-1').expect(200);
  });

  it('I8 that ended at the moment in which more was held of it is followed by another, which is open', async () => {
    await hold('evt_1');
    await linkIt();
    await world.replay();
    await world.receive(vendorEvent({ keys: { patient: keys.patient(1), episode: keys.episode(2) } }));
    let end = (): void => undefined;
    let ending: Promise<void> | undefined;
    await new Promise<void>((isEnding) => {
      ending = api.db.transaction(async (connection) => {
        await connection.query(
          `UPDATE exception SET state = 'resolved', resolved_at = now(), resolved_by = 'engineer-1', evidence = '[]' WHERE migration = $1`,
          [world.migration.id],
        );
        await new Promise<void>((ended) => {
          end = ended;
          isEnding();
        });
      });
    });
    // Of several episodes by now, and the case was open when it came.
    const held = hold('evt_2');
    await until('it waits for the case', async () => {
      const { rows } = await api.db.query<{ waits: boolean }>(
        `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waits`,
      );
      return rows[0]?.waits === true;
    });
    end();
    await ending;
    expect(await held).toEqual([{ became: 'held', because: 'severalEpisodes' }]);
    expect(await world.cases()).toMatchObject([{ state: 'resolved' }, { state: 'open', recovered: false }]);
    const [open] = (await get<ExceptionPage>('/exceptions?state=open')).exceptions;
    expect(await get<ExceptionHistory>(`/exceptions/${open?.id ?? ''}`)).toMatchObject({ held: [{ events: 1 }] });
    expect(await check('held-has-a-case')).toMatchObject({ ok: true, found: 0 });
  });

  it('is told of by the doctor where it ended all the same', async () => {
    await hold('evt_1');
    await api.db.query(
      `UPDATE exception SET state = 'resolved', resolved_at = now(), resolved_by = 'engineer-1', evidence = '[]' WHERE migration = $1`,
      [world.migration.id],
    );
    expect(await check('held-has-a-case')).toMatchObject({ ok: false, found: 1 });
  });

  it('says on the command line what it holds, and what was given up', async () => {
    const run = async (actor: ActorId, ...words: string[]) =>
      (await runCommand(words, { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens[actor] })).stdout;
    await hold('evt_1');
    expect(await run('support-lead-1', 'queue', 'show', '1')).toMatch(/1 event held, since no id of it is linked\./);
    await run('support-lead-1', 'queue', 'accept', '1', '--reason', 'events-given-up');
    await run('clinical-lead-1', 'queue', 'approve', '1', '--reason', 'events-given-up');
    expect(await run('support-lead-1', 'queue', 'show', '1')).toMatch(/1 event of a vendor's given up for lost/);
    expect(await run('support-lead-1', 'crosswalk', 'held')).toMatch(/Nothing is held/);
    expect(await run('support-lead-1', 'crosswalk', 'held', '--given-up')).toMatch(/payment\.refunded/);
    expect(await run('support-lead-1', 'crosswalk', 'status')).toMatch(/1 event given up for lost/);
    expect(await run('support-lead-1', 'doctor')).toMatch(/1 event of vendors given up for lost/);
  });
});
