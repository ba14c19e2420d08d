import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Measured {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Of the whole command, from its start to its end, in milliseconds. */
  took: number;
  /** The most memory that it ever held (resident set). */
  peakBytes: number;
}

/** Runs the `handoff` command as its users do, and measures it from outside. */
export async function measureHandoff(args: readonly string[]): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'measure-'));
  try {
    const peakFile = join(folder, 'peak');
    const startedAt = performance.now();
    const child = spawn(
      process.execPath,
      ['--require', join(__dirname, 'note-peak-memory.cjs'), join(__dirname, '..', 'bin', 'handoff.js'), ...args],
      { env: { ...process.env, NOTE_PEAK_MEMORY_IN: peakFile }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const took = performance.now() - startedAt;
    return { exitCode, stdout, stderr, took, peakBytes: Number(await readFile(peakFile, 'utf8')) * 1_024 };
  } finally {
    await rm(folder, { recursive: true });
  }
}
