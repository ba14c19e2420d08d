import type { Side } from '../../domain/sides/side';

/** Which units are asked for: `count` of them from number `first`, beginning with the `at`-th and round again, each `stride` after the one before. */
export interface Units {
  first: number;
  count: number;
  at: number;
  /** 1 where absent. */
  stride?: number;
}

/** What a load generator is to do. */
export interface Load {
  port: number;
  token: string;
  flag: string;
  connections: number;
  units: Units;
  /** Each connection asks its next question when it has its answer; or questions come at their time, however slow the answers are. */
  pace: { kind: 'closed' } | { kind: 'rate'; perSecond: number };
  /** Until that much time is over, or so many have been asked. */
  until: { kind: 'time'; ms: number } | { kind: 'asked'; count: number };
}

/** What an overloaded server declares, in `wrong`: nothing was decided, and when to ask again. */
export const REFUSED = '503, ask again';

/** What came of it. */
export interface LoadResult {
  answers: number;
  seconds: number;
  /** Microseconds from the question's moment to its whole answer. */
  p50: number;
  p99: number;
  sides: Record<Side, number>;
  /** By what was wrong: the status, with `, ask again` where the answer says when, or `noSide`. */
  wrong: Record<string, number>;
  /** Every so many answers, whose side it was: for the caller to check. */
  sample: { index: number; side: Side }[];
  /** Bytes of the last answer's body. */
  bodyBytes: number;
  /** The generator's own CPU, in microseconds. */
  ownCpu: number;
}
