import type { CohortStanding, MigrationStatus, PhaseStatus } from '../../domain/status/migration-status';
import { gateLines, requestWho } from './cohort-lines';
import { REQUEST_WORDS, shortHash } from './status-words';

/** What a person is about to decide on: plan, evidence and epoch, and what the gates say. */
export function decisionScreen(
  status: MigrationStatus,
  phase: PhaseStatus,
  cohorts: readonly CohortStanding[],
): string {
  return cohorts.map((cohort) => decisionOn(status, phase, cohort)).join('\n');
}

function decisionOn(status: MigrationStatus, phase: PhaseStatus, { cohort, run, gates }: CohortStanding): string {
  const request = run?.request;
  return [
    `${status.migration} ${phase.phase}, cohort ${cohort}: ${request === undefined ? 'going on' : REQUEST_WORDS[request.kind]}`,
    `  plan      ${shortHash(request?.planHash ?? status.planHash)}`,
    ...(request === undefined ? [] : [`  evidence  ${request.evidenceHash}`]),
    `  epoch     ${run?.epoch ?? 0}`,
    ...(request === undefined ? [] : [`  takes     ${requestWho(request)}`]),
    ...(run?.because === undefined ? [] : [`  because   ${run.because.message}`]),
    ...gateLines({ cohort, gates }),
  ].join('\n');
}
