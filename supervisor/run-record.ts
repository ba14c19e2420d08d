import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ManagedProcess } from './managed-process';
import { identify, type ProcessIdentity, runningProcess, stillRuns } from '../platform/process-identity';
import type { SystemPorts } from './system-ports';

/** In the order in which they start. */
export const PART_NAMES = ['temporal', 'postgres', 'worker', 'api', 'sandbox'] as const;
export type PartName = (typeof PART_NAMES)[number];

interface RecordedProcess extends ProcessIdentity {
  /** Stands in its command line. */
  marker: string;
}

/** What `run.json` says of the system that runs, or was killed. */
export interface RunState {
  supervisor: ProcessIdentity;
  ports?: SystemPorts;
  apiUrl?: string;
  processes: Partial<Record<PartName, RecordedProcess>>;
}

const GRACE_MS: Readonly<Record<PartName, number>> = {
  temporal: 10_000,
  postgres: 20_000,
  worker: 15_000,
  api: 12_000,
  sandbox: 5_000,
};

/** `run.json`: which processes belong to a run, written the moment each of them is there. */
export class RunRecord {
  private state: RunState = { supervisor: identify(process.pid), processes: {} };

  private constructor(private readonly file: string) {}

  static begin(home: string): RunRecord {
    const record = new RunRecord(join(home, 'run.json'));
    record.write();
    return record;
  }

  /** @param marker a part of its command line that no other program has */
  note(part: PartName, managed: ManagedProcess, marker: string): void {
    const found = runningProcess(managed.pid);
    if (found === undefined) return;
    this.state.processes[part] = { pid: found.pid, started: found.started, marker };
    this.write();
  }

  describe(about: Pick<RunState, 'ports' | 'apiUrl'>): void {
    this.state = { ...this.state, ...about };
    this.write();
  }

  end(): void {
    rmSync(this.file, { force: true });
  }

  private write(): void {
    const whole = `${this.file}.new`;
    writeFileSync(whole, `${JSON.stringify(this.state, null, 2)}\n`, { mode: 0o600 });
    renameSync(whole, this.file);
  }
}

/** The last run's record, if it can be read. */
export function readRunState(home: string): RunState | undefined {
  try {
    return JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunState;
  } catch {
    return undefined;
  }
}

/**
 * Ends what a supervisor that was killed left running, in reverse order. A process counts as left over only where number, start
 * time and command line all agree with the record; anybody else's is never touched.
 * @returns the parts that were ended
 */
export async function endLeftovers(home: string): Promise<PartName[]> {
  const state = readRunState(home);
  if (state === undefined) return [];
  const ended: PartName[] = [];
  for (const part of [...PART_NAMES].reverse()) {
    const recorded = state.processes[part];
    if (recorded === undefined || !isLeftOver(recorded)) continue;
    await end(recorded, part === 'temporal' || part === 'postgres' ? 'SIGINT' : 'SIGTERM', GRACE_MS[part]);
    ended.push(part);
  }
  return ended;
}

function isLeftOver(recorded: RecordedProcess): boolean {
  const found = runningProcess(recorded.pid);
  return found?.started === recorded.started && found.command.includes(recorded.marker);
}

async function end(identity: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  for (const [step, waitMs] of [
    [signal, graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(identity.pid, step);
    } catch {
      return;
    }
    for (const deadline = Date.now() + waitMs; Date.now() < deadline;) {
      if (!stillRuns(identity)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
