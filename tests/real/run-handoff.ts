import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { RehearsalReport } from '../../cli/rehearse/rehearsal-report';

export interface Finished {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  took: number;
}

/** The `handoff` command as its users start it, built first where it is not. */
export async function runHandoff(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(__dirname, '..', '..', 'bin', 'handoff.js'), ...args], {
    env: { ...process.env, NODE_ENV: 'development', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, stdout, stderr, took: performance.now() - startedAt };
}

/** Plays a rehearsal on a system of its own; fails with its failed checks. */
export async function rehearsal(...args: string[]): Promise<RehearsalReport> {
  const { exitCode, stdout, stderr, took } = await runHandoff(['rehearse', '--temporary', '--json', ...args]);
  if (exitCode !== 0) throw new Error(`The rehearsal ended with ${String(exitCode)}: ${stderr}\n${stdout}`);
  const report = JSON.parse(stdout) as RehearsalReport;
  process.stdout.write(`${report.migration}: ${Math.round(took / 1_000)} s, bring-up included\n`);
  return report;
}

/** The path of an example's file. */
export function examplePlan(name: string): string {
  return join(__dirname, '..', '..', 'examples', name);
}
