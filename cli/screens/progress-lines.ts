import type { MigrationProgress } from '../../domain/status/migration-status';
import { requestWho } from './cohort-lines';
import { createPaint, type Paint } from './paint';

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
  { status, phase, dwellUntil, because, request }: MigrationProgress,
  paint: Paint = createPaint(false),
): string[] {
  if (dwellUntil !== null) return [`${phase ?? ''} is committed; the next phase may start at ${dwellUntil}`];
  if (because === undefined) return [];
  const by = because.verified ? because.by : `${because.by}, unverified`;
  return [
    paint.alarm(`the migration is ${progressWords(status)} by ${by}: ${because.message}`),
    ...(request === undefined ? [] : [paint.attention(`  waits for ${requestWho(request)}`)]),
  ];
}
