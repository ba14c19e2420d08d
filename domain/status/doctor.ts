/** Ids of one source that it gave to two events that say different things: the first is stored, the others were refused. */
export interface ReusedIds {
  source: string;
  ids: number;
  /** How often the others were sent. */
  times: number;
  latestAt: string;
}

/**
 * What became of every start of a handoff that was received. `eligible` is counted apart from the outcomes: by the number of the last run of each journey, and the
 * starts that were refused since their id had been used. Where a handoff is correlated by something else than the journey, a run has no number: each that is written counts.
 */
export interface HandoffAccount {
  handoff: string;
  eligible: number;
  kept: number;
  missed: number;
  released: number;
  open: number;
  refused: number;
}

export interface DoctorCheck {
  check: string;
  ok: boolean;
  /** How many are wrong. */
  found: number;
  /** What it looked for; of a wrong one, what to do. */
  say: string;
}

/** `GET /v1/migrations/:migration/doctor` */
export interface DoctorReport {
  migration: string;
  handoffs: HandoffAccount[];
  checks: DoctorCheck[];
  /** What vendors told, was acknowledged, and is no event of anybody's: held until somebody says whose it is, or given up for lost by two people. */
  vendorEvents: { held: number; givenUp: number };
  reusedIds: ReusedIds[];
}

/** Whether each start ended once, is open, or was refused: eligible = kept + missed + released + open + refused. */
export function isAccountedFor(account: HandoffAccount): boolean {
  const { eligible, kept, missed, released, open, refused } = account;
  return eligible === kept + missed + released + open + refused;
}
