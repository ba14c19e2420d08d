import { Client } from 'pg';
import { SqlSource } from '../../../adapters/metrics/sql-source';
import type { OutcomeWindow } from '../../../activities/gates/outcome-source';
import type { OutcomeAnswer } from '../../../domain/metrics/outcome-answer';
import type { GateSource } from '../../../domain/plan/plan-schema';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startTcpGate } from '../tcp-gate';
import { itIsASourceForGates, OWN_WORDS, type Fault, type RunningGateSource } from './gate-source-conformance';
import { startGateWorld } from './gate-world';

type SqlGateSource = Extract<GateSource, { kind: 'sql' }>;

/** Of a warehouse that the product knows nothing of. */
const WAREHOUSE = `
  CREATE TABLE outcome (side text, kept boolean, cohort text, ended_at timestamptz DEFAULT clock_timestamp());
  CREATE TABLE loaded (until timestamptz);
  INSERT INTO loaded VALUES ('infinity');`;

/** A row for each side, whatever has happened there: 0 is an answer, no row is none. */
const QUERY = `
  SELECT side, count(kept) FILTER (WHERE kept) AS kept, count(kept) FILTER (WHERE NOT kept) AS missed,
         (SELECT least(until, clock_timestamp()) FROM loaded) AS as_of
    FROM (VALUES ('target'), ('legacy')) AS sides (side)
    LEFT JOIN (SELECT outcome.* FROM outcome, gate WHERE outcome.cohort = gate.cohort AND ended_at >= gate.since) AS ended USING (side)
   GROUP BY side -- in the order of the sides
`;

const SOURCE: SqlGateSource = { kind: 'sql', connection: 'warehouse', query: QUERY, staleAfter: 600_000 };

const gives = (kept: string): string =>
  `SELECT side, ${kept} AS kept, 0 AS missed, clock_timestamp() AS as_of FROM (VALUES ('target'), ('legacy')) AS sides (side)`;

/** What brings a fault about: another query of the plan, or something done to the warehouse. */
const QUERIES: Partial<Record<Fault, string>> = {
  'gives NaN': gives(`'NaN'::float8`),
  'gives an infinite number': gives(`'Infinity'::numeric`),
  'gives null': gives('NULL::bigint'),
  'gives nothing at all': `${gives('1')} WHERE false`,
  'gives several where one is meant': `${gives('1')} UNION ALL ${gives('2')}`,
  'gives text': gives(`'${OWN_WORDS}'::text`),
  'gives a fraction': gives('0.5'),
  'gives a million rows': `SELECT 'target' AS side, n AS kept, 0 AS missed, clock_timestamp() AS as_of FROM generate_series(1, 1000000) AS n`,
  'gives a negative number': gives('-1'),
  'does not answer in time': `SELECT 'target' AS side, 1 AS kept, 0 AS missed, clock_timestamp() AS as_of FROM pg_sleep(60)`,
  fails: gives(`('${OWN_WORDS}'::text)::bigint`),
  'refuses the query': 'SELECT nobody_knows FROM "Maria-Gonzalez-1984"',
};

async function start(): Promise<RunningGateSource> {
  const world = await startGateWorld();
  const warehouse = await createTestDatabase();
  const gate = await startTcpGate();
  const address = new URL(warehouse.url);
  gate.open(address.host);
  const client = new Client({ connectionString: warehouse.url });
  await client.connect();
  await client.query(WAREHOUSE);
  const url = new URL(address);
  url.host = gate.address;
  let asked = SOURCE;
  let connection = { url: url.href, timeout: 10_000 };
  let offset = 0;
  const { cohort } = world.query;
  const add = async (side: string, kept: boolean, count: number): Promise<void> => {
    await client.query('INSERT INTO outcome (side, kept, cohort) SELECT $1, $2, $3 FROM generate_series(1, $4::int)', [
      ...[side, kept, cohort, count],
    ]);
  };
  return {
    read: () =>
      world.read(() => {
        const source = new SqlSource(connection, asked);
        // As a machine sees it whose clock is elsewhere.
        return { count: (of) => source.count({ ...of, now: new Date(of.now.getTime() + offset) }) };
      }, asked),
    add: async ({ target, legacy }) => {
      for (const [side, { kept, missed }] of Object.entries({ target, legacy })) {
        await add(side, true, kept);
        await add(side, false, missed);
      }
      // Another cohort's, which no gate of this one may see.
      await client.query(`INSERT INTO outcome (side, kept, cohort) VALUES ('target', false, 'another')`);
    },
    nextEpoch: () => world.nextEpoch(),
    bring: async (fault) => {
      const query = QUERIES[fault];
      if (fault === 'does not answer in time') connection = { ...connection, timeout: 1_000 };
      if (query !== undefined) asked = { ...SOURCE, query };
      else if (fault === 'has old figures')
        await client.query(`UPDATE loaded SET until = now() - interval '11 minutes'`);
      else if (fault === 'has figures of the future') {
        asked = { ...SOURCE, query: gives('1').replace('clock_timestamp()', `now() + interval '2 minutes'`) };
      } else if (fault === 'has a clock that is an hour behind') offset = 3_600_000;
      else if (fault === 'has a clock that is an hour ahead') offset = -3_600_000;
      else if (fault === 'is not there') await gate.close();
      else if (fault === 'does not take the credentials') {
        const stranger = new URL(url);
        stranger.username = 'nobody_of_this_name';
        connection = { ...connection, url: stranger.href };
      } else throw new Error(`Nothing brings it about: ${fault}`);
    },
    stop: async () => {
      await client.end();
      await gate.close().catch(() => undefined);
      await warehouse.drop();
      await world.stop();
    },
  };
}

