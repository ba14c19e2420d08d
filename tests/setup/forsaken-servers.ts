import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { identify, type ProcessIdentity, stillRuns } from '../../platform/process-identity';

/** The servers of one run of jest, and the run they belong to. */
interface Record {
  folder: string;
  run: ProcessIdentity;
  servers: ProcessIdentity[];
}

const RECORDS = join(tmpdir(), 'warm-handoff-test-runs');

/** Writes down which servers were started, in case this run is killed before its teardown. */
export function rememberServers(folder: string, pids: readonly number[]): void {
  mkdirSync(RECORDS, { recursive: true });
  const record: Record = { folder, run: identify(process.pid), servers: pids.map(identify) };
  writeFileSync(recordFile(folder), JSON.stringify(record));
}

export function forgetServers(folder: string): void {
  rmSync(recordFile(folder), { force: true });
}

/** Ends servers whose run was killed; those of a run that is under way are left alone. */
export async function endForsakenServers(): Promise<void> {
  mkdirSync(RECORDS, { recursive: true });
  for (const file of readdirSync(RECORDS)) {
    const record = JSON.parse(readFileSync(join(RECORDS, file), 'utf8')) as Record;
    if (stillRuns(record.run)) continue;
    const left = record.servers.filter(stillRuns);
    for (const { pid } of left) process.kill(pid, 'SIGINT');
    for (const deadline = Date.now() + 10_000; left.some(stillRuns) && Date.now() < deadline;) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    rmSync(record.folder, { recursive: true, force: true });
    forgetServers(record.folder);
  }
}

function recordFile(folder: string): string {
  return join(RECORDS, `${basename(folder)}.json`);
}
