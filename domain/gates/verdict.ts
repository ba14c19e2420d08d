/** What a gate says. Only evidence moves patients: `insufficient`, `noData` and `sourceError` neither pass nor roll back. */
export const VERDICTS = ['pass', 'limitCrossed', 'insufficient', 'noData', 'sourceError'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface GateFinding {
  gate: string;
  verdict: Verdict;
  /** Both numbers in one sentence: `kept 0.41 < 0.97 (n=212)`. */
  message: string;
}
