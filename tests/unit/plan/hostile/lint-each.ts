import { runCli } from '../../../../cli/run-cli';

/** What a process says after each file that it has judged. */
export interface Judged {
  exitCode: number;
  /** What `plan lint --json` printed. */
  output: string;
  /** The most that the process has had in memory so far, in kilobytes. */
  peak: number;
}

/** Runs `handoff plan lint --json` on each file of the command line, one after the other, and writes a line of JSON for each. */
async function main(): Promise<void> {
  for (const file of process.argv.slice(2)) {
    let output = '';
    const exitCode = await runCli(['plan', 'lint', '--json', file], {
      stdout: { write: (text: string) => (output += text) },
      stderr: { write: (text: string) => (output += text) },
      env: {},
      signal: new AbortController().signal,
    });
    const judged: Judged = { exitCode, output, peak: process.resourceUsage().maxRSS };
    process.stdout.write(`${JSON.stringify(judged)}\n`);
  }
}

void main();
