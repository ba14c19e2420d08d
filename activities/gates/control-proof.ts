/**
 * Whether the controller is whole beyond this process (I4): a watcher that only asks Postgres would keep a split open for ever that nobody
 * can pause or roll back, since commands reach it through Temporal.
 */
export interface ControlProof {
  /** The latest moment, by the database's clock, after which Temporal has answered; undefined: it has not yet. */
  provenAt(): Date | undefined;
}
