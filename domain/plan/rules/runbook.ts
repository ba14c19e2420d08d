import { quoteName } from '../plan-problem';
import { DeclaredNames } from './declared-names';
import { readable, type Rule } from './rule';

/** R42: a task belongs to a team, hangs on a phase, and needs tasks that there are. */
export const runbookReferences: Rule = function* ({ runbook }, names) {
  const tasks = new DeclaredNames(
    'WH751',
    'task',
    'runbook',
    runbook?.map((task) => task?.id),
  );
  for (const [index, task] of readable(runbook)) {
    const path = ['runbook', index];
    yield* names.phases.check(task.phase, [...path, 'phase']);
    yield* names.owners.check(task.owner, [...path, 'owner']);
    for (const [at, needed] of readable(task.needs)) yield* tasks.check(needed, [...path, 'needs', at]);
  }
};

/** R42: what a task needs is done before it, and nothing waits for itself. */
export const runbookOrder: Rule = function* ({ runbook }) {
  const byId = new Map([...readable(runbook)].map(([, task]) => [task.id, task]));
  for (const [index, task] of readable(runbook)) {
    for (const [at, needed] of readable(task.needs)) {
      const path = ['runbook', index, 'needs', at];
      const other = byId.get(needed);
      if (task.id === undefined || other === undefined) continue;
      if (needs(other.id, task.id, byId)) {
        yield {
          code: 'WH752',
          path,
          message: `${quoteName(task.id)} and ${quoteName(needed)} wait for each other. Remove one of the two.`,
        };
      } else if (task.phase === other.phase && isLater(other, task)) {
        yield {
          code: 'WH753',
          path,
          message: `${quoteName(needed)} is planned for later than this task, which needs it. Move one of the two.`,
        };
      }
    }
  }
};

interface Task {
  id?: string;
  day?: number;
  at?: string;
  needs?: readonly (string | undefined)[];
}

/** Whether one task cannot be done before another. */
function needs(id: string | undefined, other: string, byId: ReadonlyMap<string | undefined, Task>): boolean {
  const open = [id];
  const seen = new Set<string | undefined>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === other) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(byId.get(next)?.needs ?? []));
  }
  return false;
}

function isLater(one: Task, other: Task): boolean {
  if (one.day === undefined || other.day === undefined) return false;
  if (one.day !== other.day) return one.day > other.day;
  return one.at !== undefined && other.at !== undefined && one.at > other.at;
}
