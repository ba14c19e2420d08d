import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../platform/package-root';
import { applySchema } from '../../../store/apply-schema';
import { countEvents, storeEvents } from '../../../store/events';
import { linkedUnits } from '../../../store/earlier-units';
import { readSchemaFiles } from '../../../store/schema-files';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';

const PARTITIONS = '0022-event-partitions.sql';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

function event(number: number): Parameters<typeof storeEvents>[1][number] {
  return {
    ...{ migration: 'm', source: '/legacy/site', id: `id-${number}`, type: 'intake.started' },
    ...{
      journey: `ep_${number}`,
      subject: `pat_${number}`,
      units: { episode: `ep_${number}`, patient: `pat_${number}` },
    },
    ...{ time: Date.now(), sequence: 0, data: {}, contentHash: `hash-${number}`, lateness: 1_000 },
  };
}

describe('a database that holds events already (I10)', () => {
  it('keeps each of them through the upgrade, where it is looked for, and goes on with their numbers', async () => {
    const { db, url } = database;
    await db.query('DROP SCHEMA public CASCADE');
    await db.query('CREATE SCHEMA public');
    await db.query(
      'CREATE TABLE schema_file (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz DEFAULT now())',
    );
    for (const { name, sha256 } of await readSchemaFiles()) {
      if (name >= PARTITIONS) break;
      await db.query(await readFile(join(packageRoot(), 'store', 'schema', name), 'utf8'));
      await db.query('INSERT INTO schema_file (name, sha256) VALUES ($1, $2)', [name, sha256]);
    }
    await db.query(
      `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
       SELECT 'm', '/legacy/site', 'old-' || n, 'intake.started', 'ep_old', 'pat_old', jsonb_build_object('episode', 'ep_old', 'patient', 'pat_old', 'visitor', 'vis_' || n),
              now() - n * interval '1 month', 0, now(), '{}', now() - n * interval '1 month', (ARRAY['matched', 'unlistened', NULL])[n]
         FROM generate_series(1, 3) n`,
    );

    expect(await applySchema(url)).toContain(PARTITIONS);

    const { rows } = await db.query('SELECT id FROM event WHERE migration = $1 ORDER BY seq', ['m']);
    expect(rows).toEqual([{ id: 'old-1' }, { id: 'old-2' }, { id: 'old-3' }]);
    expect(await countEvents(db, 'm')).toEqual({ stored: 3, matched: 1, unlistened: 1, pending: 1 });
    const phases = [{ ordinal: 1, phase: 'front-door', kind: 'visitor' as const }];
    const [named] = await linkedUnits(db, 'm', [{ link: { kind: 'patient', unit: 'pat_old' }, phases, known: [] }]);
    expect(named?.map(({ unit }) => unit).sort()).toEqual(['vis_1', 'vis_2', 'vis_3']);

    expect(await storeEvents(db, [event(1)])).toEqual(['stored']);
    const places = await db.query(
      `SELECT id, seq::int AS seq, tableoid::regclass::text AS part FROM event ORDER BY seq`,
    );
    const month = new Date().toISOString().slice(0, 7).replace('-', '_');
    expect(places.rows.map(({ part }) => part as string)).toEqual([
      ...Array<string>(3).fill('event_before'),
      `event_${month}`,
    ]);
    expect(new Set(places.rows.map(({ seq }) => seq as number)).size).toBe(4);
    expect(await storeEvents(db, [event(1)])).toEqual(['duplicate']);
  });
});

describe('the partitions of events', () => {
  it('are there for this month and those to come, and what came without one is moved into its own', async () => {
    const { db } = database;
    const ours = await db.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass`,
    );
    const months = ours.rows
      .map(({ name }) => name)
      .filter((name) => name !== 'event_default')
      .sort();
    expect(months).toHaveLength(4);
    await db.query(`DROP TABLE ${months.join(', ')}`);
    await storeEvents(db, [event(1), event(2)]);
    const { rows } = await db.query('SELECT make_event_partitions(3) AS name');
    expect(rows.map(({ name }) => name as string)).toEqual(months);
    expect((await db.query('SELECT FROM event_default')).rowCount).toBe(0);
    expect((await db.query(`SELECT FROM ${months[0] ?? ''}`)).rowCount).toBe(2);
    expect(await countEvents(db, 'm')).toMatchObject({ stored: 2 });
    expect((await db.query('SELECT make_event_partitions(3)')).rowCount).toBe(0);
  });
});
