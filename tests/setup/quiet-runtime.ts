import { createLogger } from '../../platform/logger';
import { installRuntime } from '../../worker/temporal-runtime';

let installed = false;

/** Temporal's runtime, once a test file, silent and deaf to signals. */
export function quietRuntime(): void {
  if (!installed) installRuntime(createLogger('worker', 'silent'));
  installed = true;
}
