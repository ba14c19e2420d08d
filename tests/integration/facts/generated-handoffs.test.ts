import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parse } from 'yaml';
import { recountDeadline } from '../../../cli/rehearse/recount/recount-deadline';
import { recountHandoff, type LoggedStep } from '../../../cli/rehearse/recount/recount-handoff';
import { Backtest } from '../../../domain/backtest/backtest';
import type { HandoffCount } from '../../../domain/backtest/count-handoffs';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { Plan } from '../../../domain/plan/plan-schema';
import { between, pick as pickBy, seededRandom, type Random } from '../../../sandbox/patients/seeded-random';
import { Database } from '../../../store/database';
import { storeEvents, type EventToStore } from '../../../store/events';
import { countOutcomes, noOutcomes } from '../../../store/handoffs';
import { turnClockOf, type TurnedClock } from '../../setup/clock-of-the-log';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { tellByPlan } from './tell-by-plan';
import { keys } from './test-stack';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const JOURNEYS = 40;
/** Over Thanksgiving and the weekend after it. */
const FROM = Date.parse('2027-11-23T12:00:00Z');
const LENGTH = 7 * 24 * HOUR;
/** The clock goes on in these steps; whatever arrived meanwhile is stored and matched. */
const TICK = 2 * HOUR;
const DUPLICATES = 0.1;

let database: TestDatabase;
let clock: TurnedClock;
let db: Database;
let holder: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  clock = await turnClockOf(database.url);
  // Only connections that are made from now on go by that clock.
  db = Database.connect({ url: database.url, applicationName: 'generated' });
  holder = Database.connect({ url: database.url, applicationName: 'holder' });
});
afterAll(async () => {
  await Promise.all([db.close(), holder.close(), clock.close()]);
  await database.drop();
});

/** What a plan may say of a handoff, each by half: several ends, releases, conditions, fan-out, pauses, business time. */
function generatedPlan(random: Random): string {
  const perhaps = (part: object): object => (random() < 0.5 ? part : {});
  const pick = <Item>(...items: readonly [Item, ...Item[]]): Item => pickBy(random, items);
  const written = parse(FACTS_PLAN) as Record<string, unknown> & { events: object[]; handoffs: { id: string }[] };
  const code = (codes: string[], required = false): object => ({ kind: 'code', codes, required });
  const pause = {
    pausedWhile: [
      { id: 'asked', from: 'info.requested', until: 'info.given' },
      { id: 'held', from: 'order.held', until: 'info.given' },
    ],
  };
  const promise = (...amounts: readonly [string, ...string[]]): object => ({
    businessTime: { within: pick(...amounts), calendar: pick('clinic', 'nights') },
  });
  const bodies: Record<string, object> = {
    'payment-to-provider-routing': {
      ...{ end: pick(['review.assigned'], ['review.assigned', 'review.declined']), within: pick('6h', '1d', '3d') },
      ...perhaps({
        must: [
          { id: 'licensed', end: 'review.assigned', field: 'licensedIn', equalsStart: 'state' },
          { id: 'by-whom', end: 'review.assigned', field: 'role', oneOf: ['physician', 'nurse'] },
        ],
      }),
      ...{ ...perhaps(pause), ...perhaps(promise('8bh', '16bh', '1bd')), ...perhaps({ exactlyOnce: true }) },
    },
    'payment-to-next-step-message': {
      ...{ end: 'message.delivered', within: pick('3h', '12h'), unless: pick([], ['payment.refunded']) },
      ...perhaps({ forEach: { field: 'channel', of: pick(['email', 'sms'], ['email', 'sms', 'voice']) } }),
      ...{ ...perhaps(promise('4bh', '2bd')), ...perhaps({ exactlyOnce: true }), ...perhaps(pause) },
    },
    'refund-to-message': {
      ...{ phase: 'payment', start: 'payment.refunded', end: 'message.delivered', within: '8h', severity: 'money' },
      ...{ queue: 'next-step-not-told', exactlyOnce: true, lateness: '4h' },
      ...perhaps({ must: [{ id: 'in-writing', field: 'channel', oneOf: ['email', 'sms'] }] }),
    },
  };
  const declared = new Map(written.handoffs.map((handoff) => [handoff.id, handoff]));
  const days = ['mon', 'tue', 'wed', 'thu', 'fri'];
  return JSON.stringify({
    ...written,
    lateness: '4h',
    events: [
      { type: 'payment.succeeded', data: { program: code(['weight'], true), state: code(['CA', 'NY'], true) } },
      { type: 'payment.refunded' },
      {
        type: 'review.assigned',
        data: { licensedIn: code(['CA', 'NY']), role: code(['physician', 'nurse', 'nobody']) },
      },
      { type: 'message.delivered', data: { channel: code(['email', 'sms', 'voice']) } },
      ...['review.declined', 'payment.retried', 'info.requested', 'info.given', 'order.held'].map((type) => ({ type })),
    ],
    calendars: [
      {
        id: 'clinic',
        timeZone: 'America/New_York',
        open: [{ id: 'days', days, from: '09:00', to: '17:00' }],
        closed: [{ id: 'thanksgiving', from: '2027-11-25', to: '2027-11-26' }],
      },
      {
        id: 'nights',
        timeZone: 'Europe/Berlin',
        open: [{ id: 'nights', days: [...days, 'sun'], from: '20:00', to: '06:00' }],
        closed: [{ id: 'month-end', lastDaysOfMonth: 1 }],
      },
    ],
    handoffs: Object.entries(bodies).map(([id, body]) => ({ ...declared.get(id), id, ...body })),
  });
}

