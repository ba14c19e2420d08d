import type {
  Answered,
  BroughtBack,
  Closed,
  DeclaredDead,
  ExceptionsSeen,
  LeaseRanOut,
  Recorded,
  Reported,
  Setting,
  SplitCommanded,
  SplitSeen,
  SplitTold,
  TargetCounted,
  Unanswered,
} from '../../histories/history';

/** Two phases of subscriptions and of episodes; three journeys of two patients. */
export const SETTING: Setting = {
  salt: 'salt',
  phases: [
    { id: 'intake', unit: 'episode' },
    { id: 'payment', unit: 'subscription' },
  ],
  journeys: [0, 1, 2].map((number) => ({
    visitor: `vis_${number}`,
    episode: `ep_${number}`,
    subscription: `sub_${number}`,
    patient: `pat_${number % 2}`,
    login: `log_${number % 2}`,
  })),
};

/** When an entry began and ended. */
type Span = readonly [number, number];

/** Of journey 0, in payment, asked of process A; on target under epoch 2 of pilot. */
export function answered([from, to]: Span, changed: Partial<Answered> = {}): Answered {
  return {
    ...{ kind: 'answered', from, to, process: { id: 'A', start: 1 }, askedAt: from, journey: 0, phase: 'payment' },
    ...{ unit: 'sub_0', named: [], side: 'target', why: 'inShare', cohort: 'pilot', epoch: 2, day: 0, stale: false },
    ...changed,
  };
}

export function unanswered([from, to]: Span, changed: Partial<Unanswered> = {}): Unanswered {
  return {
    ...{ kind: 'unanswered', from, to, process: { id: 'A', start: 1 }, askedAt: from, journey: 0, phase: 'payment' },
    ...{ unit: 'sub_0', named: [], because: 'ECONNRESET' },
    ...changed,
  };
}

/** Everybody of pilot goes to target, by epoch 2, under a lease that ends at 1000. */
export function told(changed: Partial<SplitTold> = {}): SplitTold {
  return { at: 0, epoch: 2, share: 100_000, perDay: null, maxOpen: null, mode: 'open', leaseUntil: 1_000, ...changed };
}

const PILOT = { phase: 'payment', cohort: 'pilot' } as const;

/** A command that was done, as it was told. */
export function done([from, to]: Span, split: SplitTold, changed: Partial<SplitCommanded> = {}): SplitCommanded {
  const { epoch, share, perDay, maxOpen, mode } = split;
  return {
    ...{ kind: 'commanded', from, to, ...PILOT, cause: share === 0 ? 'rollback' : 'raised', expectedEpoch: epoch - 1 },
    ...{ share, perDay, maxOpen, mode, outcome: { is: 'done', split: { ...split, at: to } } },
    ...changed,
  };
}

export const raised = (span: Span, changed: Partial<SplitTold> = {}): SplitCommanded => done(span, told(changed));

/** To zero, by epoch 3. */
export function rolledBack(span: Span, changed: Partial<SplitTold> = {}): SplitCommanded {
  return done(span, told({ epoch: 3, share: 0, leaseUntil: null, ...changed }));
}

export function seen([from, to]: Span, split: SplitTold, changed: Partial<SplitSeen> = {}): SplitSeen {
  return { kind: 'splitSeen', from, to, ...PILOT, split: { ...split, at: to }, lapsed: false, ...changed };
}

export function broughtBack([from, to]: Span, changed: Partial<BroughtBack> = {}): BroughtBack {
  return { kind: 'broughtBack', from, to, ...PILOT, epoch: 3, ...changed };
}

export function counted([from, to]: Span, target: number): TargetCounted {
  return { kind: 'counted', from, to, ...PILOT, target };
}

export function ranOut([from, to]: Span, epoch = 2): LeaseRanOut {
  return { kind: 'leaseRanOut', from, to, ...PILOT, epoch };
}

export function reported([from, to]: Span, changed: Partial<Reported> = {}): Reported {
  return { kind: 'reported', from, to, journey: 0, named: ['subscription'], ...changed };
}

export function closed([from, to]: Span): Closed {
  return { kind: 'closed', from, to, phase: 'payment', unit: 'sub_0' };
}

/** One bringing back of each of those journeys in payment. */
export function exceptionsSeen([from, to]: Span, journeys: readonly string[], cause = 'bringBack:x'): ExceptionsSeen {
  const exceptions = journeys.map((journey) => ({ phase: 'payment', journey, cause }));
  return { kind: 'exceptionsSeen', from, to, exceptions };
}

export function declaredDead([from, to]: Span, process = 'A'): DeclaredDead {
  return { kind: 'declaredDead', from, to, process };
}

export type { Recorded };
