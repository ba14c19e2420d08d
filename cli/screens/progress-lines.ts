import type { MigrationProgress, MigrationSummary } from '../../domain/status/migration-status';
import { requestWho } from './cohort-lines';
import { createPaint, type Paint } from './paint';
import { shortHash } from './status-words';

const WORDS: Record<MigrationProgress['status'], string> = {
  running: 'running',
  dwelling: 'dwelling',
  paused: 'paused',
  rolledBack: 'rolled back',
};

/** A migration's status as people read it; one that this release does not know, as it is. */
export function progressWords(status: string): string {
  return Object.hasOwn(WORDS, status) ? WORDS[status as MigrationProgress['status']] : status;
}

/** Where the migration stands as a whole: its dwell, or why it is held and what it takes to go on. */
export function progressLines(
  { proposal, ...progress }: MigrationProgress,
  paint: Paint = createPaint(false),
): string[] {
  const lines = standingLines(progress, paint);
  if (proposal === undefined) return lines;
  const { planHash, by, needs } = proposal;
  const who = `1 of ${needs.roles.join(', ')}${needs.fourEyes ? `, not ${by}` : ''}`;
  return [
    ...lines,
    paint.attention(`plan ${shortHash(planHash)} was proposed by ${by}: waits for ${who}. See 'handoff plan versions'`),
  ];
}

function standingLines(
  { status, phase, dwellUntil, because, request }: Omit<MigrationProgress, 'proposal'>,
  paint: Paint,
): string[] {
  if (dwellUntil !== null) return [`${phase ?? ''} is committed; the next phase may start at ${dwellUntil}`];
  if (because === undefined) return [];
  const by = because.verified ? because.by : `${because.by}, unverified`;
  return [
    paint.alarm(`the migration is ${progressWords(status)} by ${by}: ${because.message}`),
    ...(request === undefined ? [] : [paint.attention(`  waits for ${requestWho(request)}`)]),
  ];
}

/** Who holds a migration that its workflow does not count as held yet; nothing where `progressLines` says it. */
export function holdLines({ held }: Pick<MigrationSummary, 'held'>, paint: Paint): string[] {
  // An API of an earlier release says nothing of it.
  if (held === null || (held as typeof held | undefined) === undefined || held.told) return [];
  const by = held.verified ? held.by : `${held.by}, unverified`;
  const why = held.reason === null ? '' : `: ${held.reason}`;
  return [
    paint.alarm(`held by ${by} since ${held.at}${why}`),
    paint.attention('  its workflow was not told yet: the first worker that reaches Temporal pauses it'),
  ];
}
