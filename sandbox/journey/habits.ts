import type { Milliseconds } from '../../domain/time/duration';
import type { JourneyEventType } from './journey-events';

/** From and to; each moment between as likely as the next. */
export type Habit = readonly [Milliseconds, Milliseconds];

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

/**
 * When stacks do things by themselves: after what leads to it, in the plan's time. Far within the deadlines of a journey's handoffs (half
 * at most), so that absent faults each is kept.
 */
export const HAPPENS_AFTER = {
  'intake.opened': [5 * SECOND, 40 * SECOND],
  'crm.staged': [20 * SECOND, 90 * SECOND],
  'record.duplicated': [1 * MINUTE, 5 * MINUTE],
  'chart.created': [2 * MINUTE, 8 * MINUTE],
  'record.mismatched': [1 * MINUTE, 5 * MINUTE],
  'message.delivered': [100 * SECOND, 4 * MINUTE],
  'review.assigned': [2 * MINUTE, 4.5 * MINUTE],
  'review.approved': [10 * MINUTE, 40 * MINUTE],
  'review.declined': [10 * MINUTE, 40 * MINUTE],
  'decision.told': [5 * MINUTE, 20 * MINUTE],
  'prescription.rejected': [5 * MINUTE, 20 * MINUTE],
  'prescription.rerouted': [10 * MINUTE, 40 * MINUTE],
  'prescription.acknowledged': [5 * MINUTE, 20 * MINUTE],
  'order.shipped': [20 * MINUTE, 60 * MINUTE],
  'tracking.visible': [5 * MINUTE, 20 * MINUTE],
  'portal.left': [20 * SECOND, 60 * SECOND],
  'portal.loggedIn': [10 * SECOND, 60 * SECOND],
  'history.shown': [5 * SECOND, 60 * SECOND],
  'refill.decided': [20 * MINUTE, 80 * MINUTE],
  'checkin.delivered': [10 * MINUTE, 30 * MINUTE],
  'support.answered': [20 * MINUTE, 2 * HOUR],
  'sender.suppressed': [1 * MINUTE, 6 * MINUTE],
} as const satisfies Partial<Record<JourneyEventType, Habit>>;

/** Refunds, by their reason. */
export const REFUNDED_AFTER = {
  withdrew: [15 * SECOND, 45 * SECOND],
  fraudCheck: [15 * SECOND, 45 * SECOND],
  declined: [10 * MINUTE, 40 * MINUTE],
} as const satisfies Record<string, Habit>;

/**
 * How long billing keeps a payment to itself: it checks for fraud, and who paid may withdraw. Then the next step and the review follow,
 * and the payment is theirs no more to call off.
 */
export const SETTLED_AFTER: Habit = [60 * SECOND, 90 * SECOND];

/** How often something goes another way in a stack. */
export const STACK_ODDS = {
  cardDeclined: 0.03,
  fraudSuspected: 0.02,
  reviewDeclined: 0.06,
  prescriptionRejected: 0.04,
  loginLeft: 0.02,
  refillDeclined: 0.05,
  duplicateOfReturning: 0.02,
  duplicateOfNew: 0.003,
  mismatch: 0.005,
} as const;

/** What people do, and after how long. */
export const PATIENT_HABITS = {
  clicks: 0.75,
  reads: [10 * SECOND, 90 * SECOND],
  starts: 0.97,
  startsAfter: [10 * SECOND, 60 * SECOND],
  submits: 0.9,
  fillsIn: [4 * MINUTE, 10 * MINUTE],
  pays: 0.97,
  paysAfter: [1 * MINUTE, 4 * MINUTE],
  withdraws: 0.03,
  withdrawsAfter: [5 * SECOND, 30 * SECOND],
  comesToPortalAfter: [5 * MINUTE, 20 * MINUTE],
  looksAround: [10 * SECOND, 60 * SECOND],
  /** Of those who have a subscription. */
  asksForRefill: 0.8,
  /** Of those who have just been sent their first order: early, so that their refills are seen before a month has passed. */
  asksForRefillAtOnce: 0.7,
  opensTicket: 0.05,
  /** Of those whom a login fails. */
  opensTicketLockedOut: 0.5,
  /** Of those who have looked around in the portal. */
  saysStop: 0.03,
  /** Waits between tries at a stack that is out of order; then they give up. */
  triesAgainAfter: [1 * MINUTE, 3 * MINUTE],
  tries: 3,
  /** Who has paid and hears nothing asks no more after this. */
  forgetsAfter: 120 * HOUR,
} as const satisfies Record<string, number | Habit>;
