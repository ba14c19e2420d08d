import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RehearsalReport } from '../../cli/rehearse/rehearsal-report';

export interface Finished {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** The `handoff` command as its users start it, built first where it is not. */
export async function runHandoff(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
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
  return { exitCode, stdout, stderr };
}

/** Plays a rehearsal on a system of its own; fails with its failed checks. */
export async function rehearsal(...args: string[]): Promise<RehearsalReport> {
  const { exitCode, stdout, stderr } = await runHandoff(['rehearse', '--temporary', '--json', ...args]);
  if (exitCode !== 0) throw new Error(`The rehearsal ended with ${String(exitCode)}: ${stderr}\n${stdout}`);
  return JSON.parse(stdout) as RehearsalReport;
}

/**
 * The path of a copy of an example's file with another text in one place, in a folder of its own below the temporary one.
 * @throws Error where the example has no such text, or has it twice
 */
export function changedExample(name: string, find: string, put: string): string {
  const text = readFileSync(examplePlan(name), 'utf8');
  if (text.split(find).length !== 2) throw new Error(`examples/${name} does not have this once: ${find}`);
  const file = join(mkdtempSync(join(tmpdir(), 'handoff-example-')), name);
  writeFileSync(file, text.replace(find, put));
  return file;
}

/** The path of an example's file. */
export function examplePlan(name: string): string {
  return join(__dirname, '..', '..', 'examples', name);
}
