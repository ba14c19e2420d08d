import { z } from 'zod';
import { BoundedMemory } from '../../journey/bounded-memory';
import { REFUNDED_AFTER, SETTLED_AFTER, STACK_ODDS } from '../../journey/habits';
import { journeyCaseSchema, type JourneyCase } from '../../journey/journey-case';
import { compress } from '../../../domain/time/time-scale';
import { between, pick } from '../../patients/seeded-random';
import { readBody } from '../../sandbox-failure';
import { AlreadyRouted, CardDeclined, NothingPaid } from '../payment-routes';
import type { CaseWork } from './case-work';
import type { Handovers } from './handovers';
import { readCase } from './read-case';

const checkoutSchema = z.strictObject({
  who: journeyCaseSchema,
  /** 1 with the first card, 2 with another. */
  card: z.int().min(1).max(2),
});

/** `POST /billing/checkouts` and `/billing/withdrawals`: a payment is settled a moment later, and then leads to the next step and to a review. */
export function billingRoutes(desk: Handovers): void {
  const { app } = desk;
  const payments = new BoundedMemory<JourneyPayment>(100_000);
  const idOf = ({ migration, journey }: JourneyCase): string => `${migration} ${journey}`;

  app.post('/billing/checkouts', async (request, response) => {
    const { who, card } = readBody(checkoutSchema, request.body);
    const work = desk.workFor(who);
    if (payments.get(idOf(who)) !== undefined) {
      response.status(200).send({ status: 'paid' });
      return;
    }
    if (work.random(`card ${card}`)() < STACK_ODDS.cardDeclined) {
      await desk.once(`card ${card}`, who, () =>
        Promise.resolve(work.says('payment.failed', work.now, { reason: 'cardDeclined' }, card - 1)),
      );
      throw new CardDeclined();
    }
    const { program, state } = who.attributes;
    const at = work.now;
    const paid = await desk.once('payment', who, () =>
      Promise.resolve(work.says('payment.succeeded', at, { program, state })),
    );
    if (paid && payments.get(idOf(who)) === undefined) payments.set(idOf(who), new JourneyPayment(desk, work, at));
    response.status(paid ? 201 : 410).send({ status: paid ? 'paid' : 'lost' });
  });

  app.post('/billing/withdrawals', (request, response) => {
    const who = readCase(request.body);
    desk.workFor(who);
    const payment = payments.get(idOf(who));
    if (payment === undefined) throw new NothingPaid();
    const withdrawn = payment.withdraw();
    response.status(withdrawn ? 200 : 410).send({ status: withdrawn ? 'withdrawn' : 'lost' });
  });

  desk.takes('refunds', (work, declinedAt) => {
    refund(work, 'declined', declinedAt);
  });
}

/** A charged subscription: called off while it is billing's, the next step's and the review's after that. */
class JourneyPayment {
  private state: 'charged' | 'calledOff' | 'settled' = 'charged';
  private readonly callOffSettling: () => boolean;

  constructor(
    private readonly desk: Handovers,
    private readonly work: CaseWork,
    private readonly paidAt: number,
  ) {
    const settledAt = paidAt + compress(between(work.random('settling'), ...SETTLED_AFTER), work.run.timeScale);
    this.callOffSettling = work.later(settledAt, () => {
      this.settle();
    });
    if (work.random('fraud')() < STACK_ODDS.fraudSuspected) {
      // What is called off here is called off for good: the refund alone is left to happen.
      this.state = 'calledOff';
      this.callOffSettling();
      refund(work, 'fraudCheck', paidAt);
    }
  }

  /** False where a fault lost it: then the payment stands. @throws AlreadyRouted */
  withdraw(): boolean {
    if (this.state === 'settled') throw new AlreadyRouted();
    if (this.state === 'calledOff') return true;
    const at = this.work.now;
    if (!this.work.says('patient.withdrew', at)) return false;
    this.state = 'calledOff';
    this.callOffSettling();
    refund(this.work, 'withdrew', at);
    return true;
  }

  private settle(): void {
    this.state = 'settled';
    const { work, paidAt } = this;
    work.after('message.delivered', paidAt, (at) => {
      work.says('message.delivered', at, { channel: pick(work.random('channel'), ['sms', 'email']) });
    });
    this.desk.give('reviews', work, paidAt);
  }
}

function refund(work: CaseWork, reason: keyof typeof REFUNDED_AFTER, since: number): void {
  work.afterHabit('payment.refunded', REFUNDED_AFTER[reason], since, (at) => {
    work.tell(work.says('payment.refunded', at, { reason }) ? 'refunded' : 'lost');
  });
}
