import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadPlan } from '../../../domain/plan/load-plan';
import { ArchiveFolder } from '../../../store/archive-folder';
import { archiveMonth, makeEventPartitions, monthsThatAreOver, type EventMonth } from '../../../store/archive-events';
import { countEvents, storeEvents } from '../../../store/events';
import { createMigration, endMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { FACTS_PLAN } from '../facts/facts-plan';

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'archive-'));
});
afterEach(() => database.drop());

/** A migration with the plan's retention, and three events in a month of two years ago. */
async function oldEvents(retention: string): Promise<{ migration: string; month: EventMonth }> {
  const { db } = database;
  const migration = `old-${randomUUID()}`;
  const source = `${FACTS_PLAN}\n${retention}`;
  const { plan, hash } = loadPlan(source);
  await savePlan(db, { hash, plan, source });
  await createMigration(db, { id: migration, planHash: hash, salt: 's', timeScale: 1, startedBy: 'test' });
  await db.query(
    `CREATE TABLE IF NOT EXISTS event_2020_05 PARTITION OF event FOR VALUES FROM ('2020-05-01Z') TO ('2020-06-01Z')`,
  );
  await db.query(
    `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
     SELECT $1, '/legacy/billing', 'id-' || n, 'payment.succeeded', 'ep_' || n, 'pat_' || n, '{}', '2020-05-04Z', 0, '2020-05-04Z', '{"program":"weight"}', '2020-05-04Z', 'matched'
       FROM generate_series(1, 3) n`,
    [migration],
  );
  const [month] = await monthsThatAreOver(db);
  if (month === undefined) throw new Error('There is no month that is over.');
  return { migration, month };
}

const archive = (month: EventMonth): ReturnType<typeof archiveMonth> =>
  archiveMonth(database.db, new ArchiveFolder(folder), month);

describe('a month of events that is over (I10)', () => {
  it('is written down whole, with what it must hold, before it is let go of', async () => {
    const { db } = database;
    const { migration, month } = await oldEvents('retention: { events: 400d }');
    await endMigration(db, migration);
    const outcome = await archive(month);
    expect(outcome).toMatchObject({ kind: 'archived', month: { partition: 'event_2020_05', events: 3 } });
    const file = readFileSync(join(folder, 'event_2020_05.ndjson.gz'));
    const lines = gunzipSync(file)
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ id }) => id)).toEqual(['id-1', 'id-2', 'id-3']);
    expect(lines[0]).toMatchObject({
      migration,
      type: 'payment.succeeded',
      data: { program: 'weight' },
      journey: 'ep_1',
    });
    const sha256 = createHash('sha256').update(file).digest('hex');
    const manifest = JSON.parse(readFileSync(join(folder, 'event_2020_05.manifest.json'), 'utf8')) as unknown;
    expect(manifest).toMatchObject({
      sha256,
      bytes: file.length,
      events: 3,
      migrations: { [migration]: 3 },
      from: '2020-05-01T00:00:00.000Z',
    });
    expect(readdirSync(folder).sort()).toEqual(['event_2020_05.manifest.json', 'event_2020_05.ndjson.gz']);
    expect((await db.query('SELECT FROM event')).rowCount).toBe(0);
    expect((await db.query('SELECT partition, sha256, events::int FROM event_archive')).rows).toEqual([
      { partition: 'event_2020_05', sha256, events: 3 },
    ]);
    expect(
      (await db.query(`SELECT FROM audit WHERE migration = $1 AND action = 'events.archived'`, [migration])).rowCount,
    ).toBe(1);
    // What was counted stays counted.
    expect(await countEvents(db, migration)).toMatchObject({ stored: 3 });
    expect(await monthsThatAreOver(db)).toEqual([]);
    expect(await archive(month)).toBeUndefined();
  });

  it.each<[string, string, boolean, string | undefined, string]>([
    ['of a migration that is under way', 'retention: { events: 400d }', false, undefined, 'underWay'],
    ['whose plan says nothing of it', '', true, undefined, 'noRetention'],
    ['that the plan keeps for longer', 'retention: { events: 36500d }', true, undefined, 'tooYoung'],
    [
      'with a handoff that is open',
      'retention: { events: 400d }',
      true,
      `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, to_side, started_at, deadline_at)
       VALUES ($1, 'h', 'ep_2', 0, 'pat_2', 'payment', 'legacy', now(), now())`,
      'stillOpen',
    ],
    [
      'with a case that is open',
      'retention: { events: 400d }',
      true,
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at) VALUES ($1, 'handoff:1', 'q', 'ep_3', 'pat_3', 'o', now())`,
      'stillOpen',
    ],
    [
      'with a journey that is to be looked at again',
      'retention: { events: 400d }',
      true,
      `INSERT INTO journey (migration, id, subject, first_at, last_at, due_at) VALUES ($1, 'ep_1', 'pat_1', now(), now(), now() + interval '1 day')`,
      'stillOpen',
    ],
  ])('%s is kept, and it is said why', async (_what, retention, ended, open, because) => {
    const { db } = database;
    const { migration, month } = await oldEvents(retention);
    if (ended) await endMigration(db, migration);
    if (open !== undefined) await db.query(open, [migration]);
    expect(await archive(month)).toEqual({ kind: 'kept', month, migration, because });
    expect((await db.query('SELECT FROM event')).rowCount).toBe(3);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is written again where whoever wrote it was stopped before it was let go of', async () => {
    const { db } = database;
    const { migration, month } = await oldEvents('retention: { events: 400d }');
    await endMigration(db, migration);
    await new ArchiveFolder(folder).write(
      month,
      { [migration]: 1 },
      (async function* () {
        yield await Promise.resolve('{"half":"a month"}');
      })(),
    );
    expect(await archive(month)).toMatchObject({ kind: 'archived', month: { events: 3 } });
    expect(gunzipSync(readFileSync(join(folder, 'event_2020_05.ndjson.gz'))).toString()).not.toContain('half');
  });

  it('stays where its folder cannot be written', async () => {
    const { migration, month } = await oldEvents('retention: { events: 400d }');
    await endMigration(database.db, migration);
    writeFileSync(join(folder, 'file'), '');
    const nowhere = new ArchiveFolder(join(folder, 'file', 'below'));
    await expect(archiveMonth(database.db, nowhere, month)).rejects.toThrow('ENOTDIR');
    expect((await database.db.query('SELECT FROM event')).rowCount).toBe(3);
  });

  it('takes no id that was archived for a new one (I5)', async () => {
    const { db } = database;
    const { migration, month } = await oldEvents('retention: { events: 400d }');
    const again = {
      ...{
        migration,
        source: '/legacy/billing',
        id: 'kept',
        type: 'payment.succeeded',
        journey: 'ep_9',
        subject: 'pat_9',
      },
      ...{ units: {}, time: null, sequence: 0, data: {}, contentHash: 'h', lateness: 0 },
    };
    expect(await storeEvents(db, [again])).toEqual(['stored']);
    await endMigration(db, migration);
    await archive(month);
    expect(await storeEvents(db, [again])).toEqual(['duplicate']);
    expect(await makeEventPartitions(db, 3)).toEqual([]);
  });
});
