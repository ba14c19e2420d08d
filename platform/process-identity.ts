import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** What is needed to tell a process from a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in a form that only equality means something for. */
  started: string;
}

export interface RunningProcess extends ProcessIdentity {
  /** Its command line, arguments joined by spaces. */
  command: string;
  /** Its working folder, where the system tells it. */
  workingFolder?: string;
}

/**
 * The process with that number, if it is there and can still do anything: a zombie (ended, not yet collected by its parent)
 * counts as gone, although a signal to it succeeds.
 */
export function runningProcess(pid: number): RunningProcess | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** Whether exactly this process still runs: not a zombie, not another one that got its number. */
export function stillRuns(identity: ProcessIdentity): boolean {
  return runningProcess(identity.pid)?.started === identity.started;
}

/** @throws Error where there is no such process any more */
export function identify(pid: number): ProcessIdentity {
  const found = runningProcess(pid);
  if (found === undefined) throw new Error(`Process ${pid} has ended.`);
  return { pid, started: found.started };
}

function fromProc(pid: number): RunningProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets, which may hold spaces and brackets itself (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, ticks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || ticks === undefined) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    const folder = workingFolder(pid);
    // Ticks count from the boot of the machine.
    const started = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
    return { pid, started, command, ...(folder === undefined ? {} : { workingFolder: folder }) };
  } catch {
    return undefined;
  }
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): RunningProcess | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=,command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const parts = /^(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d{4})\s+(.*)$/s.exec(line);
    if (parts?.[1] === undefined || parts[2] === undefined || parts[1].startsWith('Z')) return undefined;
    return { pid, started: parts[2], command: parts[3] ?? '' };
  } catch {
    return undefined;
  }
}
