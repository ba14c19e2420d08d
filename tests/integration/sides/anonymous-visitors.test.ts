import { findFlag, type PhaseFlag } from '../../../api/decisions/find-flag';
import { ProcessSides } from '../../../api/sides/process-sides';
import { VisitorLinks } from '../../../api/sides/visitor-links';
import type { Side } from '../../../domain/sides/side';
import { createLogger } from '../../../platform/logger';
import { systemClock } from '../../../platform/system-clock';
import { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { unitsClosedBy } from '../../../store/close-units';
import { MigrationPlans } from '../../../store/migration-plans';
import { readGateCounts } from '../../../store/handoffs';
import { inFlightOnTarget } from '../../../store/placements';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { letTimePass } from '../facts/let-time-pass';
import { sweepAllDue } from '../facts/sweep-all-due';
import { linkPairs, newKey } from './link-keys';
import { PAYMENT, PLAN_TEXT, startMigration } from './started-migration';

const LEASE = 60_000;
const RIGHT = 3_000;
/** A phase of patients that must serve people before they log in. */
const PORTAL_PLAN = PLAN_TEXT.replace('  episode: epi\n', '  episode: epi\n  visitor: vis\n').replace(
  '    unit: episode\n',
  '    unit: patient\n    anonymousUnit: visitor\n',
);
const MILESTONES = [{ id: 'paid', reachedBy: 'payment.succeeded' }];

interface Keys {
  visitor?: string;
  patient?: string;
}

describe('a phase of patients that has visitors before they log in', () => {
  let database: TestDatabase;
  let db: Database;
  let migration: string;
  let key: { migration: string; phase: string; cohort: string };
  let processes: ProcessSides[] = [];
  let plans: MigrationPlans;
  let flag: PhaseFlag;
  let started = 0;
  const connected: Database[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ db } = database);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    migration = await startMigration(db, { id: `portal-${(started += 1)}`, planText: PORTAL_PLAN });
    key = { migration, ...PAYMENT };
    await createSplit(db, { ...key, lease: LEASE });
    plans = new MigrationPlans(systemClock);
    flag = await findFlag(db, plans, `${migration}.payment`);
    processes = [startProcess(), startProcess()];
  });
  afterEach(async () => {
    for (const one of processes) await one.stop();
    for (const one of connected.splice(0)) await one.close();
  });

  function startProcess(listens = true): ProcessSides {
    const own = Database.connect({ url: database.url, applicationName: 'places', connections: 4 });
    const rightDb = Database.connect({ url: database.url, applicationName: 'right', connections: 1 });
    connected.push(own, rightDb);
    return ProcessSides.start({
      ...{ db: own, rightDb, plans, name: 'test', lease: RIGHT, capacity: 1_000 },
      databaseUrl: listens ? database.url : undefined,
      ...{ journal: undefined, logger: createLogger('api', 'silent') },
    });
  }

  const shift = async (share: number): Promise<void> => {
    await changeSplit(db, {
      ...{ ...key, expectedEpoch: (await readSplit(db, key))?.epoch ?? 0, share, perDay: null, maxOpen: null },
      ...{ mode: 'open', lease: LEASE, cause: share === 0 ? 'lowered' : 'raised' },
    });
  };
  const ask = async ({ visitor, patient }: Keys, by = 0): Promise<Side> => {
    const targetingKey = visitor ?? patient ?? '';
    const attributes = {
      state: 'CO',
      ...(visitor !== undefined && { visitor }),
      ...(patient !== undefined && { patient }),
    };
    const answer = await processes[by]?.evaluate(flag, { targetingKey, attributes });
    if (answer === undefined) throw new Error('The context names no unit.');
    return answer.value;
  };
  /** Asks while everybody new goes to that side. */
  const place = async (keys: Keys, side: Side): Promise<void> => {
    await shift(side === 'target' ? 100_000 : 0);
    expect(await ask(keys)).toBe(side);
  };
  const link = (visitor: string, patient: string) =>
    linkPairs(
      db,
      { migration, phases: [{ phase: 'payment', takesVisitors: true }], kind: 'visitor', unitKind: 'patient' },
      [visitor, patient],
    );
  const rows = async (): Promise<unknown[]> =>
    (await db.query('SELECT unit, side FROM placement WHERE migration = $1 ORDER BY placed_at', [migration])).rows;
  const cases = async (): Promise<number | null> =>
    (await db.query(`SELECT FROM exception WHERE migration = $1 AND cause LIKE 'link:%'`, [migration])).rowCount;
  const both = (): Required<Keys> => ({ visitor: newKey('visitor'), patient: newKey('patient') });

  it.each(['legacy', 'target'] as const)(
    'I1 keeps a visitor on %s who logs in, by whichever key they are asked for',
    async (side) => {
      const { visitor, patient } = both();
      await place({ visitor }, side);
      await shift(side === 'target' ? 0 : 100_000);
      expect(await ask({ visitor, patient })).toBe(side);
      for (const by of [0, 1])
        for (const keys of [{ patient }, { visitor }, { visitor, patient }]) expect(await ask(keys, by)).toBe(side);
      expect(await rows()).toEqual([{ unit: patient, side }]);
    },
  );

  it('I1 gives a patient the side of the visitor who was linked beforehand', async () => {
    const { visitor, patient } = both();
    await place({ visitor }, 'target');
    await link(visitor, patient);
    await shift(0);
    expect([await ask({ patient }), await ask({ visitor }, 1)]).toEqual(['target', 'target']);
  });

  it('gives a visitor who turns out to be a known patient that patient’s side, before the visitor has one', async () => {
    const { visitor, patient } = both();
    await place({ patient }, 'target');
    await shift(0);
    expect(await ask({ visitor, patient })).toBe('target');
    expect(await ask({ visitor })).toBe('target');
    expect(await rows()).toHaveLength(1);
  });

  it('I1 changes nobody’s side in the middle where both have one: the visit goes on as it began, with one case', async () => {
    const { visitor, patient } = both();
    await place({ patient }, 'legacy');
    await place({ visitor }, 'target');
    for (const by of [0, 1, 0]) {
      expect(await ask({ visitor, patient }, by)).toBe('target');
      expect(await ask({ visitor }, by)).toBe('target');
      expect(await ask({ patient }, by)).toBe('legacy');
    }
    expect(await cases()).toBe(1);
    const next = newKey('visitor');
    expect(await ask({ visitor: next, patient })).toBe('legacy');
    expect(await cases()).toBe(1);
  });

  it('I1 changes nobody’s side in the middle of a visit when the patient’s record is merged with one on the other side', async () => {
    const { visitor, patient } = both();
    const record = newKey('patient');
    await place({ visitor, patient }, 'target');
    await place({ patient: record }, 'legacy');
    await linkPairs(db, { migration, phases: [{ phase: 'payment', takesVisitors: true }], kind: 'patient' }, [
      patient,
      record,
    ]);
    for (const by of [1, 0]) {
      for (const keys of [{ visitor }, { visitor, patient }, { patient }]) expect(await ask(keys, by)).toBe('target');
      expect(await ask({ patient: record }, by)).toBe('legacy');
    }
    expect(await cases()).toBe(1);
  });

  it('I1 changes nobody’s side in the middle of a visit when the visitor’s key is linked to one on the other side', async () => {
    const { visitor, patient } = both();
    const rotated = newKey('visitor');
    await place({ visitor, patient }, 'target');
    await place({ visitor: rotated }, 'legacy');
    await linkPairs(db, { migration, phases: [{ phase: 'payment', takesVisitors: true }], kind: 'visitor' }, [
      visitor,
      rotated,
    ]);
    for (const by of [1, 0]) {
      for (const keys of [{ visitor }, { patient }]) expect(await ask(keys, by)).toBe('target');
      expect(await ask({ visitor: rotated }, by)).toBe('legacy');
    }
    expect(await cases()).toBe(1);
  });

  it('answers the second patient of one visitor by that patient’s own side', async () => {
    const { visitor, patient } = both();
    const another = newKey('patient');
    await place({ visitor, patient }, 'target');
    await place({ patient: another }, 'legacy');
    expect(await ask({ visitor, patient: another })).toBe('legacy');
    expect(await ask({ visitor, patient })).toBe('target');
    expect(await cases()).toBe(0);
  });

  it('I1 hears one side by both keys, however first questions of two processes and links fall together', async () => {
    await shift(50_000);
    const people = Array.from({ length: 40 }, both);
    const heard = await Promise.all(
      people.map(async ({ visitor, patient }, at) => {
        const first = await ask({ visitor }, at % 2);
        const [a, b] = await Promise.all([
          ask(at % 3 === 0 ? { visitor, patient } : { visitor }, (at + 1) % 2),
          ask({ visitor, patient }, at % 2),
          at % 3 === 1 ? link(visitor, patient) : undefined,
        ]);
        return [first, a, b];
      }),
    );
    for (const [at, { visitor, patient }] of people.entries()) {
      const sides = heard[at] ?? [];
      expect(new Set(sides).size).toBe(1);
      expect([await ask({ visitor }), await ask({ patient }), await ask({ patient }, 1)]).toEqual(
        Array(3).fill(sides[0]),
      );
    }
    expect(await rows()).toHaveLength(people.length);
    expect(await cases()).toBe(0);
  });

  it('I1 answers a login once no process answers either key by what it remembered before', async () => {
    const { visitor, patient } = both();
    const slow = startProcess(false);
    processes.push(slow);
    await place({ patient }, 'legacy');
    await storeEvents(db, [closing({ visitor: newKey('visitor'), patient })]);
    await until('the slow one answers from memory', async () => {
      await ask({ patient }, 2);
      return slow.figures.right && slow.remembered(flag, patient) !== undefined;
    });
    await place({ visitor }, 'target');
    await until('the slow one has seen the split', () => slow.figures.right);
    expect(await ask({ visitor, patient })).toBe('target');
    expect(await ask({ patient }, 2)).toBe('target');
  });

  it('links those who log in while a link is being made together: each link keeps placements waiting', async () => {
    const links = new VisitorLinks(db);
    const people = Array.from({ length: 20 }, both);
    const made = await Promise.all(
      people.map(({ visitor, patient }) =>
        links.link(flag.migration, { kind: 'visitor', alias: visitor, unit: patient }),
      ),
    );
    expect(made.map(({ outcome }) => outcome)).toEqual(people.map(() => 'linked'));
    const { rows: audited } = await db.query<{ linked: number }>(
      `SELECT (evidence ->> 'linked')::int AS linked FROM audit WHERE migration = $1 AND action = 'keys.linked' ORDER BY id`,
      [migration],
    );
    expect(audited.map(({ linked }) => linked)).toEqual([1, people.length - 1]);
  });

  it('counts what happens before and after login for the side that the visitor has', async () => {
    await shift(100_000);
    const [unlinked, linked] = [both(), both()];
    for (const { visitor } of [unlinked, linked]) await ask({ visitor });
    await ask(linked);
    await paid(unlinked);
    await paid(linked);
    expect(await inFlightOnTarget(db, { ...key, unitKind: 'patient', milestones: MILESTONES })).toMatchObject([
      { milestone: 'paid', people: 2 },
    ]);
    await letTimePass(db, migration, 20 * 60_000);
    await sweepAllDue(db);
    const counts = await readGateCounts(db, {
      ...{ ...key, handoff: 'payment-to-provider-routing', epoch: 2, attemptEpoch: 1 },
    });
    expect(counts.target.attempt).toMatchObject({ missed: 2 });
  });

  it('closes a visitor’s side with the event that closes the patient’s', async () => {
    await shift(100_000);
    const { visitor, patient } = both();
    await ask({ visitor });
    await storeEvents(db, [closing({ visitor, patient })]);
    const { rowCount } = await db.query('SELECT FROM placement WHERE migration = $1 AND closed_at IS NOT NULL', [
      migration,
    ]);
    expect(rowCount).toBe(1);
  });

  function closing(keys: Required<Keys>) {
    const event = incoming('refund.issued', keys);
    const phase = { id: 'payment', unit: 'patient', anonymousUnit: 'visitor', closedBy: ['refund.issued'] } as const;
    return { ...event, closes: unitsClosedBy([{ ...phase, closedBy: [...phase.closedBy] }], event) };
  }

  function incoming(type: string, { visitor, patient }: Required<Keys>) {
    const journey = patient.replace(/^pat/, 'epi');
    return {
      ...{ migration, type, journey, subject: patient, source: '/legacy/billing', id: `${type}-${journey}` },
      units: { episode: journey, patient, visitor },
      ...{ time: Date.now(), sequence: 0, data: {}, contentHash: 'hash', lateness: 60_000 },
    };
  }

  async function paid(keys: Required<Keys>): Promise<void> {
    await storeEvents(db, [incoming('payment.succeeded', keys)]);
    await sweepAllDue(db);
  }
});
