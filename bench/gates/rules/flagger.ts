import { hourly, type Rule } from './rule';

/**
 * Flagger's analysis (pkg/controller/scheduler_metrics.go, scheduler.go): one check each hour; one that is below `thresholdRange.min`, or without data, is
 * a failed one, and as many as `threshold` roll back. The count of failed ones is not set back by those that pass.
 */
export function flagger(settings: { name: string; atLeast: number; threshold: number }): Rule {
  const { name, atLeast, threshold } = settings;
  return {
    name,
    decide: hourly(() => {
      let failed = 0;
      return (rate) => {
        if (rate === null || rate < atLeast) failed += 1;
        return failed >= threshold ? 'rollback' : 'goesOn';
      };
    }),
  };
}
