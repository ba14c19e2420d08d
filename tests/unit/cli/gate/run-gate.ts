import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExitCode } from '../../../../cli/exit-codes';
import { runCli } from '../../../../cli/run-cli';

export interface Ran {
  code: ExitCode;
  stdout: string;
  stderr: string;
}

/** Runs `handoff gate <args>`; texts are written to files first, and `{name}` in the arguments stands for the path of one. */
export async function runGate(
  args: readonly string[],
  texts: Readonly<Record<string, string>>,
  stdin?: AsyncIterable<Buffer>,
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'gate-'));
  try {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    let [stdout, stderr] = ['', ''];
    const code = await runCli(
      ['gate', ...args.map((arg) => arg.replace(/^\{(.*)\}$/, (_, name: string) => join(folder, name)))],
      {
        stdout: { write: (part: string) => (stdout += part) },
        stderr: { write: (part: string) => (stderr += part) },
        ...(stdin !== undefined && { stdin }),
        env: {},
        signal: new AbortController().signal,
      },
    );
    return { code, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
