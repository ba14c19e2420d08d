import { unreachable } from '../unreachable';
import type { Because, CohortRun } from './cohort-run';
import { rampOf, type PhaseRules } from './phase-rules';

/**
 * Where a phase stands, in Markdown, for Temporal's own UI, where it is not encrypted: ids, shares, counts and the engine's own words.
 * @param stages of the journey that this phase moves, in the patient's order
 */
export function describePhase(runs: readonly CohortRun[], rules: PhaseRules, stages: readonly string[] = []): string {
  const rows = runs.map((run) => {
    const { length } = rampOf(rules, run.cohort);
    const step = run.step < 0 ? '–' : run.step >= length ? 'soak' : `${run.step + 1} of ${length}`;
    return `| ${run.cohort} | ${run.status} | ${step} | ${run.share / 1_000}% | ${run.epoch} | ${waitsFor(run)} |`;
  });
  return [
    `**${rules.phase.id}** of ${rules.migration}${stages.length === 0 ? '' : ` (${stages.join(' → ')})`}`,
    '',
    '| cohort | status | step | target takes | epoch | waits for |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...runs.flatMap((run) => (run.because === undefined ? [] : ['', `${run.cohort}: ${sentenceOf(run.because)}`])),
  ].join('\n');
}

/** Why, without what people typed: that is in the audit log alone (I15). */
function sentenceOf({ code, message }: Because): string {
  switch (code) {
    case 'command':
      return 'A person said so; the audit log has who and why.';
    case 'rejected':
      return 'A person said no; the audit log has who and why.';
    case 'staysOnLegacy':
      return 'It stays on legacy; the plan says why.';
    case 'preflight':
    case 'takenOutBefore':
    case 'limitCrossed':
    case 'gateBlind':
    case 'unattended':
    case 'trafficMismatch':
    case 'calendarUnknown':
      return message;
    default:
      return unreachable(code);
  }
}

function waitsFor(run: CohortRun): string {
  if (run.request === undefined) return '';
  const { kind, given, needs } = run.request;
  return `${kind}: ${given.length} of ${needs.count} (${needs.roles.join(', ')})`;
}
