import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { ExceptionPage } from '../../../domain/status/exception-page';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { authorization, createFactsApi } from './facts-api';
import { FACTS_PLAN, ROUTING, startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

const MINUTE = 60_000;

/** The payment is handed to provider routing, a phase of its own that moves episodes. */
const BRIDGED = FACTS_PLAN.replace(
  `    phase: payment
    start: payment.succeeded
    end: review.assigned`,
  `    phase: payment
    endPhase: provider-routing
    start: payment.succeeded
    end: review.assigned`,
)
  .replace(
    'handoffs:\n',
    `handoffs:
  - id: review-to-message
    phase: provider-routing
    start: payment.retried
    end: message.delivered
    within: 1h
    severity: access
    queue: payment-not-routed
`,
  )
  .replace(
    'phasesLeftOut:\n',
    `  - id: provider-routing
    kind: custom
    unit: episode
    cohorts: [{ id: pilot, when: { state: [FL] } }, { id: everyone }]
    ramp:
      - { share: 10%, watch: 1d }
      - { share: 100%, watch: 1d }
    soak: 7d
    gates:
      - id: review-floor
        handoff: review-to-message
        severity: access
        rule: { kind: floor, atLeast: 95% }
phasesLeftOut:
`,
  )
  .replace('owners:', 'attributes: { state: [FL, CA] }\nowners:')
  .replace(
    'rollbackRules:\n',
    `rollbackRules:
  - { id: review-rollback, phase: provider-routing, gate: review-floor, action: { kind: pause }, agreedBy: [care-coordination] }
`,
  );

let database: TestDatabase;
let db: Database;
let migration: string;
/** When the handoff started. */
let paidAt: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  paidAt = Date.now() - 30_000;
  await startMigrationOf(db, migration, 1, BRIDGED);
});

type Placed = 'legacy' | 'target';

async function place(phase: string, unit: string, side: Placed, at: number, movedAt?: number): Promise<void> {
  const other = side === 'legacy' ? 'target' : 'legacy';
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at, moved_from, moved_at, moved_because)
     VALUES ($1, $2, $3, 'everyone', $4, 1, $5, $6, $7, $8)`,
    movedAt === undefined
      ? [migration, phase, unit, side, new Date(at), null, null, null]
      : [migration, phase, unit, side, new Date(at), other, new Date(movedAt), 'bringBack'],
  );
}
const placePayer = (side: Placed): Promise<void> => place('payment', keys.subscription(1), side, paidAt - MINUTE);
const placeEpisode = (side: Placed, at: number, movedAt?: number): Promise<void> =>
  place('provider-routing', keys.episode(1), side, at, movedAt);

async function changeSplit(cohort: string, mode: 'open' | 'committed', at: number): Promise<void> {
  await db.query(
    `INSERT INTO split_change (migration, phase, cohort, epoch, share, mode, cause, changed_at)
     SELECT $1, 'provider-routing', $2, count(*) + 1, 100000, $3, 'raised', $4 FROM split_change WHERE migration = $1 AND cohort = $2`,
    [migration, cohort, mode, new Date(at)],
  );
}

async function pay(): Promise<void> {
  await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded', time: paidAt })]);
  await sweepAllDue(db);
}
async function assignAt(time: number): Promise<void> {
  await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'review.assigned', time })]);
  await sweepAllDue(db);
}
async function lanes(): Promise<object[] | undefined> {
  return (await countOutcomes(db, migration)).find(({ handoff }) => handoff === ROUTING)?.byLane;
}
const one = (lane: string, outcome: 'open' | 'kept' | 'missed' | 'released'): object[] => [
  { lane, open: 0, kept: 0, missed: 0, released: 0, [outcome]: 1 },
];

describe('R50 the lane of a handoff that ends in another phase', () => {
  it.each([
    ['legacy', 'legacy'],
    ['target', 'target'],
    ['target', 'legacy'],
    ['legacy', 'target'],
  ] as const)('is from where its unit was (%s) to where the next one is (%s)', async (from, to) => {
    await placePayer(from);
    await placeEpisode(to, paidAt + 5_000);
    await pay();
    await assignAt(paidAt + 10_000);
    expect(await lanes()).toEqual(one(`${from}→${to}`, 'kept'));
  });

  it('goes to legacy while the next phase has not placed the unit and is not committed', async () => {
    await placePayer('target');
    await changeSplit('pilot', 'committed', paidAt - MINUTE);
    await changeSplit('everyone', 'open', paidAt - MINUTE);
    await pay();
    expect(await lanes()).toEqual(one('target→legacy', 'open'));
  });

  it('goes to target where the next phase is committed for the cohort, and has not placed the unit', async () => {
    await placePayer('target');
    await changeSplit('pilot', 'open', paidAt - MINUTE);
    await changeSplit('everyone', 'committed', paidAt - MINUTE);
    await pay();
    expect(await lanes()).toEqual(one('target→target', 'open'));
  });

  it('is judged as of its deadline where nothing ended it: what was placed or committed after does not count', async () => {
    await placePayer('target');
    await changeSplit('everyone', 'open', paidAt - MINUTE);
    await pay();
    await letTimePass(db, migration, 20 * MINUTE);
    const deadline = paidAt - 20 * MINUTE + 10 * MINUTE;
    await placeEpisode('target', deadline + 1_000);
    await changeSplit('everyone', 'committed', deadline + 1_000);
    await sweepAllDue(db);
    expect(await lanes()).toEqual(one('target→legacy', 'missed'));
  });

  it('is where the unit was when the handoff ended, though it was moved since', async () => {
    await placePayer('target');
    await placeEpisode('legacy', paidAt - MINUTE, paidAt + 20_000);
    await pay();
    await assignAt(paidAt + 10_000);
    expect(await lanes()).toEqual(one('target→target', 'kept'));
  });

  it('never changes once it is final', async () => {
    await placePayer('target');
    await placeEpisode('legacy', paidAt - MINUTE);
    await pay();
    await letTimePass(db, migration, 60 * MINUTE);
    await sweepAllDue(db);
    await db.query(`UPDATE placement SET side = 'target' WHERE migration = $1`, [migration]);
    await assignAt(Date.now());
    await letTimePass(db, migration, 60 * MINUTE);
    expect(await sweepAllDue(db)).toMatchObject({ recovered: 1 });
    expect(await lanes()).toEqual(one('target→legacy', 'missed'));
  });

  it('adds up with the outcomes by side, units that nobody placed included', async () => {
    await placePayer('target');
    await storeEvents(
      db,
      [1, 2].map((patient) => eventToStore(migration, { patient, type: 'payment.succeeded', time: paidAt })),
    );
    await sweepAllDue(db);
    const tally = (await countOutcomes(db, migration)).find(({ handoff }) => handoff === ROUTING);
    expect(tally).toMatchObject({
      bySide: { target: { open: 1 }, unplaced: { open: 1 }, legacy: { open: 0 } },
      byLane: [
        { lane: 'target→legacy', open: 1 },
        { lane: 'unplaced→legacy', open: 1 },
      ],
    });
  });

  it('stands on its case, with the side it started on', async () => {
    await placePayer('target');
    await pay();
    await letTimePass(db, migration, 60 * MINUTE);
    await sweepAllDue(db);
    const { app } = await createFactsApi(db);
    const answer = await request(app)
      .get(`/v1/migrations/${migration}/exceptions?queue=payment-not-routed`)
      .set(...authorization('support-lead-1'));
    expect((answer.body as ExceptionPage).exceptions).toMatchObject([
      { handoff: ROUTING, side: 'target', lane: 'target→legacy' },
    ]);
  });
});
