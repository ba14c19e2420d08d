import { formatDuration } from '../../domain/time/duration';
import type { QueueTally } from '../../domain/status/migration-status';
import { table } from './table';

export function queueTable(queues: readonly QueueTally[]): string {
  const rows = queues.map((queue) => [
    queue.queue,
    queue.owner,
    formatDuration(queue.slaMs),
    String(queue.open),
    String(queue.overdue),
    String(queue.recovered),
    String(queue.resolved),
    String(queue.assigned),
    `${queue.inflow.day} in, ${queue.outflow.day} out`,
    queue.p90AgeMs === null ? '' : formatDuration(queue.p90AgeMs),
    queue.oldestAgeMs === null ? '' : formatDuration(queue.oldestAgeMs),
    queue.leaks === null ? '' : String(queue.leaks.all),
  ]);
  return table(
    [
      'QUEUE',
      'OWNER',
      '#SLA',
      '#OPEN',
      '#OVERDUE',
      '#RECOVERED',
      '#RESOLVED',
      '#ASSIGNED',
      'LAST DAY',
      '#9 OF 10',
      '#OLDEST',
      '#LEAKS',
    ],
    rows,
  );
}
