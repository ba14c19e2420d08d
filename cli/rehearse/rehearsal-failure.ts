import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';

/** A rehearsal cannot be played as asked: nothing was started. */
export function cannotRehearse(code: string, message: string, problems: readonly string[] = []): CliFailure {
  return new CliFailure(code, EXIT.refused, message, problems);
}

/** A rehearsal was under way and did not come to where it was to come. */
export function rehearsalFailed(code: string, message: string, problems: readonly string[] = []): CliFailure {
  return new CliFailure(code, EXIT.checkFailed, message, problems);
}
