import { readdirSync, readFileSync } from 'node:fs';

const TICK_US = 10_000;

/**
 * Microseconds of CPU that a process and all that it started have used, those that have ended and were waited for among them. From /proc: 0 where
 * there is none.
 */
export function processTreeCpu(root: number): number {
  const parents = parentsOfAll();
  const tree = [root];
  // Grows while it is walked: children of children.
  for (const parent of tree) for (const [pid, of] of parents) if (of === parent) tree.push(pid);
  return tree.reduce((sum, pid) => sum + cpuOf(pid), 0);
}

function parentsOfAll(): Map<number, number> {
  const parents = new Map<number, number>();
  try {
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name)) parents.set(Number(name), Number(fieldsOf(Number(name))[1]));
    }
  } catch {
    // No /proc here.
  }
  return parents;
}

/** What follows the name, from the state on: proc(5)'s third field is the first here. Empty where the process has ended. */
function fieldsOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** By the scheduler's own count where the kernel keeps one, of every thread alive; else by ticks. */
function cpuOf(pid: number): number {
  const [user, system, endedUser, endedSystem] = fieldsOf(pid).slice(11, 15).map(Number);
  const ended = ((endedUser ?? 0) + (endedSystem ?? 0)) * TICK_US;
  return ended + (scheduled(pid) ?? ((user ?? 0) + (system ?? 0)) * TICK_US);
}

function scheduled(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const ran = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return ran.reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1_000, 0);
  } catch {
    return undefined;
  }
}
