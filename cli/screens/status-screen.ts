import { frictionByPhase, type PhaseFriction } from '../../domain/handoffs/friction';
import type { CohortRun } from '../../domain/phase/cohort-run';
import { formatDuration } from '../../domain/time/duration';
import type {
  CohortStanding,
  HandoffTally,
  MigrationStatus,
  MigrationSummary,
  OutcomeTally,
  PhaseStatus,
} from '../../domain/status/migration-status';
import { arrivalsLine } from './arrivals-line';
import { gateLines, requestWho } from './cohort-lines';
import type { Paint } from './paint';
import { holdLines, progressLines } from './progress-lines';
import { queueTable } from './queue-screen';
import { percent, REQUEST_WORDS, shortHash, statusWords } from './status-words';
import { frictionTable } from './friction-table';
import { table } from './table';
import { wrongSideLine } from './wrong-side-line';

/** Where a migration stands, on one page. */
export function statusScreen(status: MigrationStatus, paint: Paint): string {
  return [
    heading(status, paint),
    ...status.phases.map((phase) => phaseBlock(phase, paint)),
    section('HANDOFFS', handoffTable(status.handoffs), paint),
    section('FRICTION', frictionTable(frictionBySide(status)), paint),
    section('QUEUES', queueTable(status.queues), paint),
    eventsLine(status, paint),
  ].join('\n\n');
}

export function migrationsScreen(migrations: readonly MigrationSummary[]): string {
  if (migrations.length === 0) return "No migration was started yet. Start one with 'handoff start --plan <file>'.";
  const rows = migrations.map((one) => [
    one.migration,
    one.state,
    shortHash(one.planHash),
    one.startedAt,
    one.startedBy,
  ]);
  return table(['MIGRATION', 'STATE', 'PLAN', 'STARTED', 'BY'], rows);
}

function heading(status: MigrationStatus, paint: Paint): string {
  const parts = [
    paint.bold(status.migration),
    status.state === 'live' ? paint.good('live') : 'ended',
    `plan ${shortHash(status.planHash)}`,
    `started ${status.startedAt} by ${status.startedBy}`,
    ...(status.timeScale === 1 ? [] : [paint.attention(`rehearsal: time × ${status.timeScale}`)]),
  ];
  const progress = status.progress === null ? [] : progressLines(status.progress, paint);
  const title = status.planTitle === null ? [] : [status.planTitle];
  const arrivals = arrivalsLine(status);
  const kept = arrivals === undefined ? [] : [paint.alarm(arrivals)];
  return [parts.join('  '), ...title, ...holdLines(status, paint), ...progress, ...kept].join('\n');
}

function section(title: string, body: string, paint: Paint): string {
  return `${paint.bold(title)}\n${body}`;
}

function phaseBlock(phase: PhaseStatus, paint: Paint): string {
  const rows = phase.cohorts.map((cohort) => cohortRow(cohort.ramp ?? phase.ramp, cohort, paint));
  const drawn = table(['COHORT', 'STATUS', 'STEP', '#SHARE', 'ARRIVALS', '#EPOCH', '#LEGACY', '#TARGET'], rows);
  const notes = phase.cohorts.flatMap((cohort) => cohortNotes(cohort, paint));
  const title = `PHASE ${phase.phase}  ${paint.dim(`moves ${phase.unit}s, flag ${phase.flagKey}`)}`;
  return section(title, [drawn, ...notes].join('\n'), paint);
}

function cohortRow(
  ramp: PhaseStatus['ramp'],
  { cohort, run, split, placements }: CohortStanding,
  paint: Paint,
): string[] {
  return [
    cohort,
    run === null ? paint.dim('not begun') : paintStatus(run, paint),
    run === null ? '' : stepText(run, ramp),
    split === null ? '' : shareText(split),
    split === null ? '' : attendance(split, paint),
    split === null ? '' : String(split.epoch),
    String(placements.legacy),
    String(placements.target),
  ];
}

function shareText({ share, perDay }: { share: number; perDay: number | null }): string {
  return perDay === null || share === 0 ? percent(share) : `${perDay} a day`;
}

/** A split above zero that nobody attends to gives nobody new to target. */
function attendance({ share, mode, lapsed }: NonNullable<CohortStanding['split']>, paint: Paint): string {
  if (mode === 'committed') return 'all to target';
  if (mode === 'returning') return paint.alarm('going back');
  if (share === 0) return 'all to legacy';
  return lapsed ? paint.alarm('unattended: to legacy') : 'attended';
}

function stepText({ step, status }: CohortRun, ramp: PhaseStatus['ramp']): string {
  if (step < 0) return '';
  if (step >= ramp.length || status === 'soaking') return 'soak';
  const { share, perDay, maxOpen, watchMs } = ramp[step] ?? { share: null, perDay: null, maxOpen: null, watchMs: 0 };
  const size = share === null ? `${perDay ?? 0} a day` : percent(share);
  const cap = maxOpen === null ? '' : `, at most ${maxOpen} open,`;
  return `${step + 1} of ${ramp.length}: ${size}${cap} for ${formatDuration(watchMs)}`;
}