describe('figures by a query of a Postgres', () => {
  itIsASourceForGates(start, {
    'gives more kept than there were': 'It gives kept and missed: a negative number is what that becomes.',
    'answers in part': 'A statement of Postgres gives all of its rows or fails.',
    'answers without end': 'It is cut off by its rows, and by its time.',
    'sends us elsewhere': 'Its protocol has no such answer.',
    'answers in another language': 'What does not speak its protocol is away.',
  });
});

describe('a query that would do more than read', () => {
  let warehouse: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    warehouse = await createTestDatabase();
    client = new Client({ connectionString: warehouse.url });
    await client.connect();
    await client.query(`
      CREATE TABLE kept_there (n integer);
      CREATE SEQUENCE numbers;
      INSERT INTO kept_there VALUES (1);
      CREATE FUNCTION writes() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN INSERT INTO kept_there VALUES (2); RETURN 1; END $$;
      CREATE FUNCTION turns() RETURNS integer LANGUAGE plpgsql AS $$
        BEGIN SET TRANSACTION READ WRITE; INSERT INTO kept_there VALUES (3); RETURN 1; END $$;
      CREATE FUNCTION ends() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN COMMIT; INSERT INTO kept_there VALUES (4); RETURN 1; END $$;
      CREATE FUNCTION patient() RETURNS integer LANGUAGE plpgsql AS $$
        BEGIN PERFORM set_config('statement_timeout', '0', false); PERFORM pg_sleep(60); RETURN 1; END $$;`);
  });
  afterAll(async () => {
    await client.end();
    await warehouse.drop();
  });

  const window = (): OutcomeWindow => ({
    ...{ migration: 'm', phase: 'payment', cohort: 'everyone', gate: 'g' },
    ...{ since: new Date(0), now: new Date() },
  });
  const count = (query: string, timeout = 10_000): Promise<OutcomeAnswer> =>
    new SqlSource({ url: warehouse.url, timeout }, { kind: 'sql', connection: 'warehouse', query }).count(window());
  const row = (kept: string): string => `SELECT 'target' AS side, ${kept} AS kept, 0 AS missed`;

  it('reads where it reads', async () => {
    expect(await count(`${row('count(*)')} FROM kept_there;`)).toMatchObject({ kind: 'outcomes', target: { kept: 1 } });
  });

  it.each([
    ['writes by a function', row('writes()')],
    ['takes numbers of a sequence', row(`nextval('numbers')`)],
    ['writes at the top', `INSERT INTO kept_there VALUES (5) RETURNING 'target' AS side, 1 AS kept, 0 AS missed`],
    ['writes in a WITH', `WITH more AS (INSERT INTO kept_there VALUES (6) RETURNING n) ${row('n')} FROM more`],
    [
      'writes in a WITH at the top',
      `${row('1')}) AS f), more AS (INSERT INTO kept_there VALUES (7)) SELECT * FROM (${row('1')}`,
    ],
    ['locks rows', `${row('n')} FROM kept_there FOR UPDATE`],
    ['locks rows for others to wait', `${row('n')} FROM kept_there FOR SHARE`],
    ['makes its transaction one that writes', 'SET TRANSACTION READ WRITE'],
    ['makes it one by a setting', row(`length(set_config('transaction_read_only', 'off', false))`)],
    ['makes it one in a function', row('turns()')],
    ['ends its transaction', 'COMMIT'],
    ['ends it in a function', row('ends()')],
    [
      'ends it and begins another',
      `${row('1')}) AS f; COMMIT; INSERT INTO kept_there VALUES (8); SELECT * FROM (${row('1')}`,
    ],
    ['has several statements', `${row('1')}; DELETE FROM kept_there`],
    ['makes a table', 'CREATE TABLE more (n integer)'],
    ['copies to a file', `COPY kept_there TO '/tmp/kept_there'`],
  ])('is refused where it %s', async (_, query) => {
    const before = await client.query('SELECT n FROM kept_there');
    const answer = await count(query);
    expect(answer).toMatchObject({ kind: 'sourceError', message: expect.stringMatching(/\([0-9A-Z]{5}\)\.$/) });
    expect((await client.query('SELECT n FROM kept_there')).rows).toEqual(before.rows);
    expect((await client.query(`SELECT to_regclass('more') AS made`)).rows).toEqual([{ made: null }]);
  });

  it('says that it writes where it does', async () => {
    expect(await count(row('writes()'))).toEqual({
      kind: 'sourceError',
      message: 'The query does more than read, which is not allowed (25006).',
    });
  });

  it('is cut off in its time, and leaves no session behind, although it takes the limit away', async () => {
    expect(await count(row('patient()'), 300)).toEqual({
      kind: 'sourceError',
      message: 'It did not answer within 300 ms.',
    });
    await expect(sessions()).resolves.toBe(0);
  });

  it('leaves no lock behind that outlives a transaction', async () => {
    await count(row(`(pg_advisory_lock(7) IS NOT NULL)::int`));
    await expect(sessions()).resolves.toBe(0);
    const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock(7) AS free');
    expect(rows).toEqual([{ free: true }]);
  });

  /** Of gates, once those that end have ended. */
  async function sessions(): Promise<number> {
    for (let look = 0; ; look += 1) {
      const { rows } = await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'warm-handoff gate' AND datname = current_database()`,
      );
      if (rows[0]?.n === 0 || look > 3_000) return rows[0]?.n ?? -1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
});
