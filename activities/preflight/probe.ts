/** `unknown` (stale, or too few) never lets a phase go on. */
export const PROBE_RESULTS = ['pass', 'fail', 'unknown'] as const;
export type ProbeResult = (typeof PROBE_RESULTS)[number];

export interface ProbeFinding {
  result: ProbeResult;
  /** What was expected and what was seen, without any body received. */
  message: string;
}

/** Asks one thing of a running stack. Changes nothing there, never throws, and ends within its own timeout. */
export interface Probe {
  run(): Promise<ProbeFinding>;
}