interface Logged {
  event: Record<string, unknown>;
  time: number;
  sequence: number;
  journey: number;
}

function generatedLog(random: Random, plan: Plan): Logged[] {
  const pick = <Item>(...items: readonly [Item, ...Item[]]): Item => pickBy(random, items);
  const fields: Record<string, () => object> = {
    'payment.succeeded': () => ({ program: 'weight', state: pick('CA', 'NY') }),
    'review.assigned': () => ({
      ...(random() < 0.9 && { licensedIn: pick('CA', 'CA', 'NY') }),
      role: pick('physician', 'nurse', 'nobody'),
    }),
    'message.delivered': () => (random() < 0.9 ? { channel: pick('email', 'sms', 'voice') } : {}),
  };
  const types = plan.events.map(({ type }) => type);
  const often = ['payment.succeeded', 'review.assigned', 'message.delivered', 'message.delivered'];
  const log = Array.from({ length: JOURNEYS }, (_, journey) => journey).flatMap((journey) => {
    let time = FROM + Math.round(between(random, 0, 3 * 24 * HOUR));
    return Array.from({ length: 12 }, (__, sequence): Logged => {
      // Now and then two of one moment; whole quarters of an hour, so that deadlines and hours are met exactly.
      time += 15 * MINUTE * Math.floor(between(random, 0, pick(3, 20, 60)));
      const type = sequence === 0 ? 'payment.succeeded' : pick(...(often as [string]), ...types);
      const attributes = {
        specversion: '1.0',
        id: `${journey}-${sequence}`,
        source: pick('/legacy/billing', '/routing'),
        type,
      };
      return {
        ...{ time: Math.min(time, FROM + LENGTH), sequence, journey },
        event: {
          ...attributes,
          ...{
            subject: keys.patient(journey),
            journey: keys.episode(journey),
            subscription: keys.subscription(journey),
          },
          ...{
            time: new Date(Math.min(time, FROM + LENGTH)).toISOString(),
            sequence: String(sequence),
            data: fields[type]?.() ?? {},
          },
        },
      };
    });
  });
  // The log's last event is of somebody else: all that it says of the others is over.
  const last = { ...log[0], time: FROM + LENGTH + 1, sequence: 0, journey: JOURNEYS } as Logged;
  const keysOfLast = { subject: keys.patient(JOURNEYS), journey: keys.episode(JOURNEYS) };
  return [
    ...log,
    {
      ...last,
      event: {
        ...last.event,
        ...keysOfLast,
        id: 'last',
        type: 'payment.retried',
        data: {},
        time: new Date(last.time).toISOString(),
      },
    },
  ];
}

