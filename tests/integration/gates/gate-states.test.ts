import { Database } from '../../../store/database';
import { readGateStates, saveGateStates, type GateKey } from '../../../store/gate-states';
import { createTestDatabase, PATIENCE, type TestDatabase } from '../../setup/test-database';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

let migrations = 0;
let keys: GateKey[];
beforeEach(() => {
  migrations += 1;
  keys = ['routing', 'message', 'refund'].map((gate) => ({
    ...{ migration: `gates-${migrations}`, phase: 'payment', cohort: 'everyone', gate },
  }));
});

const [first, second, third] = [0, 1, 2].map((place) => (): GateKey => keys[place] as GateKey) as [
  () => GateKey,
  () => GateKey,
  () => GateKey,
];

describe('what gates have made of the outcomes so far', () => {
  it('is there as it was written, in the order of the keys; what was never written is not', async () => {
    const state = { kept: 3, shares: [0.1, 1e-300], note: null };
    expect(await readGateStates(db, keys)).toEqual([undefined, undefined, undefined]);
    const rows = [
      { key: third(), attemptEpoch: 4, revision: 0, state },
      { key: first(), attemptEpoch: 2, revision: 0, state: [] },
    ];
    expect(await saveGateStates(db, rows)).toEqual([true, true]);
    expect(await readGateStates(db, [second(), third(), first()])).toEqual([
      undefined,
      { attemptEpoch: 4, revision: 1, state, updatedAt: expect.any(Date) as Date },
      { attemptEpoch: 2, revision: 1, state: [], updatedAt: expect.any(Date) as Date },
    ]);
    expect([await readGateStates(db, []), await saveGateStates(db, [])]).toEqual([[], []]);
  });

  it('is written by whoever read it last: each for itself, whatever became of the others', async () => {
    await saveGateStates(db, [{ key: first(), attemptEpoch: 2, revision: 0, state: 1 }]);
    const rows = [
      { key: first(), attemptEpoch: 2, revision: 0, state: 'made anew' },
      { key: second(), attemptEpoch: 2, revision: 0, state: 'new' },
      { key: third(), attemptEpoch: 2, revision: 3, state: 'read before it was taken away' },
    ];
    expect(await saveGateStates(db, rows)).toEqual([false, true, false]);
    expect(await saveGateStates(db, [{ key: first(), attemptEpoch: 5, revision: 1, state: 'next' }])).toEqual([true]);
    expect(await saveGateStates(db, [{ key: first(), attemptEpoch: 5, revision: 1, state: 'late' }])).toEqual([false]);
    expect(await saveGateStates(db, [{ key: first(), attemptEpoch: 5, revision: 3, state: 'early' }])).toEqual([false]);
    expect(await readGateStates(db, keys)).toMatchObject([
      { attemptEpoch: 5, revision: 2, state: 'next' },
      { attemptEpoch: 2, revision: 1, state: 'new' },
      undefined,
    ]);
  });

  it('loses no write of several who save the same ones in any order, and none waits in a circle', async () => {
    const savers = [1, 2, 3, 4].map((place) =>
      Database.connect({ url: database.url, applicationName: `saver-${place}`, patience: PATIENCE }),
    );
    const save = async (saver: Database, place: number): Promise<number[]> => {
      const done = keys.map(() => 0);
      for (let round = 0; round < 25; round += 1) {
        const order = (place + round) % 2 === 0 ? keys : [...keys].reverse();
        const states = await readGateStates(saver, order);
        const saved = await saveGateStates(
          saver,
          order.map((key, index) => {
            const { revision = 0, state = 0 } = states[index] ?? {};
            return { key, attemptEpoch: 1, revision, state: (state as number) + 1 };
          }),
        );
        for (const [index, was] of saved.entries())
          if (was) (done[keys.indexOf(order[index] as GateKey)] as number) += 1;
      }
      return done;
    };
    const all = await Promise.all(savers.map(save));
    const sums = keys.map((_, index) => all.reduce((sum, done) => sum + (done[index] ?? 0), 0));
    expect((await readGateStates(db, keys)).map((one) => [one?.revision, one?.state])).toEqual(
      sums.map((sum) => [sum, sum]),
    );
    await Promise.all(savers.map((saver) => saver.close()));
  });
});
