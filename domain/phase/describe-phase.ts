import type { CohortRun } from './cohort-run';
import type { PhaseRules } from './phase-rules';

/** Where a phase stands, in Markdown, for Temporal's own UI. Ids, shares and counts only. */
export function describePhase(runs: readonly CohortRun[], rules: PhaseRules): string {
  const rows = runs.map((run) => {
    const step =
      run.step < 0
        ? '–'
        : run.step >= rules.phase.ramp.length
          ? 'soak'
          : `${run.step + 1} of ${rules.phase.ramp.length}`;
    return `| ${run.cohort} | ${run.status} | ${step} | ${run.share / 1_000}% | ${run.epoch} | ${waitsFor(run)} |`;
  });
  return [
    `**${rules.phase.id}** of ${rules.migration}`,
    '',
    '| cohort | status | step | target takes | epoch | waits for |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...runs.flatMap((run) => (run.because === undefined ? [] : ['', `${run.cohort}: ${run.because.message}`])),
  ].join('\n');
}

function waitsFor(run: CohortRun): string {
  if (run.request === undefined) return '';
  const { kind, given, needs } = run.request;
  return `${kind}: ${given.length} of ${needs.count} (${needs.roles.join(', ')})`;
}
