import { isHeld, newMigrationRun, type MigrationRun } from '../../../domain/migration/migration-run';
import {
  migrationTransition,
  type MigrationEvent,
  type MigrationRules,
} from '../../../domain/migration/migration-transition';
import { person } from './story';

const NOW = '2026-03-02T09:00:00.000Z';

/** Every change of a migration's status that can be reached, by trying out all that can happen at each, as a Mermaid diagram. */
export function migrationDiagram(rules: MigrationRules): string {
  const seen = new Set<string>();
  const arrows = new Set<string>();
  const queue = [newMigrationRun(NOW)];
  for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
    for (const [label, event] of whatCanHappen(run)) {
      const next = migrationTransition(run, event, rules, NOW).run;
      if (next.status !== run.status) arrows.add(`    ${run.status} --> ${next.status}: ${label}`);
      const identity = JSON.stringify([next.status, next.phase, next.dwellUntil !== null, next.dwellLeft !== null]);
      if (seen.has(identity)) continue;
      seen.add(identity);
      queue.push(next);
    }
  }
  return [
    'stateDiagram-v2',
    '    [*] --> running',
    ...[...arrows].sort(),
    '    running --> [*]: the last phase has ended',
  ].join('\n');
}

function whatCanHappen(run: MigrationRun): [string, MigrationEvent][] {
  const phase = 'payment';
  return [
    ...(isHeld(run) ? [] : [['next phase', { kind: 'phaseStarted', phase }] as [string, MigrationEvent]]),
    ['a phase is committed', { kind: 'phaseCommitted', phase, dwell: 1_000 }],
    ['stable for its dwell', { kind: 'dwellOver' }],
    ['pause', { kind: 'pause', by: 'one', verified: true }],
    ['roll back', { kind: 'rollback', by: 'one', verified: true }],
    ...(isHeld(run) ? [['let go on', { kind: 'resume', actor: person('one') }] as [string, MigrationEvent]] : []),
  ];
}
