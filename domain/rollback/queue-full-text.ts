import type { RollbackAction } from './rollback-action';

/** What people are told of those who finish because nobody could work on their cases. Counts alone. */
export function queueFullText({ people, queue, cases, room }: Extract<RollbackAction, { kind: 'queueFull' }>): string {
  const count =
    people === 1
      ? '1 person who would be brought back or wait finishes'
      : `${people} people who would be brought back or wait finish`;
  return (
    `${count} on target: the queue ${queue} has room for ${room} more cases, and ${cases} are needed. ` +
    'Work on its cases, then bring people back with --bring-back.'
  );
}
