import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../../cli/exit-codes';
import { createProgram } from '../../../cli/run-cli';

const reference = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'cli.md'), 'utf8');
const program = createProgram({
  stdout: { write: () => true },
  stderr: { write: () => true },
  env: {},
  signal: new AbortController().signal,
});

/** Commands that do something, with the words that call them. */
function leaves(command: Command, words: string[] = []): [string, Command][] {
  return command.commands.flatMap((child) => {
    const called = [...words, child.name()];
    return child.commands.length > 0 ? leaves(child, called) : [[called.join(' '), child] as [string, Command]];
  });
}

describe('docs/cli.md', () => {
  it.each(leaves(program))('describes %s and each of its options', (words, command) => {
    const usage = [
      words,
      ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)),
    ];
    expect(reference).toContain(`| \`${usage.join(' ')}\` |`);
    const missing = command.options
      .map(({ long }) => long ?? '')
      .filter((long) => !new RegExp(`\`${long}[ \`]`).test(reference));
    expect(missing).toEqual([]);
  });

  it('lists every exit code, and none that there is not', () => {
    const listed = [...reference.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT));
  });
});
