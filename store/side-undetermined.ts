import { DomainError } from '../domain/domain-error';

/** The split kept changing while a unit was being placed. It has no side yet, and must not be treated as if it had one. */
export class SideUndetermined extends DomainError {
  readonly code = 'side-undetermined';
  readonly status = 503;
  constructor() {
    super('The split changed again and again while this was asked, so no side was written down. Ask again.');
  }
}
