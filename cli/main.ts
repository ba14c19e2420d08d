import { processEnvironment } from './config';
import { runCli } from './run-cli';

/** The `handoff` command's process. */
async function main(): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  // `handoff audit | head`: a reader that has seen enough is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  process.exitCode = await runCli(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    env: processEnvironment(),
    signal: interrupted.signal,
  });
}

void main();