function overHistory(plan: Plan, hash: string, log: readonly Logged[]): Record<string, HandoffCount> {
  const backtest = new Backtest(plan, hash);
  for (const { event, time, sequence, journey } of log) {
    backtest.add({
      journey: String(journey),
      type: String(event['type']),
      time,
      sequence,
      data: event['data'] as Record<string, string>,
    });
  }
  const { handoffs, log: said } = backtest.result();
  expect(said.notAsked).toEqual([]);
  return handoffs;
}

/** A third opinion, written apart from the matcher that the other two share. */
function byDefinition(plan: Plan, log: readonly Logged[]): Record<string, HandoffCount> {
  const cases = new Map<number, LoggedStep[]>();
  const inOrder = [...log].sort((a, b) => a.time - b.time || a.sequence - b.sequence);
  for (const { event, time, journey } of inOrder) {
    const steps = cases.get(journey) ?? [];
    cases.set(journey, steps);
    steps.push({ type: String(event['type']), at: time, data: event['data'] as Record<string, string> });
  }
  const lastAt = Math.max(...log.map(({ time }) => time));
  return Object.fromEntries(
    plan.handoffs.map((handoff) => {
      const count = {
        started: 0,
        kept: 0,
        missed: 0,
        released: 0,
        open: 0,
        repeated: 0,
        unmatched: 0,
        recovered: 0,
        secondEnds: 0,
      };
      const deadlineOf = recountDeadline(handoff, plan, handoff.within);
      for (const steps of cases.values()) {
        const { runs, unmatched } = recountHandoff(handoff, steps, deadlineOf);
        count.unmatched += unmatched;
        for (const run of runs) {
          count.started += 1;
          const isOpen = run.outcome === 'standing' || (run.outcome === 'missed' && run.deadlineAt >= lastAt);
          count[isOpen ? 'open' : (run.outcome as 'kept')] += 1;
          count.repeated += run.repeated;
          if (run.recovered) count.recovered += 1;
          count.secondEnds += run.secondEnds;
        }
      }
      return [handoff.id, count];
    }),
  );
}

async function countedLive(plan: Plan, migration: string): Promise<Record<string, HandoffCount>> {
  const tallies = await countOutcomes(db, migration);
  return Object.fromEntries(
    plan.handoffs.map(({ id, phase }) => {
      const { bySide, repeated, unmatched, recovered, secondEnds } =
        tallies.find(({ handoff }) => handoff === id) ?? noOutcomes(id, phase);
      const { open, kept, missed, released } = bySide.unplaced;
      const started = open + kept + missed + released;
      return [id, { started, kept, missed, released, open, repeated, unmatched, recovered, secondEnds }];
    }),
  );
}

