import { setTimeout as wait } from 'node:timers/promises';
import type { Side } from '../../domain/sides/side';
import { compress } from '../../domain/time/time-scale';
import { PROGRAMS, STATES } from '../stacks/payment-routes';
import type { AskSide } from './ask-side';
import { deriveKey } from './derive-key';
import { between, pick, seededRandom } from './seeded-random';
import { visitStack } from './visit-stack';

/** How a patient's visit ended. */
export const PAYMENT_ENDS = ['paid', 'withdrew', 'declined', 'gaveUp', 'noSide'] as const;
export type PaymentEnd = (typeof PAYMENT_ENDS)[number];

export interface PaymentVisit {
  migration: string;
  phase: string;
  timeScale: number;
  seed: string;
  /** Prefixes of the plan's keys. */
  prefixes: { patient: string; episode: string; subscription: string };
  stackUrls: Readonly<Record<Side, string>>;
  ask: AskSide;
  signal: AbortSignal;
  /** Told as soon as it is known. */
  onSide: (side: Side) => void;
}

const SECOND = 1_000;
const MINUTE = 60_000;
const HABITS = {
  withdraws: 0.03,
  withdrawsAfter: [5 * SECOND, 30 * SECOND],
  /** Waits between tries at a stack that is out of order; then they give up. */
  triesAgainAfter: [1 * MINUTE, 3 * MINUTE],
  tries: 3,
} as const;

/** The patient of that number asks for their side, pays there, and sometimes changes their mind. Everything about them comes from the seed. */
export async function visitPayment(number: number, options: PaymentVisit): Promise<PaymentEnd> {
  const { migration, phase, prefixes, seed, timeScale, signal } = options;
  const random = seededRandom(`${seed} patient ${number}`);
  const attributes = { program: pick(random, PROGRAMS), state: pick(random, STATES) };
  const withdraws = random() < HABITS.withdraws;
  const keys = {
    patient: deriveKey(prefixes.patient, seed, String(number)),
    journey: deriveKey(prefixes.episode, seed, String(number)),
    subscription: deriveKey(prefixes.subscription, seed, String(number)),
  };
  const pause = (after: readonly [number, number]): Promise<void> =>
    wait(compress(between(random, ...after), timeScale));

  const side = await options.ask(
    { migration, phase, unit: keys.subscription, journey: keys.journey, attributes },
    signal,
  );
  if (side === undefined) return 'noSide';
  options.onSide(side);
  const stack = options.stackUrls[side];

  let card = 1;
  for (let attempt = 1; ; attempt += 1) {
    const status = await visitStack(stack, '/checkout', { migration, ...keys, ...attributes, card }, 5_000);
    if (status === 200 || status === 201) break;
    if (status === 402 && card === 2) return 'declined';
    if (attempt === HABITS.tries || signal.aborted) return 'gaveUp';
    if (status === 402) card = 2;
    await pause(HABITS.triesAgainAfter);
  }
  if (!withdraws) return 'paid';
  await pause(HABITS.withdrawsAfter);
  const withdrawn = await visitStack(stack, '/withdrawals', { migration, subscription: keys.subscription }, 5_000);
  return withdrawn === 200 ? 'withdrew' : 'paid';
}
