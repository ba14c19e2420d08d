import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { judgeTickets } from '../../../store/tickets';
import { EVIDENCE, type FactsCases } from './facts-cases';
import { FACTS_PLAN } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore } from './test-stack';
import { withCasesOf } from './with-cases';

const MINUTE = 60_000;
const TICKETS = FACTS_PLAN.replace(
  '  - type: payment.retried\n',
  '  - type: payment.retried\n  - type: support.ticketOpened\n    data: { topic: { kind: code, codes: [payment, login, other] } }\n',
).replace(
  '- { id: payment-not-routed,',
  '- { id: payment-not-routed, tickets: { on: support.ticketOpened, field: topic, codes: [payment], grace: 15m },',
);

let db: Database;
let cases: FactsCases;
withCasesOf(TICKETS, (made) => {
  ({ db, cases } = made);
});

/** The patient writes to support; twice over, as stacks do. */
async function writes(patient: number, topic = 'payment'): Promise<void> {
  const ticket = {
    ...eventToStore(cases.migration, { patient, type: 'payment.retried' }),
    type: 'support.ticketOpened',
    data: { topic },
  };
  await storeEvents(db, [ticket, ticket]);
  await sweepAllDue(db);
}

const leaks = async (): Promise<unknown> => (await cases.board())?.leaks;

/** As the worker does, when so much time has passed. */
async function judgeAfter(minutes: number): Promise<void> {
  await letTimePass(db, cases.migration, minutes * MINUTE);
  await judgeTickets(db);
}

describe('tickets of what no handoff found (R31)', () => {
  it('are leaks, one each, once their grace is over; of a queue that knows no tickets nothing is said', async () => {
    await writes(1);
    await judgeAfter(10);
    expect(await leaks()).toEqual({ all: 0, day: 0 });
    await judgeAfter(10);
    await judgeAfter(10);
    expect(await leaks()).toEqual({ all: 1, day: 1 });
    expect((await cases.board('next-step-not-told'))?.leaks).toBeNull();
    await writes(2, 'other');
    await judgeAfter(20);
    expect(await leaks()).toEqual({ all: 1, day: 1 });
    await letTimePass(db, cases.migration, 25 * 60 * MINUTE);
    expect(await leaks()).toEqual({ all: 1, day: 0 });
  });

  it('are none where a case of the patient is open, or is opened within the grace', async () => {
    await cases.open(1);
    await writes(1);
    await writes(2);
    await cases.open(2);
    await judgeAfter(20);
    expect(await leaks()).toEqual({ all: 0, day: 0 });
  });

  it('are leaks where the case is of another patient, of another queue, had ended before, or came too late', async () => {
    const ended = await cases.open(1);
    await cases.done(ended, 'resolve', { evidence: EVIDENCE });
    await cases.plant(2, { queue: 'next-step-not-told' });
    for (const patient of [1, 2, 3]) await writes(patient);
    await judgeAfter(16);
    expect(await leaks()).toEqual({ all: 3, day: 3 });
    await writes(4);
    await letTimePass(db, cases.migration, 16 * MINUTE);
    await cases.plant(4);
    await judgeTickets(db);
    expect(await leaks()).toEqual({ all: 4, day: 4 });
  });

  it('are none where the case has been merged into one that is open', async () => {
    const [one, other] = [await cases.open(1), await cases.plant(1, { queue: 'next-step-not-told' })];
    await cases.done(one, 'merge', { into: other });
    await writes(1);
    await judgeAfter(16);
    expect(await leaks()).toEqual({ all: 0, day: 0 });
  });

  it('are judged once by any number of workers', async () => {
    for (let patient = 1; patient <= 20; patient += 1) await writes(patient);
    await letTimePass(db, cases.migration, 16 * MINUTE);
    const judged = await Promise.all([judgeTickets(db), judgeTickets(db), judgeTickets(db)]);
    expect(judged.reduce((sum, { leaks: count }) => sum + count, 0)).toBe(20);
    expect(await leaks()).toEqual({ all: 20, day: 20 });
  });
});
