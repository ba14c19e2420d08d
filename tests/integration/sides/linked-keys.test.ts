import type { LinkAnswer } from '../../../domain/status/key-links';
import type { Side } from '../../../domain/sides/side';
import { readAudit } from '../../../store/audit-log';
import { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { closeUnits } from '../../../store/close-units';
import { giveBackSides } from '../../../store/give-back-sides';
import { readGateCounts } from '../../../store/handoffs';
import { placeUnits } from '../../../store/place-units';
import { bringBackUnits, inFlightOnTarget } from '../../../store/placements';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, PATIENCE, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { letTimePass } from '../facts/let-time-pass';
import { sweepAllDue } from '../facts/sweep-all-due';
import { linkPairs, newKey } from './link-keys';
import { placeUnit } from './place-unit';
import { episodes, OTHERS, PAYMENT, startMigration } from './started-migration';

const LEASE = 60_000;
const QUEUE = { id: 'record-mismatch', owner: 'care-coordination', slaMs: 7_200_000 };
const MILESTONES = [{ id: 'paid', reachedBy: 'payment.succeeded' }];

describe('one person, several keys of one kind', () => {
  let database: TestDatabase;
  let db: Database;
  let migration: string;
  let key: { migration: string; phase: string; cohort: string };
  let started = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ db } = database);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    migration = await startMigration(db, { id: `linked-${(started += 1)}` });
    key = { migration, ...PAYMENT };
    for (const phase of ['payment', 'later'])
      for (const { cohort } of [PAYMENT, OTHERS]) await createSplit(db, { migration, phase, cohort, lease: LEASE });
  });

  const shift = async (share: number, of: { phase?: string; cohort?: string; maxOpen?: number } = {}) => {
    const split = { ...key, ...of };
    const expectedEpoch = (await readSplit(db, split))?.epoch ?? 0;
    return changeSplit(db, {
      ...{ ...split, expectedEpoch, share, perDay: null, maxOpen: of.maxOpen ?? null },
      ...{ mode: 'open', lease: LEASE, cause: share === 0 ? 'lowered' : 'raised' },
    });
  };
  /** Asks while everybody new goes to that side. */
  const place = async (unit: string, side: Side): Promise<void> => {
    await shift(side === 'target' ? 100_000 : 0);
    expect(await ask(unit)).toBe(side);
  };
  const ask = async (unit: string, cohort: string = PAYMENT.cohort): Promise<Side> =>
    (await placeUnit(db, { ...key, cohort, unit })).side;
  const askLater = async (unit: string): Promise<Side> =>
    (
      await placeUnit(db, {
        ...{ migration, phase: 'later', cohort: PAYMENT.cohort, unit },
        earlier: [{ phase: 'payment', kind: 'episode', unit }],
      })
    ).side;
  const link = (...pairs: (readonly [string, string])[]): Promise<LinkAnswer> =>
    linkPairs(db, { migration, phases: [{ phase: 'payment' }, { phase: 'later' }] }, ...pairs);
  const rows = async (phase = 'payment'): Promise<Record<string, unknown>[]> =>
    (
      await db.query(
        `SELECT unit, side, closed_at IS NOT NULL AS closed FROM placement WHERE migration = $1 AND phase = $2 ORDER BY placed_at`,
        [migration, phase],
      )
    ).rows;
  const cases = async (): Promise<Record<string, unknown>[]> =>
    (
      await db.query(
        `SELECT queue, owner, phase, side, journey, subject, due_at > opened_at AS due FROM exception WHERE migration = $1 ORDER BY id`,
        [migration],
      )
    ).rows;
  const keys = (): [string, string, string, string] => {
    const [a, b, c, d] = Array.from({ length: 4 }, () => newKey('episode'));
    return [a ?? '', b ?? '', c ?? '', d ?? ''];
  };

  it.each(['legacy', 'target'] as const)('I1 both hear what the first of them heard: %s', async (side) => {
    const [alias, unit] = keys();
    await place(alias, side);
    expect(await link([alias, unit])).toMatchObject({ linked: 1, refused: 0, contradicted: 0 });
    await shift(side === 'target' ? 0 : 100_000);
    expect([await ask(unit), await ask(alias)]).toEqual([side, side]);
    expect(await rows()).toEqual([{ unit, side, closed: false }]);
  });

  it('I1 both hear what the key that stays had heard', async () => {
    const [alias, unit] = keys();
    await place(unit, 'target');
    await link([alias, unit]);
    await shift(0);
    expect(await ask(alias)).toBe('target');
    expect(await rows()).toEqual([{ unit, side: 'target', closed: false }]);
  });

  it('is drawn once where neither has a side yet, by the key that stays, whichever is asked for first', async () => {
    await shift(50_000);
    const pairs = episodes(40).map((unit): [string, string] => [newKey('episode'), unit]);
    const drawn = new Map<string, Side>();
    for (const [, unit] of pairs) drawn.set(unit, await ask(unit));
    expect(new Set(drawn.values()).size).toBe(2);
    const again = await startMigration(db, { id: `${migration}-again` });
    await createSplit(db, { ...key, migration: again, lease: LEASE });
    await changeSplit(db, {
      ...{ ...key, migration: again, expectedEpoch: 1, share: 50_000, perDay: null, maxOpen: null },
      ...{ mode: 'open', lease: LEASE, cause: 'raised' },
    });
    await linkPairs(db, { migration: again, phases: [{ phase: 'payment' }] }, ...pairs);
    for (const [alias, unit] of pairs) {
      const { side } = await placeUnit(db, { ...key, migration: again, unit: alias });
      expect(side).toBe(drawn.get(unit));
    }
  });

  it('is placed once where both keys are asked for in one group, whatever each says of itself', async () => {
    await shift(100_000);
    const [alias, unit] = keys();
    await link([alias, unit]);
    const answers = await placeUnits(db, { migration, phase: 'payment', laterPhases: true }, [
      { unit: alias, cohort: PAYMENT.cohort },
      { unit, cohort: OTHERS.cohort },
    ]);
    expect(answers).toMatchObject([
      { side: 'target', reason: 'inShare', cohort: PAYMENT.cohort },
      { side: 'target', reason: 'placedBefore', cohort: PAYMENT.cohort },
    ]);
    expect(await rows()).toHaveLength(1);
  });

  it('takes one place where both had the same side, as of the first, and keeps what went into it', async () => {
    const [alias, unit] = keys();
    await shift(100_000, { maxOpen: 2 });
    await ask(alias);
    await ask(unit);
    expect(await link([alias, unit])).toMatchObject({ linked: 1, contradicted: 0 });
    expect(await rows()).toEqual([{ unit, side: 'target', closed: false }]);
    expect(await ask(newKey('episode'))).toBe('target');
    const { rows: kept } = await db.query(
      `SELECT m.unit, m.merged_into AS "into", m.placement ->> 'side' AS side FROM merged_placement m WHERE migration = $1`,
      [migration],
    );
    expect(kept).toEqual([{ unit, into: unit, side: 'target' }]);
    expect(await cases()).toEqual([]);
  });

  describe('who heard both sides', () => {
    it('I1 changes nobody’s answer, and opens exactly one case for a person, also when it is linked again', async () => {
      const [alias, unit] = keys();
      await place(alias, 'target');
      await place(unit, 'legacy');
      expect(await link([alias, unit])).toEqual({
        ...{ linked: 1, alreadyLinked: 0, refused: 0, contradicted: 1 },
        results: [{ outcome: 'linked', contradicted: true }],
      });
      await link([alias, unit]);
      expect([await ask(alias), await ask(unit)]).toEqual(['target', 'legacy']);
      expect(await cases()).toEqual([
        {
          ...{ queue: QUEUE.id, owner: QUEUE.owner, phase: 'payment', side: 'target' },
          ...{ journey: alias, subject: unit, due: true },
        },
      ]);
    });

    it('I1 changes no answer of whoever stood for one of the two either, also when they are linked on', async () => {
      const [older, alias, unit, last] = keys();
      await place(alias, 'target');
      await link([older, alias]);
      expect(await ask(older)).toBe('target');
      await place(unit, 'legacy');
      expect(await link([alias, unit])).toMatchObject({ linked: 1, contradicted: 1 });
      await link([unit, last]);
      expect([await ask(older), await ask(alias), await ask(unit), await ask(last)]).toEqual([
        ...['target', 'target', 'legacy', 'legacy'],
      ]);
      expect(await cases()).toHaveLength(1);
    });

    it('has one case, whatever the number of phases', async () => {
      const [alias, unit] = keys();
      for (const phase of ['payment', 'later']) {
        await shift(100_000, { phase });
        await placeUnit(db, { ...key, phase, unit: alias });
        await shift(0, { phase });
        await placeUnit(db, { ...key, phase, unit });
      }
      expect(await link([alias, unit])).toMatchObject({ contradicted: 1 });
      expect(await cases()).toHaveLength(1);
    });

    it('I14 goes to target in no later phase, by neither key', async () => {
      for (const side of ['legacy', 'target'] as const) {
        const [alias, unit] = keys();
        await place(alias, side);
        await place(unit, side === 'legacy' ? 'target' : 'legacy');
        await shift(100_000, { phase: 'later' });
        await link([alias, unit]);
        expect(await askLater(side === 'legacy' ? unit : alias)).toBe('legacy');
      }
    });

    it('is no case where one of the two is over: the open one stands for both', async () => {
      const [alias, unit] = keys();
      await place(unit, 'legacy');
      await place(alias, 'target');
      await close(unit);
      expect(await link([alias, unit])).toMatchObject({ contradicted: 0 });
      expect([await ask(alias), await ask(unit)]).toEqual(['target', 'target']);
      expect(await cases()).toEqual([]);
    });
  });

  it('follows a chain to its end, however it was built', async () => {
    const [a, b, c, d] = keys();
    await place(a, 'target');
    await shift(0);
    await link([a, b]);
    await link([c, d]);
    await link([b, c]);
    for (const one of [a, b, c, d]) expect(await ask(one)).toBe('target');
    expect(await rows()).toEqual([{ unit: d, side: 'target', closed: false }]);
    const [e, f, g] = keys();
    await link([f, g], [e, f]);
    await place(e, 'target');
    expect(await rows()).toContainEqual({ unit: g, side: 'target', closed: false });
    const { rows: links } = await db.query('SELECT DISTINCT unit FROM unit_alias WHERE migration = $1', [migration]);
    expect(links.map(({ unit }) => unit as string).sort()).toEqual([d, g].sort());
  });

  it('refuses a circle, a key that is linked elsewhere, and a key to itself, and carries out the rest', async () => {
    const [a, b, c, d] = keys();
    await link([a, b], [b, c]);
    const answer = await link([a, b], [c, a], [a, d], [d, d], [d, b]);
    expect(answer.results.map((result) => (result.outcome === 'refused' ? result.code : result.outcome))).toEqual([
      ...['alreadyLinked', 'link-cycle', 'linked-elsewhere', 'link-to-itself', 'linked'],
    ]);
    expect(JSON.stringify(answer)).not.toContain('epi_');
  });

  it('I14 holds by every key: who is on legacy under one is not placed on target under another', async () => {
    const [alias, unit] = keys();
    await place(alias, 'legacy');
    await shift(100_000, { phase: 'later' });
    await link([alias, unit]);
    expect([await askLater(unit), await askLater(alias)]).toEqual(['legacy', 'legacy']);
    expect(await rows('later')).toEqual([{ unit, side: 'legacy', closed: false }]);
    const [old, now] = keys();
    await place(old, 'legacy');
    await link([old, now]);
    // A stack that sends the old key for the phase before, and the new one for this one.
    const { side, reason } = await placeUnit(db, {
      ...{ migration, phase: 'later', cohort: PAYMENT.cohort, unit: now },
      earlier: [{ phase: 'payment', kind: 'episode', unit: old }],
    });
    expect({ side, reason }).toEqual({ side: 'legacy', reason: 'previousPhase' });
  });

  it('is brought back once, by what happened under either key', async () => {
    await shift(100_000);
    const [alias, unit, other, paidUnder] = keys();
    await ask(alias);
    await ask(other);
    await paid([alias, paidUnder]);
    await link([alias, unit], [paidUnder, other]);
    const of = { ...key, unitKind: 'episode' as const, milestones: MILESTONES };
    expect(await inFlightOnTarget(db, { ...of, countCases: true })).toEqual([
      { milestone: 'paid', people: 2, paused: 0, cases: 2, newCases: 2 },
    ]);
    const { epoch } = await changeSplit(db, {
      ...{ ...key, expectedEpoch: (await readSplit(db, key))?.epoch ?? 0, share: 0, perDay: null },
      ...{ mode: 'returning', lease: LEASE, cause: 'rollback' },
    });
    expect(await bringBackUnits(db, { ...of, epoch, bringBack: ['paid'], queue: QUEUE })).toBe(2);
    for (const one of [alias, unit, other, paidUnder]) expect(await ask(one)).toBe('legacy');
    expect((await cases()).map(({ journey }) => journey as string).sort()).toEqual([alias, paidUnder].sort());
  });

  it('is brought back though a link puts it behind those who had their turn', async () => {
    await shift(100_000);
    const [least = '', middle = '', greatest = ''] = [newKey('episode'), newKey('episode'), newKey('episode')].sort();
    await ask(middle);
    await ask(greatest);
    const { epoch } = await changeSplit(db, {
      ...{ ...key, expectedEpoch: (await readSplit(db, key))?.epoch ?? 0, share: 0, perDay: null },
      ...{ mode: 'returning', lease: LEASE, cause: 'rollback' },
    });
    const of = { ...key, unitKind: 'episode' as const, milestones: MILESTONES };
    let linking: Promise<unknown> | undefined;
    await bringBackUnits(db, {
      ...{ ...of, epoch, bringBack: [null], queue: QUEUE, batchSize: 1 },
      // It waits for this batch, and goes before the next.
      counted: async () => {
        if (linking !== undefined) return;
        linking = link([greatest, least]);
        await until('the link waits', async () => {
          const { rows: waiting } = await db.query(
            `SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
              WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted`,
          );
          return waiting.length > 0;
        });
      },
    });
    await linking;
    for (const unit of [least, middle, greatest]) expect(await ask(unit)).toBe('legacy');
  });

  it('is closed by an event that names either key', async () => {
    await shift(100_000);
    const [alias, unit] = keys();
    await ask(alias);
    await link([alias, unit]);
    await close(alias);
    expect(await rows()).toEqual([{ unit, side: 'target', closed: true }]);
  });

  it('counts a handoff for the side that it was on, whichever key its events name', async () => {
    await shift(100_000);
    const [alias, unit, another, late] = keys();
    await ask(alias);
    await ask(late);
    await link([alias, unit], [another, late]);
    const epoch = (await readSplit(db, key))?.epoch ?? 0;
    await paid([alias, another]);
    await letTimePass(db, migration, 20 * 60_000);
    await sweepAllDue(db);
    const counts = await readGateCounts(db, {
      ...{ ...key, handoff: 'payment-to-provider-routing', epoch, attemptEpoch: 1 },
    });
    expect(counts.target.attempt).toEqual({ kept: 0, missed: 2, released: 0 });
  });

  it('is not contradicted by its own answer of an outage under the other key', async () => {
    const [alias, unit, fresh, freshUnit] = keys();
    await place(unit, 'target');
    await link([alias, unit], [fresh, freshUnit]);
    const answer = { migration, phase: 'payment', cohort: PAYMENT.cohort, epoch: 1, journey: null };
    const queue = { id: QUEUE.id, owner: QUEUE.owner, sla: QUEUE.slaMs };
    const at = new Date(0).toISOString();
    const given = await giveBackSides(
      db,
      [
        { ...answer, unit: alias, side: 'target', at },
        { ...answer, unit: fresh, side: 'legacy', at },
        { ...answer, unit: freshUnit, side: 'legacy', at },
      ],
      () => queue,
    );
    expect(given).toEqual({ written: 1, contradicted: 0, refused: [] });
    expect((await rows()).map(({ unit: of }) => of)).toEqual([unit, freshUnit]);
  });

  it('tells processes to forget only what may be answered otherwise now', async () => {
    const [alias, unit, contradicted, by] = keys();
    await place(contradicted, 'legacy');
    await place(by, 'target');
    await place(alias, 'target');
    const version = async (): Promise<number> =>
      (await db.query<{ version: number }>('SELECT version::float8 AS version FROM split_version')).rows[0]?.version ??
      0;
    const before = await version();
    await link([alias, unit]);
    expect(await version()).toBe(before);
    await link([contradicted, by]);
    const { rows: told } = await db.query<{ unit: string }>(
      'SELECT unit FROM side_change WHERE migration = $1 AND version = $2 AND phase IS NULL',
      [migration, before + 1],
    );
    expect(told.map((row) => row.unit).sort()).toEqual([contradicted, by].sort());
  });

  it('I13 I15 is in the audit log by numbers, with who linked it, and no key', async () => {
    const [a, b, c, d] = keys();
    await place(a, 'target');
    await place(b, 'legacy');
    await place(c, 'target');
    await link([a, b], [c, d]);
    await link([a, b]);
    const { entries } = await readAudit(db, { migration, after: 0, limit: 100 });
    expect(entries.filter(({ action }) => action === 'keys.linked')).toEqual([
      expect.objectContaining({
        actor: 'stack-1',
        evidence: { linked: 2, carriedOver: 1, merged: 0, contradicted: 1 },
      }),
    ]);
  });

  it('links nothing of a batch that ends in the middle', async () => {
    const [alias, unit] = keys();
    await place(alias, 'target');
    await db.query(
      `CREATE FUNCTION fail_on_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the power is gone'; END $$`,
    );
    await db.query(`CREATE TRIGGER fails BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fail_on_audit()`);
    await expect(link([alias, unit])).rejects.toThrow('the power is gone');
    await db.query('DROP FUNCTION fail_on_audit CASCADE');
    expect(await rows()).toEqual([{ unit: alias, side: 'target', closed: false }]);
    expect(await link([alias, unit])).toMatchObject({ linked: 1 });
    expect(await rows()).toEqual([{ unit, side: 'target', closed: false }]);
  });

  it('changes no answer when 10,000 keys are rotated', async () => {
    await shift(50_000);
    const old = episodes(10_000, 1);
    const now = episodes(10_000, 2);
    await db.query(
      `INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
       SELECT $1, 'payment', u.unit, $3, CASE WHEN u.at % 3 = 0 THEN 'target' ELSE 'legacy' END, 2
         FROM unnest($2::text[]) WITH ORDINALITY AS u (unit, at)`,
      [migration, old, PAYMENT.cohort],
    );
    const sides = async (units: readonly string[]): Promise<Side[]> => {
      const answers = await placeUnits(
        db,
        { migration, phase: 'payment', laterPhases: true },
        units.map((unit) => ({ unit, cohort: PAYMENT.cohort })),
      );
      return answers.map((answer) => (answer instanceof Error ? 'legacy' : answer.side));
    };
    const before = await sides(old);
    for (let from = 0; from < old.length; from += 1_000) {
      const pairs = old.slice(from, from + 1_000).map((key_, at) => [key_, now[from + at] ?? ''] as const);
      expect(await link(...pairs)).toMatchObject({ linked: 1_000, contradicted: 0 });
    }
    expect(await sides(now)).toEqual(before);
    expect(await sides(old)).toEqual(before);
    expect(await rows()).toHaveLength(10_000);
  });

  it('I1 hears one side by both keys, however links and first questions of two processes fall together', async () => {
    await shift(50_000);
    const elsewhere = Database.connect({ url: database.url, applicationName: 'elsewhere', patience: PATIENCE });
    try {
      const pairs = episodes(60, 3).map((unit) => [newKey('episode'), unit] as const);
      const question = (of: Database, unit: string) => placeUnit(of, { ...key, unit });
      const heard = await Promise.all(
        pairs.map(async ([alias, unit], at) => {
          const asked = at % 3 === 0 ? [alias, alias] : at % 3 === 1 ? [unit, alias] : [unit, unit];
          const [, first, second] = await Promise.all([
            link([alias, unit]),
            question(db, asked[0] ?? unit),
            question(elsewhere, asked[1] ?? alias),
          ]);
          return { asked, sides: [first.side, second.side] };
        }),
      );
      const contradicted = new Set((await cases()).map(({ journey }) => journey));
      for (const [at, [alias, unit]] of pairs.entries()) {
        const { asked, sides } = heard[at] ?? { asked: [], sides: [] };
        for (const [which, side] of sides.entries())
          expect(await question(db, asked[which] ?? '')).toMatchObject({ side });
        if (contradicted.has(alias)) continue;
        expect(await ask(alias)).toBe(await ask(unit));
      }
      expect(await rows()).toHaveLength(pairs.length + contradicted.size);
    } finally {
      await elsewhere.close();
    }
  });

  it('waits for a placement that is under way, and carries it over', async () => {
    const [alias, unit] = keys();
    await shift(100_000);
    let linking: Promise<LinkAnswer> | undefined;
    await db.transaction(async (connection) => {
      await connection.query('SELECT hold_links($1)', [migration]);
      linking = link([alias, unit]);
      await until('the link waits', async () => {
        const { rows: waiting } = await db.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
        return waiting.length > 0;
      });
      await connection.query(
        `INSERT INTO placement (migration, phase, unit, cohort, side, epoch) VALUES ($1, 'payment', $2, $3, 'target', 2)`,
        [migration, alias, PAYMENT.cohort],
      );
    });
    expect(await linking).toMatchObject({ linked: 1, contradicted: 0 });
    expect(await rows()).toEqual([{ unit, side: 'target', closed: false }]);
  });

  async function close(unit: string): Promise<void> {
    await db.transaction((connection) =>
      closeUnits(connection, [
        { migration, phase: 'payment', kind: 'episode', unit, journey: unit, closedBy: ['payment.refunded'] },
      ]),
    );
  }

  /** Each paid: its handoff to a review is open from then on. */
  async function paid(journeys: readonly string[]): Promise<void> {
    await storeEvents(
      db,
      journeys.map((journey) => ({
        ...{ migration, type: 'payment.succeeded', journey, subject: journey.replace(/^epi/, 'pat') },
        ...{ source: '/legacy/billing', id: `paid-${journey}`, units: { episode: journey } },
        ...{ time: Date.now(), sequence: 0, data: {}, contentHash: 'hash', lateness: 60_000 },
      })),
    );
    await sweepAllDue(db);
  }
});
