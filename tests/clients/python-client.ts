import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cacheFolder } from '../../supervisor/cache-folder';

const REQUIREMENTS = join(__dirname, 'python-requirements.txt');
const PIP_DEADLINE_MS = 240_000;

export interface PythonAnswer {
  value: string | boolean;
  variant: string | null;
  reason: string;
  errorCode: string | null;
  metadata: Record<string, unknown>;
}

/** A process that asks by PyPI's provider, one question after the other. */
export class PythonClient {
  private readonly waiting: ((line: string) => void)[] = [];
  private said = '';

  private constructor(private readonly process: ChildProcess) {
    if (process.stdout === null) throw new Error('A client that says nothing.');
    createInterface({ input: process.stdout }).on('line', (line) => this.waiting.shift()?.(line));
    process.stderr?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    process.on('close', () => {
      for (const answer of this.waiting.splice(0)) answer('');
    });
  }

  static async start(baseUrl: string, token: string): Promise<PythonClient> {
    const packages = await installedPackages();
    return new PythonClient(
      spawn('python3', [join(__dirname, 'ask-sides.py')], {
        env: { ...process.env, PYTHONPATH: packages, ASK_URL: baseUrl, ASK_TOKEN: token },
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
  }

  async ask(
    flag: string,
    fallback: string | boolean,
    { targetingKey, ...attributes }: Record<string, unknown>,
  ): Promise<PythonAnswer> {
    const line = await new Promise<string>((resolve) => {
      this.waiting.push(resolve);
      this.process.stdin?.write(`${JSON.stringify({ flag, default: fallback, targetingKey, attributes })}\n`);
    });
    if (line === '') throw new Error(`The Python client ended:\n${this.said}`);
    return JSON.parse(line) as PythonAnswer;
  }

  stop(): void {
    this.process.kill();
  }
}

/**
 * Where the packages are, installed by pip from whatever index it is set up to use, by their hashes. Kept between runs, whole or not at all.
 * @throws Error that says what is missing: there is no run of these tests without them
 */
async function installedPackages(): Promise<string> {
  const cache = cacheFolder(process.env);
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16);
  const kept = join(cache, `python-client-${hash}`);
  if (existsSync(kept)) return kept;
  const work = mkdtempSync(join(cache, 'download-'));
  const installed = join(work, 'installed');
  const quietly = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-cache-dir', '--retries', '1'];
  const exactly = ['--require-hashes', '--no-deps', '--only-binary', ':all:', '--target', installed];
  try {
    await promisify(execFile)('python3', ['-m', 'pip', 'install', ...quietly, ...exactly, '-r', REQUIREMENTS], {
      timeout: PIP_DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    if (!existsSync(kept)) renameSync(installed, kept);
    return kept;
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new Error(
      `PyPI's OFREP provider could not be installed. It takes Python 3.10 or later with pip, and an index that pip can reach.\n${stderr || message}`,
      { cause: error },
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