function paintStatus(run: CohortRun, paint: Paint): string {
  const words = statusWords(run.status);
  switch (run.status) {
    case 'committed':
    case 'watching':
    case 'soaking':
      return paint.good(words);
    case 'notReady':
    case 'held':
    case 'paused':
    case 'awaitingGoNoGo':
    case 'awaitingStep':
    case 'awaitingCommit':
      return paint.attention(words);
    case 'rollingBack':
    case 'rolledBack':
      return paint.alarm(words);
    case 'preflight':
    case 'shifting':
    case 'awaitingOpening':
    case 'committing':
    case 'takenOut':
      return words;
    default:
      // A newer API may know more.
      return words;
  }
}

function cohortNotes({ cohort, run, gates }: CohortStanding, paint: Paint): string[] {
  const notes: string[] = [];
  if (run?.because !== undefined) notes.push(`  ${cohort} because: ${run.because.message}`);
  if (run?.opensAt !== undefined) notes.push(`  ${cohort} goes on when its calendar opens, at ${run.opensAt}`);
  if (run?.request !== undefined) {
    const { request } = run;
    const late = request.escalated ? paint.alarm('  (overdue)') : '';
    notes.push(paint.attention(`  ${cohort} waits for ${REQUEST_WORDS[request.kind]}: ${requestWho(request)}`) + late);
    notes.push(paint.dim(`    evidence ${request.evidenceHash}  epoch ${run.epoch}`));
  }
  if (run?.rollback !== undefined && run.rollback.because !== run.because?.message)
    notes.push(`  ${cohort} rollback of the ${run.rollback.scope} by ${run.rollback.by}: ${run.rollback.because}`);
  for (const failure of run?.rollback?.failures ?? []) notes.push(paint.alarm(`    not done: ${failure}`));
  return [...notes, ...gateLines({ cohort, gates }, paint)];
}

function handoffTable(handoffs: readonly HandoffTally[]): string {
  const rows = handoffs.map(({ handoff, phase, bySide, recovered, unmatched }) => [
    handoff,
    phase,
    rateText(bySide.legacy),
    countsText(bySide.legacy),
    rateText(bySide.target),
    countsText(bySide.target),
    countsText(bySide.unplaced),
    String(recovered),
    String(unmatched),
  ]);
  const drawn = table(
    ['HANDOFF', 'PHASE', '#LEGACY', '', '#TARGET', '', 'NOT PLACED', '#RECOVERED', '#UNMATCHED'],
    rows,
  );
  const twice = handoffs
    .filter(({ secondEnds }) => secondEnds > 0)
    .map(({ handoff, secondEnds }) => ` ${handoff}: ${secondEnds} ended once more, each a case of its own`);
  return [drawn, ...bridgeTable(handoffs), ...twice, ' counts: kept/missed/released, +open'].join('\n');
}

/** R10: each phase on each side where something happened; a rate on target above the one on legacy is what moved nobody forward. */
function frictionBySide({ handoffs, phases }: MigrationStatus): (PhaseFriction & { side: string })[] {
  const rows = (['legacy', 'target'] as const).flatMap((side) =>
    frictionByPhase(handoffs.map(({ phase, bySide }) => ({ phase, ...bySide[side] }))).map((row) => ({ ...row, side })),
  );
  const order = phases.map(({ phase }) => phase);
  return rows
    .filter(({ volume }) => volume > 0)
    .sort((one, other) => order.indexOf(one.phase) - order.indexOf(other.phase));
}

/** Handoffs that went from one side to the other; none where every one stayed on its side. */
function bridgeTable(handoffs: readonly HandoffTally[]): string[] {
  const rows = handoffs.flatMap(({ handoff, byLane }) =>
    byLane
      .filter(({ lane }) => lane === 'target→legacy' || lane === 'legacy→target')
      .map((tally) => [handoff, tally.lane, rateText(tally), countsText(tally)]),
  );
  return rows.length === 0 ? [] : [table(['BRIDGE', 'LANE', '#KEPT', ''], rows)];
}

/** Kept of those that could have been: released ones say nothing. */
function rateText({ kept, missed }: OutcomeTally): string {
  return kept + missed === 0 ? '–' : `${((kept / (kept + missed)) * 100).toFixed(1)}%`;
}

function countsText({ open, kept, missed, released }: OutcomeTally): string {
  if (open + kept + missed + released === 0) return '–';
  return `${kept}/${missed}/${released}${open === 0 ? '' : ` +${open}`}`;
}

function eventsLine({ events, wrongSide }: MigrationStatus, paint: Paint): string {
  const { stored, matched, unlistened, pending } = events;
  const line = `${paint.bold('EVENTS')}  ${stored} stored = ${matched} matched + ${unlistened} nothing listens to + ${pending} pending`;
  const wrong = wrongSideLine(wrongSide);
  return wrong === undefined ? line : `${line}\n${paint.alarm(wrong)}`;
}
