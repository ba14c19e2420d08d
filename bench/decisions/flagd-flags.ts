import { FLAG, PHASE, SHARE_PERCENT } from './benchmark-plan';

/** The benchmark's phase as flagd has it: the cohorts as targeting rules, each with its split. */
export const FLAGD_FLAGS = JSON.stringify({
  flags: {
    [FLAG]: {
      state: 'ENABLED',
      variants: { legacy: 'legacy', target: 'target' },
      defaultVariant: 'legacy',
      targeting: {
        if: [
          ...[isOneOf('relation', 'existing'), 'legacy'],
          ...[isOneOf('program', 'hormone'), 'legacy'],
          ...[isOneOf('relation', 'returning'), split()],
          ...[isOneOf('state', 'WA'), split()],
          split(),
        ],
      },
      metadata: { migration: 'payment', phase: PHASE, cohort: 'async', epoch: 2, algorithm: 1, why: 'inShare' },
    },
  },
});

function isOneOf(attribute: string, ...values: string[]): object {
  return { in: [{ var: attribute }, values] };
}

function split(): object {
  return {
    fractional: [
      ['target', SHARE_PERCENT],
      ['legacy', 100 - SHARE_PERCENT],
    ],
  };
}
