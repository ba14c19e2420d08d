import { TALLIED_SIDES, type HandoffTally } from '../../domain/status/migration-status';
import { table } from '../screens/table';
import type { RehearsalReport } from './rehearsal-report';

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
    `Exceptions    ${exceptions.open} open, ${exceptions.ofFault} of the broken handoff on target, which ${exceptions.lost} patients lost to the fault`,
    ...(rollback === undefined
      ? ['Rollback      none']
      : [
          `Rollback      by the gate ${rollback.because}`,
          `              ${rollback.took} ms from the outcome that crossed the limit being final (${rollback.outcomeFinalAt}) to the split down (${rollback.splitDownAt})`,
        ]),
    '',
    handoffTable(report.handoffs),
    '',
    ...report.checks.map(({ check, ok, seen }) => `${ok ? ' ok ' : 'FAIL'}  ${check}\n      ${seen}`),
    '',
    `${report.ok ? 'All checks hold' : 'Not all checks hold'}; ${(report.took / 1_000).toFixed(0)} s, migration ${report.migration}, seed ${report.seed}.`,
  ].join('\n');
}

function handoffTable(handoffs: readonly HandoffTally[]): string {
  const rows = handoffs.flatMap(({ handoff, bySide }) =>
    TALLIED_SIDES.filter(
      (side) => side !== 'unplaced' || Object.values(bySide.unplaced).some((count) => count > 0),
    ).map((side) => {
      const { kept, missed, released, open } = bySide[side];
      const ended = kept + missed;
      const rate = ended === 0 ? '' : `${((100 * kept) / ended).toFixed(1)}%`;
      return [handoff, side, String(kept), String(missed), String(released), String(open), rate];
    }),
  );
  return table(['HANDOFF', 'SIDE', '#KEPT', '#MISSED', '#RELEASED', '#OPEN', '#KEPT RATE'], rows);
}
