import { DomainError } from '../domain-error';
import type { RouteProblem } from './route-problem';

/** What routes outside did not answer, or not so that it could be understood. */
export class RouteAway extends DomainError {
  readonly code = 'route-away';
  readonly status = 502;
  override readonly retryable = true;

  /** @param what it did, in a few words: `did not answer within 1500 ms`. No address, no secret. */
  constructor(what: string) {
    super(
      `What routes outside ${what}. It is tried again; if this goes on, check it and its entry in the routes file.`,
    );
  }
}

/** What routes outside answered that it will not do this. */
export class RouteRefused extends DomainError {
  readonly code = 'route-refused';
  readonly status = 502;
  override readonly retryable = true;

  /** @param what it lacks, in a few words: `its socket is not of level admin`. */
  constructor(what: string) {
    super(`What routes outside refused the change: ${what}. Mend it; it is tried again.`);
  }
}

/** The split is one that this kind of routing cannot do. */
export class NotRoutable extends DomainError {
  readonly code = 'not-routable';
  readonly status = 409;

  /** @param why in a few words: `it cannot count units a day` */
  constructor(why: string) {
    super(
      `What routes this cohort outside cannot do that: ${why}. Change the plan, or take the cohort out of the routes file.`,
    );
  }
}

/** A split was written, and what routes outside was not read back as written. */
export class RouteNotCarried extends DomainError {
  readonly code = 'traffic-mismatch';
  readonly status = 502;
  override readonly retryable = true;

  constructor(readonly problem: RouteProblem) {
    super(
      `The split is written, but what routes outside was not read back as written (${problem}). It is tried again; see \`handoff routes\`.`,
    );
  }
}
