import { FlagdCore } from '@openfeature/flagd-core';
import type { EvaluationContext } from '@openfeature/core';
import { FLAGD_FLAGS } from './flagd-flags';
import { serveEvaluations } from './serve-evaluations';

/** A bare Node server around npm `@openfeature/flagd-core`, which evaluates in memory and writes nothing down. Argument: the port. */
const core = new FlagdCore();
core.setConfigurations(FLAGD_FLAGS);

serveEvaluations((key, body) => {
  const { context } = body as { context: EvaluationContext };
  const { value, variant, reason, flagMetadata } = core.resolveStringEvaluation(key, 'legacy', context);
  return JSON.stringify({ key, value, variant, reason, metadata: flagMetadata });
});
