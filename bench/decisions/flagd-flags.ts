import { FLAG, PHASE, SHARE_PERCENT } from './benchmark-plan';

/** The benchmark's phase as flagd has it: the cohorts as targeting rules, each with its split. */
export const FLAGD_FLAGS = JSON.stringify({
  flags: {
    [FLAG]: {
      state: 'ENABLED',
      variants: { legacy: 'legacy', target: 'target' },
      defaultVariant: 'legacy',
      targeting: { if: [{ in: [{ var: 'state' }, ['WA']] }, split(), split()] },
      metadata: { migration: 'payment', phase: PHASE, cohort: 'all-arrivals', epoch: 2, algorithm: 1, why: 'inShare' },
    },
  },
});

function split(): object {
  return {
    fractional: [
      ['target', SHARE_PERCENT],
      ['legacy', 100 - SHARE_PERCENT],
    ],
  };
}
