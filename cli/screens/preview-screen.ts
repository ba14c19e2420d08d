import type { MigrationRollbackPreview, RollbackPreview } from '../../api/migrations/rollback-preview';
import { unreachable } from '../../domain/unreachable';
import { percent } from './status-words';

type PlannedCohort = RollbackPreview['cohorts'][number];
type Action = PlannedCohort['actions'][number];

/** What a rollback would do, in order, and what nobody can undo. */
export function previewScreen({ scope, cohorts, untouched }: RollbackPreview): string {
  const blocks = [
    ...cohorts.map((planned) => cohortBlock(planned, scope)),
    ...untouched.map(({ cohort, message }) => `${cohort}: left as it is. ${message}`),
  ];
  if (blocks.length === 0) return 'The phase has not begun: there is nothing to roll back.';
  return [...blocks, 'Nothing was changed. Without --dry-run this is what is done.'].join('\n');
}

/** What a rollback of the migration would do: to the phase under way, to those that wait, and what is past it. */
export function migrationPreviewScreen({ scope, phases, actions }: MigrationRollbackPreview): string {
  const blocks = phases.flatMap(({ phase, cohorts, untouched }) => [
    `Phase ${phase}:`,
    ...cohorts.map((planned) => cohortBlock(planned, scope)),
    ...untouched.map(({ cohort, message }) => `${cohort}: left as it is. ${message}`),
  ]);
  const besides = ['Besides:', ...actions.map((action, index) => `  ${index + 1}. ${migrationActionText(action)}`)];
  return [...blocks, ...besides, 'Nothing was changed. Without --dry-run this is what is done.'].join('\n');
}

function migrationActionText(action: MigrationRollbackPreview['actions'][number]): string {
  switch (action.kind) {
    case 'holdMigration':
      return action.phases.length === 0
        ? 'hold the migration: it goes on only when people say so'
        : `hold the migration: ${action.phases.join(', ')} start only when people let it go on`;
    case 'cannotReverse': {
      const people = action.people === 1 ? '1 unit' : `${action.people} units`;
      return `cannot be reversed: ${action.phase} is committed (${action.cohorts.join(', ')}; ${people} on target). That takes a reverse cutover`;
    }
    default:
      return unreachable(action);
  }
}

function cohortBlock({ cohort, actions, cannotUndo }: PlannedCohort, scope: string): string {
  const steps = actions.map((action, index) => `  ${index + 1}. ${actionText(action)}`);
  const lasting = cannotUndo.map(({ effect, count, undo }) => `  cannot be undone: ${effect}, ${count} times. ${undo}`);
  return [`${cohort}, rollback of the ${scope}:`, ...steps, ...lasting].join('\n');
}

function actionText(action: Action): string {
  switch (action.kind) {
    case 'lowerSplit':
      return `lower the share of arrivals on target from ${percent(action.from)} to ${percent(action.to)}, and read it back`;
    case 'leaveToFinish':
      return `leave ${peopleText(action)} to finish on target`;
    case 'bringBack':
      return `bring ${peopleText(action)} back to legacy, with one exception each in ${action.queue}`;
    case 'reopenSplit':
      return 'open the split again at that share';
    case 'voidGo':
      return 'stop it before its ramp: a go that was given is void, and only a new one starts it; nobody is moved';
    default:
      return unreachable(action);
  }
}

function peopleText({ people, milestone }: { people: number; milestone: string | null }): string {
  const count = people === 1 ? '1 person' : `${people} people`;
  return milestone === null ? `${count} short of every milestone` : `${count} at the milestone ${milestone}`;
}
