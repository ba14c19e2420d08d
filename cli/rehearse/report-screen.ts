import { TALLIED_SIDES, type HandoffTally } from '../../domain/status/migration-status';
import { table } from '../screens/table';
import type { Duty } from './agenda/agenda';
import type { CohortEnd, QueueEnd, RehearsalReport } from './rehearsal-report';

/** The end of a rehearsal, for people; its timeline was told before. */
export function reportScreen(report: RehearsalReport): string {
  const { sides, events, rollback, exceptions, log } = report;
  const sent = events.sent.legacy + events.sent.target;
  return [
    '',
    ...(log === undefined
      ? []
      : [`Log           ${log.days.toFixed(1)} days, ${log.cases} cases, ${log.events} events`]),
    `Patients      ${sides.told.legacy} on legacy, ${sides.told.target} on target${sides.noSide > 0 ? `, ${sides.noSide} left without a side` : ''}`,
    `Events        ${sent} sent (${events.sent.legacy} by legacy, ${events.sent.target} by target) = ${events.stored} stored = ${events.matched + events.unlistened} accounted for (${events.matched} matched, ${events.unlistened} not listened to)`,
    `              ${events.lost} lost by the fault before they were sent, ${events.refused} refused, ${events.pending} pending`,
    `Exceptions    ${exceptions.open} open, ${exceptions.resolved} resolved; ${exceptions.ofFault} of the broken handoff on target, which ${exceptions.lost} patients lost to the fault`,
    ...(rollback === undefined
      ? ['Rollback      none by a gate']
      : [
          `Rollback      by the gate ${rollback.because}`,
          `              ${rollback.took} ms from the outcome that crossed the limit being final (${rollback.outcomeFinalAt}) to the split down (${rollback.splitDownAt})`,
        ]),
    '',
    ...(report.cohorts.length > 1 ? [cohortTable(report.cohorts), ''] : []),
    report.rehearsal === 'journey' ? laneTable(report.handoffs) : handoffTable(report.handoffs),
    '',
    ...queueLines(exceptions.byQueue),
    ...dutyLines(report.duties),
    ...report.checks.map(({ check, ok, seen }) => `${ok ? ' ok ' : 'FAIL'}  ${check}\n      ${seen}`),
    '',
    `${report.ok ? 'All checks hold' : 'Not all checks hold'}; ${(report.took / 1_000).toFixed(0)} s, migration ${report.migration}, seed ${report.seed}.`,
  ].join('\n');
}

function cohortTable(cohorts: readonly CohortEnd[]): string {
  const rows = cohorts.map(({ phase, cohort, status, legacy, target }, index) => [
    cohorts[index - 1]?.phase === phase ? '' : phase,
    cohort,
    status,
    String(legacy),
    String(target),
  ]);
  return table(['PHASE', 'COHORT', 'ENDED', '#LEGACY', '#TARGET'], rows);
}

function handoffTable(handoffs: readonly HandoffTally[]): string {
  const rows = handoffs.flatMap(({ handoff, bySide }) =>
    TALLIED_SIDES.filter(
      (side) => side !== 'unplaced' || Object.values(bySide.unplaced).some((count) => count > 0),
    ).map((side) => [handoff, side, ...outcomes(bySide[side])]),
  );
  return table(['HANDOFF', 'SIDE', '#KEPT', '#MISSED', '#RELEASED', '#OPEN', '#KEPT RATE'], rows);
}

function laneTable(handoffs: readonly HandoffTally[]): string {
  const rows = handoffs.flatMap(({ handoff, byLane }) =>
    byLane.map((tally, index) => [index === 0 ? handoff : '', tally.lane, ...outcomes(tally)]),
  );
  return table(['HANDOFF', 'LANE', '#KEPT', '#MISSED', '#RELEASED', '#OPEN', '#KEPT RATE'], rows);
}

function outcomes({ kept, missed, released, open }: HandoffTally['bySide']['legacy']): string[] {
  const ended = kept + missed;
  const rate = ended === 0 ? '' : `${((100 * kept) / ended).toFixed(1)}%`;
  return [String(kept), String(missed), String(released), String(open), rate];
}

function queueLines(queues: readonly QueueEnd[]): string[] {
  const rows = queues
    .filter(({ open, resolved }) => open + resolved > 0)
    .map(({ queue, owner, open, resolved, overdue }) => [
      queue,
      owner,
      String(open),
      String(resolved),
      String(overdue),
    ]);
  return rows.length === 0 ? [] : [table(['QUEUE', 'OWNER', '#OPEN', '#RESOLVED', '#OVERDUE'], rows), ''];
}

function dutyLines(duties: readonly Duty[]): string[] {
  if (duties.length === 0) return [];
  const wide = Math.max(...duties.map(({ when }) => when.length));
  return [
    "What people would have had to do, in the plan's own time:",
    ...duties.map(
      ({ when, what, cohorts }) =>
        `  ${when.padEnd(wide)}  ${what}${cohorts.length > 0 ? `: ${cohorts.join(', ')}` : ''}`,
    ),
    '',
  ];
}
