import type { Express } from 'express';
import { z } from 'zod';
import { DomainError } from '../../domain/domain-error';
import type { Side } from '../../domain/sides/side';
import { compress } from '../../domain/time/time-scale';
import type { EventData } from '../events/stack-event';
import { deriveUuid } from '../patients/derive-key';
import { between, seededRandom, type Random } from '../patients/seeded-random';
import { readBody } from '../sandbox-failure';
import type { Stack, StackRun } from './stack';

/** Event types that this part of the stacks speaks; examples/payment.yaml declares each. */
export const PAYMENT_EVENTS = [
  'payment.succeeded',
  'payment.failed',
  'payment.refunded',
  'patient.withdrew',
  'review.assigned',
  'message.delivered',
] as const;
type PaymentEvent = (typeof PAYMENT_EVENTS)[number];

/** The systems that say so, by side. */
export const PAYMENT_SOURCES: Record<Side, Record<'billing' | 'routing' | 'messaging', string>> = {
  legacy: { billing: '/legacy/billing', routing: '/legacy/crm', messaging: '/legacy/messaging' },
  target: { billing: '/target/billing', routing: '/target/routing', messaging: '/target/messaging' },
};

/** What patients of the payment stacks are told apart by. */
export const PROGRAMS = ['dermatology', 'weight', 'hormone'] as const;
export const STATES = ['CA', 'FL', 'NY', 'TX', 'WA'] as const;

const key = z.string().min(1).max(80);
const checkoutSchema = z.strictObject({
  migration: key,
  patient: key,
  journey: key,
  subscription: key,
  program: z.enum(PROGRAMS),
  state: z.enum(STATES),
  /** 1 with the first card, 2 with another. */
  card: z.int().min(1).max(2),
});
type Checkout = z.output<typeof checkoutSchema>;

const withdrawalSchema = z.strictObject({ migration: key, subscription: key });

export class CardDeclined extends DomainError {
  readonly code = 'card-declined';
  readonly status = 402;
  constructor() {
    super('The card was declined. Try another.');
  }
}

export class NothingPaid extends DomainError {
  readonly code = 'nothing-paid';
  readonly status = 404;
  constructor() {
    super('There is no payment of this subscription that could be withdrawn.');
  }
}

export class AlreadyRouted extends DomainError {
  readonly code = 'already-routed';
  readonly status = 409;
  constructor() {
    super('A provider has the case already. Ask them to close it.');
  }
}

const SECOND = 1_000;
const MINUTE = 60_000;

/** How often, and after how much of the plan's time, things happen to who paid. */
const HABITS = {
  declined: 0.03,
  refundedByBilling: 0.02,
  refundAfter: [15 * SECOND, 45 * SECOND],
  routedAfter: [1 * MINUTE, 4 * MINUTE],
  messagedAfter: [30 * SECOND, 3 * MINUTE],
  /** A settled payment is forgotten by the sandbox after this. */
  forgottenAfter: 60 * MINUTE,
} as const;

/** `POST /checkout` and `POST /withdrawals`: pays, is routed to a provider, and is told the next step. */
export function paymentRoutes(app: Express, stack: Stack): void {
  const payments = new Map<string, Payment>();
  const declined = new Set<string>();

  app.post('/checkout', (request, response) => {
    const checkout = readBody(checkoutSchema, request.body);
    const run = stack.runOf(checkout.migration);
    const id = `${checkout.migration} ${checkout.subscription}`;
    // Whoever lost the answer and asks again is not charged again.
    if (payments.has(id)) {
      response.status(200).send({ status: 'paid' });
      return;
    }
    const card = `${id} ${checkout.card}`;
    if (declined.has(card)) throw new CardDeclined();
    const payment = new Payment(stack, run, checkout);
    const charged = payment.charge();
    if (charged) payments.set(id, payment);
    else declined.add(card);
    const forgetAt = new Date(stack.clock.now().getTime() + compress(HABITS.forgottenAfter, run.timeScale));
    stack.forget(forgetAt, () => {
      payments.delete(id);
      declined.delete(card);
    });
    if (!charged) throw new CardDeclined();
    response.status(201).send({ status: 'paid' });
  });

  app.post('/withdrawals', (request, response) => {
    const { migration, subscription } = readBody(withdrawalSchema, request.body);
    stack.runOf(migration);
    const payment = payments.get(`${migration} ${subscription}`);
    if (payment === undefined) throw new NothingPaid();
    if (!payment.withdraw()) throw new AlreadyRouted();
    response.status(200).send({ status: 'withdrawn' });
  });
}

/** One charged subscription on its way to a provider and a next step. */
class Payment {
  private readonly random: Random;
  private sequence = 0;
  private callOff: (() => boolean)[] = [];
  private routed = false;
  private stopped = false;

  constructor(
    private readonly stack: Stack,
    private readonly run: StackRun,
    private readonly checkout: Checkout,
  ) {
    this.random = seededRandom(`${run.seed} ${checkout.subscription} ${checkout.card}`);
    // A second card's events come after the first one's.
    this.sequence = checkout.card * 10;
  }

  /** Charges the card; false where it was declined. */
  charge(): boolean {
    const now = this.stack.clock.now();
    if (this.random() < HABITS.declined) {
      this.emit('payment.failed', 'billing', now, { reason: 'cardDeclined' });
      return false;
    }
    const { program, state } = this.checkout;
    this.emit('payment.succeeded', 'billing', now, { program, state });
    const refund = this.random() < HABITS.refundedByBilling;
    this.later('review.assigned', now, HABITS.routedAfter, (at) => {
      this.routed = true;
      this.emit('review.assigned', 'routing', at, { program, licensedIn: state });
    });
    this.later('message.delivered', now, HABITS.messagedAfter, (at) => {
      this.emit('message.delivered', 'messaging', at, { channel: 'sms' });
    });
    if (refund)
      this.later('payment.refunded', now, HABITS.refundAfter, (at) => {
        this.refund(at, 'fraudCheck');
      });
    return true;
  }

  /** The patient changed their mind; false where a provider has the case already. */
  withdraw(): boolean {
    if (this.routed) return false;
    if (this.stopped) return true;
    const now = this.stack.clock.now();
    this.stop();
    this.emit('patient.withdrew', 'billing', now, {});
    this.later('payment.refunded', now, HABITS.refundAfter, (at) => {
      this.emit('payment.refunded', 'billing', at, { reason: 'withdrew' });
    });
    return true;
  }

  private refund(at: Date, reason: string): void {
    if (this.routed || this.stopped) return;
    this.stop();
    this.emit('payment.refunded', 'billing', at, { reason });
  }

  private stop(): void {
    this.stopped = true;
    for (const callOff of this.callOff) callOff();
    this.callOff = [];
  }

  private later(type: PaymentEvent, from: Date, after: readonly [number, number], work: (at: Date) => void): void {
    const wait = compress(between(this.random, ...after), this.run.timeScale) + this.stack.slowness(this.run, type);
    this.callOff.push(this.stack.later(this.run, new Date(from.getTime() + wait), work));
  }

  private emit(type: PaymentEvent, system: 'billing' | 'routing' | 'messaging', time: Date, data: EventData): void {
    const { migration, patient, journey, subscription } = this.checkout;
    const sequence = this.sequence++;
    this.stack.emit({
      migration,
      source: PAYMENT_SOURCES[this.stack.side][system],
      id: deriveUuid(this.run.seed, journey, String(sequence)),
      type,
      time,
      journey,
      subject: patient,
      subscription,
      sequence,
      data,
    });
  }
}
