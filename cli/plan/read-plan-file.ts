import { constants, createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { TEXT_LIMITS } from '../../domain/plan/plan-text';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';

/** What a shell has opened already: standard input, or what `<(…)` gives. It may be a pipe, since somebody writes into it. */
const OPENED = /^\/(dev\/stdin|dev\/fd\/\d+|proc\/(self|\d+)\/fd\/\d+)$/;

/** What a file is read as. Its path may say more than should be shown: it is never echoed. */
const ROLES = {
  plan: { code: 'no-plan-file', file: "The plan's file" },
  answers: { code: 'no-answers-file', file: 'The file of answers' },
} as const;

/** `end` is inclusive: one byte more than a plan may have. */
const END = TEXT_LIMITS.bytes;

/**
 * The text of a plan's file; of one that is too large, just enough for loadPlan to refuse it.
 *
 * @throws CliFailure `no-plan-file`, or `no-answers-file`, where it cannot be read, or is no file: a named pipe that nobody writes into would be waited for without end.
 */
export async function readPlanFile(path: string, role: keyof typeof ROLES = 'plan'): Promise<string> {
  try {
    return OPENED.test(path) ? await text(createReadStream(path, { end: END })) : await textOfFile(path);
  } catch {
    const { code, file } = ROLES[role];
    throw new CliFailure(
      code,
      EXIT.usage,
      `${file} cannot be read. Check the path, and that it is a file; what another command writes is read from /dev/stdin.`,
    );
  }
}

async function textOfFile(path: string): Promise<string> {
  // Opening a named pipe would wait for a writer; so it does not.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('not a regular file');
    return await text(file.createReadStream({ end: END, autoClose: false }));
  } finally {
    await file.close();
  }
}
