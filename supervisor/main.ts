import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadConfiguration } from '../platform/configuration';
import { inheritedEnvironment, readSupervisorConfiguration, type SupervisorConfiguration } from './config';
import { DEMO_ACTORS } from './credentials';
import { prepareHome } from './home-folder';
import { StartFailure } from './start-failure';
import type { RunningSystem } from './running-system';
import { startSystem } from './start-system';
import { StartInterrupted } from './system';

/** A terminal's Ctrl-C reaches us twice where npm passes it on; only a later one means 'at once'. */
const SAME_SIGNAL_MS = 1_500;

/** `npm start`: brings the whole system up, says where it is, keeps it running, and ends it on SIGINT or SIGTERM. */
async function main(): Promise<void> {
  const configuration = readSupervisorConfiguration(inheritedEnvironment());
  const tell = teller(configuration.home);
  const ending = new Ending(tell);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      ending.onSignal();
    });
  }
  // Where whoever read our output is gone, the system goes on: its processes write to files.
  process.stdout.on('error', () => undefined);

  const system = await startSystem({
    ...configuration,
    environment: inheritedEnvironment(),
    tell,
    signal: ending.interruption,
    onGivenUp: (cause) => {
      ending.because(cause);
    },
  });
  if (ending.of(system)) process.stdout.write(welcome(configuration, system));
}

/** How this process ends: in reverse order on the first signal, by force on a later one. */
class Ending {
  private readonly abort = new AbortController();
  private system: RunningSystem | undefined;
  private firstSignalAt: number | undefined;
  private exitCode = 0;

  constructor(private readonly tell: (message: string) => void) {}

  /** Aborted where the end is asked for while the system still starts. */
  get interruption(): AbortSignal {
    return this.abort.signal;
  }

  /** Takes the system over. @returns false where the end was asked for by now */
  of(system: RunningSystem): boolean {
    this.system = system;
    if (this.abort.signal.aborted) this.end(false);
    return !this.abort.signal.aborted;
  }

  onSignal(): void {
    const now = Date.now();
    if (this.firstSignalAt === undefined) {
      this.firstSignalAt = now;
      this.tell('Ending everything, the last started first.');
      this.end(false);
    } else if (now - this.firstSignalAt > SAME_SIGNAL_MS) {
      this.tell('Ending by force.');
      this.end(true);
    }
  }

  because(cause: Error): void {
    this.tell(`${cause.message}\nThe system cannot go on without it and ends.`);
    this.exitCode = 1;
    this.end(false);
  }

  private end(force: boolean): void {
    this.abort.abort();
    this.system?.stop({ force }).then(
      () => {
        this.tell('Everything has ended.');
        process.exit(this.exitCode);
      },
      (error: unknown) => {
        this.tell(describe(error));
        process.exit(1);
      },
    );
  }
}

function welcome(configuration: SupervisorConfiguration, system: RunningSystem): string {
  const width = Math.max(...DEMO_ACTORS.map(({ id }) => id.length));
  const lines = [
    '',
    `API           ${system.apiUrl}`,
    ...(system.temporalUiUrl === undefined ? [] : [`Temporal UI   ${system.temporalUiUrl}`]),
    ...(system.sandboxUrl === undefined ? [] : [`Sandbox       ${system.sandboxUrl}`]),
    ...(system.temporalBinary === undefined ? [] : [`Temporal CLI  ${system.temporalBinary}`]),
    '',
    'Tokens of the demo (the handoff command takes them by itself, with --as <id>):',
    ...DEMO_ACTORS.map(({ id }) => `  ${id.padEnd(width)}  ${system.tokens[id] ?? ''}`),
    '',
    'What to type next, in another terminal:',
    '  npx handoff start examples/payment.yaml --time-scale 240    (a quarter of an hour in about 4 seconds)',
    '  npx handoff approve payment --as release-manager-2',
    '  npx handoff approve payment --as clinical-lead-1',
    '  npx handoff status --watch',
    '',
    `Data and logs are in ${configuration.home}. Ctrl-C ends everything; a later start goes on where this one was.`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** Tells on standard output and in the supervisor's own log. */
function teller(home: string): (message: string) => void {
  const file = join(prepareHome(home).logs, 'supervisor.log');
  return (message) => {
    process.stdout.write(`${message}\n`);
    try {
      appendFileSync(file, `${new Date().toISOString()} ${message}\n`, { mode: 0o600 });
    } catch {
      // A full disk must not end the system; standard output has the line.
    }
  };
}

function describe(error: unknown): string {
  if (error instanceof BadConfiguration || error instanceof StartFailure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(error instanceof StartInterrupted ? 130 : 1);
});
