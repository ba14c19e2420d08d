import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pino from 'pino';
import request from 'supertest';
import { archivesScreen } from '../../../cli/archive/list-command';
import { verifyArchive } from '../../../cli/archive/verify-archive';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { EventArchives } from '../../../domain/status/event-archives';
import { ArchiveFolder } from '../../../store/archive-folder';
import { archiveMonth, makeEventPartitions, monthsThatAreOver, type EventMonth } from '../../../store/archive-events';
import type { Queryable } from '../../../store/database';
import { countEvents, storeEvents } from '../../../store/events';
import { createMigration, endMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { readArchives } from '../../../store/read-archives';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { startEventUpkeep } from '../../../worker/event-upkeep';
import { runCommand } from '../cli/run-command';
import { authorization, createFactsApi } from '../facts/facts-api';
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

/** A folder that something happens beside, while it is written into. */
function during(work: () => Promise<unknown>): ArchiveFolder {
  return new (class extends ArchiveFolder {
    override async write(...of: Parameters<ArchiveFolder['write']>): ReturnType<ArchiveFolder['write']> {
      const written = await super.write(...of);
      await work();
      return written;
    }
  })(folder);
}

async function insertOld(connection: Queryable, migration: string, id: string, at = '2020-05-05Z'): Promise<void> {
  await connection.query(
    `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
     VALUES ($1, '/legacy/billing', $2, 'payment.succeeded', 'ep_7', 'pat_7', '{}', $3::timestamptz, 0, $3::timestamptz, '{}', $3::timestamptz, 'matched')`,
    [migration, id, at],
  );
}

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

  it('is listed with its counts and hash, and its file is verified against its manifest and what was written down', async () => {
    const { migration, month } = await oldEvents('retention: { events: 400d }');
    await endMigration(database.db, migration);
    expect(await readArchives(database.db)).toEqual([]);
    await archive(month);
    const path = join(folder, 'event_2020_05.ndjson.gz');
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    const { app } = await createFactsApi(database.db);
    const { status, body } = await request(app)
      .get('/v1/archives')
      .set(...authorization('engineer-1'));
    const { archives } = body as EventArchives;
    expect([status, archives]).toMatchObject([
      200,
      [
        {
          file: 'event_2020_05.ndjson.gz',
          from: '2020-05-01T00:00:00.000Z',
          events: 3,
          sha256,
          migrations: { [migration]: 3 },
        },
      ],
    ]);
    expect(archivesScreen({ archives })).toContain(`${sha256}  event_2020_05.ndjson.gz`);
    expect(await verifyArchive(path, archives)).toEqual({
      ...{ file: 'event_2020_05.ndjson.gz', problems: [] },
      found: { sha256, bytes: readFileSync(path).length, events: 3, migrations: { [migration]: 3 } },
    });
    const run = await runCommand(['archive', 'verify', path, '--json'], {});
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
  });

  describe('whose file is not what was written', () => {
    const FILE = 'event_2020_05.ndjson.gz';
    const problemsOf = async (): Promise<string[]> =>
      (await verifyArchive(join(folder, FILE), await readArchives(database.db))).problems;
    beforeEach(async () => {
      const { migration, month } = await oldEvents('retention: { events: 400d }');
      await endMigration(database.db, migration);
      await archive(month);
    });

    it.each<[string, (lines: string[]) => string[], RegExp[]]>([
      ['a line less', (lines) => lines.slice(1), [/sha256/, /bytes/, /holds 2 events/, /Of some migration/]],
      [
        'an event of another migration',
        (lines) => [...lines, lines[0]?.replace(/old-[^"]+/, 'planted') ?? ''],
        [/Of some migration/],
      ],
      [
        'an event of another month',
        (lines) => lines.map((line) => line.replaceAll('2020-05-04', '2020-06-04')),
        [/3 came in another month/],
      ],
      ['what is no event', (lines) => [...lines.slice(1), 'planted words'], [/1 are no events/, /Of some migration/]],
    ])('%s: it is said, and nothing of it repeated', async (_, change, said) => {
      const lines = gunzipSync(readFileSync(join(folder, FILE)))
        .toString()
        .trim()
        .split('\n');
      writeFileSync(join(folder, FILE), gzipSync(`${change(lines).join('\n')}\n`));
      const problems = await problemsOf();
      for (const one of said) expect(problems.join(' ')).toMatch(one);
      expect(problems.join(' ')).not.toContain('planted');
    });

    it('cut off, gone, or without a manifest that can be read', async () => {
      const whole = readFileSync(join(folder, FILE));
      writeFileSync(join(folder, FILE), whole.subarray(0, whole.length - 12));
      expect(await problemsOf()).toEqual([expect.stringContaining('cut off')]);
      unlinkSync(join(folder, FILE));
      expect(await problemsOf()).toEqual(['It is not there.']);
      writeFileSync(join(folder, FILE), whole);
      expect(await problemsOf()).toEqual([]);
      writeFileSync(join(folder, 'event_2020_05.manifest.json'), '{"planted": true}');
      const run = await runCommand(['archive', 'verify', join(folder, FILE)], {});
      expect([run.exitCode, run.stdout]).toEqual([7, expect.stringContaining('no manifest')]);
      expect(run.stdout + run.stderr).not.toContain('planted');
    });

    it('and whose manifest was changed with it, by what the system wrote down', async () => {
      const changed = gzipSync('');
      writeFileSync(join(folder, FILE), changed);
      const path = join(folder, 'event_2020_05.manifest.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
      const sha256 = createHash('sha256').update(changed).digest('hex');
      writeFileSync(path, JSON.stringify({ ...manifest, sha256, bytes: changed.length, events: 0, migrations: {} }));
      expect((await verifyArchive(join(folder, FILE))).problems).toEqual([]);
      expect(await problemsOf()).toContain('It holds 0 events; the system says 3.');
    });
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
    [
      'with a journey that is to be looked at again, and whose first events lie in an older month',
      'retention: { events: 400d }',
      true,
      `WITH due AS (INSERT INTO journey (migration, id, subject, first_at, last_at, due_at) VALUES ($1, 'ep_8', 'pat_1', now(), now(), now() + interval '1 day'))
       INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
       VALUES ($1, '/legacy/billing', 'older', 'payment.succeeded', 'ep_8', 'pat_1', '{}', '2020-04-04Z', 0, '2020-04-04Z', '{}', '2020-04-04Z', 'matched')`,
      'stillOpen',
    ],
    [
      'of units that are to be looked at again',
      'retention: { events: 400d }',
      true,
      `INSERT INTO correlation (migration, kind, key, due_at) VALUES ($1, 'patient', 'pat_1', now() + interval '1 day')`,
      'stillOpen',
    ],
    [
      'with events of vendors that are held',
      'retention: { events: 400d }',
      true,
      `INSERT INTO unlinked_event (migration, source, id, sequence, data, stated, pairs, content_hash, because) VALUES ($1, '/v', 'v', 0, '{}', '{}', '[]', 'h', 'unknown')`,
      'stillOpen',
    ],
  ])('%s is kept, and it is said why', async (_what, retention, ended, open, because) => {
    const { db } = database;
    const { migration, month } = await oldEvents(retention);
    if (ended) await endMigration(db, migration);
    if (open !== undefined) await db.query(open, [migration]);
    expect(await archive(month)).toEqual({ kind: 'kept', month, migration, because });
    expect((await db.query(`SELECT FROM ${month.partition}`)).rowCount).toBe(3);
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

  it('holds nobody up who matches while it is written, and keeps what comes meanwhile', async () => {
    const { db } = database;
    const { migration, month } = await oldEvents('retention: { events: 400d }');
    await endMigration(db, migration);
    const matched = during(async () => {
      await db.transaction(async (connection) => {
        await connection.query(`SET LOCAL lock_timeout = '2s'`);
        await connection.query(
          `UPDATE event SET disposition = 'matched' WHERE migration = 'other' AND journey = 'ep_1'`,
        );
      });
    });
    const stored = during(() => insertOld(db, migration, 'late'));
    await expect(archiveMonth(db, stored, month)).rejects.toThrow('other events');
    expect((await db.query('SELECT FROM event')).rowCount).toBe(4);
    expect(await archiveMonth(db, matched, month)).toMatchObject({ kind: 'archived', month: { events: 4 } });
  });

  it('stays where it was empty, and an event was being stored in it', async () => {
    const { db } = database;
    const { migration, month } = await oldEvents('retention: { events: 400d }');
    await db.query('DELETE FROM event');
    await endMigration(db, migration);
    const archiving = await db.transaction(async (connection) => {
      await insertOld(connection, migration, 'late');
      const settled = archive(month).catch((error: unknown) => error);
      await until(
        'the archive waits for it',
        async () =>
          (
            await db.query(`SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
              WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock' AND d.datname = current_database()`)
          ).rowCount !== 0,
      );
      return { settled };
    });
    expect(await archiving.settled).toMatchObject({ message: expect.stringContaining('other events') as string });
    expect((await db.query('SELECT id FROM event')).rows).toEqual([{ id: 'late' }]);
  });

  it('is let alone until a day after its end', async () => {
    const { db } = database;
    await oldEvents('retention: { events: 400d }');
    const { rows } = await db.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass AND inhrelid <> 'event_default'::regclass`,
    );
    await db.query(`DROP TABLE ${rows.map(({ name }) => name).join(', ')}`);
    await db.query(`DO $$ BEGIN
      EXECUTE format('CREATE TABLE event_old PARTITION OF event FOR VALUES FROM (%L) TO (%L)', now() - interval '60 days', now() - interval '25 hours');
      EXECUTE format('CREATE TABLE event_young PARTITION OF event FOR VALUES FROM (%L) TO (%L)', now() - interval '25 hours', now() - interval '1 hour');
    END $$`);
    expect((await monthsThatAreOver(db)).map(({ partition }) => partition)).toEqual(['event_old']);
  });

  it('that cannot be archived keeps no other from it', async () => {
    const { db } = database;
    const { migration } = await oldEvents('retention: { events: 400d }');
    await db.query(`CREATE TABLE event_2020_06 PARTITION OF event FOR VALUES FROM ('2020-06-01Z') TO ('2020-07-01Z')`);
    await insertOld(db, migration, 'june', '2020-06-04Z');
    await endMigration(db, migration);
    mkdirSync(join(folder, 'event_2020_05.ndjson.gz.part'));
    const logger = pino({ level: 'silent' });
    const failed = jest.spyOn(logger, 'error');
    const upkeep = startEventUpkeep({ db, logger, archiveFolder: folder });
    try {
      await until(
        'the month after it is archived',
        async () => (await db.query('SELECT FROM event_archive')).rowCount === 1,
      );
    } finally {
      await upkeep.stop();
    }
    expect((await monthsThatAreOver(db)).map(({ partition }) => partition)).toEqual(['event_2020_05']);
    expect(failed.mock.calls.map(([fields]) => fields)).toEqual([
      expect.objectContaining({ partition: 'event_2020_05' }),
    ]);
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