/** A sweeper in a process of its own, killed with its exceptions written and not committed. */
async function killASweeper(): Promise<void> {
  await holder.transaction(async (connection) => {
    // It holds on however long that takes.
    await connection.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await connection.query('LOCK TABLE audit, journey IN SHARE MODE');
    const hook = join(__dirname, 'typescript-hook.cjs');
    const killed = spawn(process.execPath, ['--require', hook, join(__dirname, 'sweeper-process.ts'), database.url]);
    const exited = once(killed, 'exit');
    try {
      await until('the sweeper waits in mid-transaction', async () => {
        const { rows } = await db.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'sweeper-to-be-killed' AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
    } finally {
      killed.kill('SIGKILL');
      await exited;
    }
  });
}

async function sweepByTwo(): Promise<void> {
  await Promise.all([sweepAllDue(db, 9), sweepAllDue(db, 7)]);
}

describe('generated plans over generated logs (R24, R50, I6)', () => {
  const seen: HandoffCount[] = [];

  it.each(['first', 'second', 'third', 'fourth', 'fifth'])(
    'come to the same live and over history, to the unit: shuffled within the lateness, duplicated, with two sweepers and one killed twice (%s)',
    async (seed) => {
      const random = seededRandom(`generated ${seed}`);
      const source = generatedPlan(random);
      const { plan, hash } = loadPlan(source);
      const migration = `facts-${seed}`;
      const log = generatedLog(random, plan);
      await clock.turnTo(FROM);
      await startMigrationOf(db, migration, 1, source);
      const tell = tellByPlan(plan, migration, FROM + 2 * LENGTH);
      const arrivals = log
        .flatMap(({ event, time }) =>
          random() < DUPLICATES
            ? [
                { event, time },
                { event, time },
              ]
            : [{ event, time }],
        )
        .map(({ event, time }) => ({
          at: time + random() * (plan.lateness - TICK),
          order: random(),
          event: tell(event),
        }))
        .sort((a, b) => a.at - b.at);
      const lastTick = Math.ceil((FROM + LENGTH + plan.lateness) / TICK) * TICK;
      let killed = 0;
      const killedAt = [0.4, 0.7].map((share) => FROM + Math.round((share * LENGTH) / TICK) * TICK);
      for (let from = 0, now = Math.ceil(FROM / TICK) * TICK; now <= lastTick; now += TICK) {
        const to = arrivals.findIndex(({ at }, index) => index >= from && at >= now);
        const batch = arrivals.slice(from, to < 0 ? arrivals.length : to);
        from += batch.length;
        await clock.turnTo(now);
        const shuffled: EventToStore[] = batch.sort((a, b) => a.order - b.order).map(({ event }) => event);
        await storeEvents(db, shuffled);
        if (now >= (killedAt[killed] ?? Infinity) && batch.length > 0) {
          await killASweeper();
          killed += 1;
        }
        await sweepByTwo();
      }
      await clock.turnTo(FROM + LENGTH + 1 + plan.lateness);
      await sweepByTwo();
      await db.query('UPDATE journey SET due_at = clock_timestamp() WHERE migration = $1', [migration]);
      await sweepByTwo();

      expect(killed).toBe(2);
      const live = await countedLive(plan, migration);
      expect(live).toEqual(overHistory(plan, hash, log));
      expect(live).toEqual(byDefinition(plan, log));
      seen.push(...Object.values(live));
      // I6: each that was missed, and each end that came once more, is counted on exactly one case.
      const { rows } = await db.query<{ handoff: string; missed: number; second: number }>(
        `SELECT c.handoff, (count(*) FILTER (WHERE c.cause LIKE 'handoff:%'))::int AS missed,
                (count(*) FILTER (WHERE c.cause LIKE 'secondEnd:%'))::int AS second
           FROM (SELECT handoff, cause FROM exception WHERE migration = $1
                  UNION ALL SELECT e.handoff, a.cause FROM exception_cause a JOIN exception e ON e.id = a.exception WHERE a.migration = $1) c
          GROUP BY c.handoff`,
        [migration],
      );
      for (const [handoff, { missed, secondEnds }] of Object.entries(live)) {
        const counted = rows.find((row) => row.handoff === handoff) ?? { missed: 0, second: 0 };
        expect([handoff, counted.missed, counted.second]).toEqual([handoff, missed, secondEnds]);
      }
    },
    180_000,
  );

  it('put every count to the test', () => {
    for (const column of [
      'kept',
      'missed',
      'released',
      'open',
      'repeated',
      'unmatched',
      'recovered',
      'secondEnds',
    ] as const) {
      expect([column, seen.some((counted) => counted[column] > 0)]).toEqual([column, true]);
    }
  });
});
