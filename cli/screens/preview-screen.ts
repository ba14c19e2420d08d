import type { MigrationRollbackPreview, RollbackPreview } from '../../api/migrations/rollback-preview';
import { queueFullText } from '../../domain/rollback/queue-full-text';
import { unreachable } from '../../domain/unreachable';
import { percent } from './status-words';
import { table } from './table';

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

function cohortBlock({ cohort, actions, inFlight, queue, cannotUndo }: PlannedCohort, scope: string): string {
  const steps = actions.map((action, index) => `  ${index + 1}. ${actionText(action)}`);
  const counts = inFlight.length === 0 ? [] : [indented(inFlightTable(inFlight))];
  const cases = queue === undefined ? [] : [`  ${queueText(queue)}`];
  const lasting = cannotUndo.map(({ effect, count, undo }) => `  cannot be undone: ${effect}, ${count} times. ${undo}`);
  return [`${cohort}, rollback of the ${scope}:`, ...steps, ...counts, ...cases, ...lasting].join('\n');
}

/** What an action does, as people read it. */
export function actionText(action: Action): string {
  switch (action.kind) {
    case 'lowerSplit':
      return `lower the share of arrivals on target from ${percent(action.from)} to ${percent(action.to)}, and read it back`;
    case 'leaveToFinish':
      return `leave ${peopleText(action)} to finish on target${leftText(action)}`;
    case 'queueFull':
      return `page somebody: ${queueFullText(action)}`;
    case 'pause':
      return `let ${peopleText(action)} wait on target for a person, with one exception for each open journey in ${action.queue}`;
    case 'bringBack':
      return `bring ${peopleText(action)} back to legacy, with one exception for each open journey in ${action.queue}${withinText(action)}`;
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

function leftText({ because }: Extract<Action, { kind: 'leaveToFinish' }>): string {
  switch (because) {
    case undefined:
      return '';
    case 'pastReturn':
      return ': they are past return';
    case 'queueFull':
      return ': the queue has no room for their cases';
    default:
      return unreachable(because);
  }
}

function withinText({ within }: Extract<Action, { kind: 'bringBack' }>): string {
  return within === undefined ? '' : `, for as long as fewer than ${within} are open there`;
}

/** Who is in the middle of a journey on target, and where they are afterwards. */
export function inFlightTable(counts: PlannedCohort['inFlight']): string {
  return table(
    ['IN FLIGHT', '#NOW', '#WAITING', '', '#FINISH', '#BACK', '#WAIT'],
    counts.map(({ milestone, before, after }) => [
      milestone ?? 'short of every milestone',
      ...[String(before.onTarget), String(before.waiting), '→'],
      ...[String(after.finishing), String(after.broughtBack), String(after.waiting)],
    ]),
  );
}

function queueText({ queue, open, capacity }: NonNullable<PlannedCohort['queue']>): string {
  const cases = open === 1 ? '1 case' : `${open} cases`;
  return capacity === undefined
    ? `${queue} has ${cases} open, and no limit`
    : `${queue} has ${cases} open, and room for ${Math.max(0, capacity - open)} more`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
