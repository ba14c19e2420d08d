import { DomainError } from '../domain-error';

/** A command carried the fencing number of a split that has changed since (I3). */
export class StaleEpoch extends DomainError {
  readonly code = 'stale-epoch';
  readonly status = 409;
  constructor(
    readonly sent: number,
    readonly current: number,
  ) {
    super(
      `The split changed since you looked (you sent epoch ${sent}, it is at ${current}). Look again, then repeat the command if you still want it.`,
    );
  }
}
