import { hourly, type Rule } from './rule';

/** Its default `consecutiveErrorLimit`. */
const MOST_ERRORS = 4;

/**
 * Argo Rollouts' background analysis as documented (argoproj.github.io/argo-rollouts/features/analysis): a measurement each hour of that hour's rate, however few it is of;
 * below the threshold it failed, and one failure more than `failureLimit` ends the rollout. Without data a measurement is an error, and more than four one
 * after the other end it as well; where the condition lets an empty result be (`len(result) == 0 || …`), no data is a success.
 */
export function argoRollouts(settings: {
  name: string;
  atLeast: number;
  failureLimit: number;
  passesNoData: boolean;
}): Rule {
  const { name, atLeast, failureLimit, passesNoData } = settings;
  return {
    name,
    decide: hourly(() => {
      let failed = 0;
      let errors = 0;
      return (rate) => {
        if (rate === null && !passesNoData) {
          errors += 1;
          return errors > MOST_ERRORS ? 'rollback' : 'holds';
        }
        errors = 0;
        if (rate !== null && rate < atLeast) failed += 1;
        return failed > failureLimit ? 'rollback' : 'goesOn';
      };
    }),
  };
}
