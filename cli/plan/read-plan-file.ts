import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { TEXT_LIMITS } from '../../domain/plan/plan-text';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';

/**
 * The text of a plan's file; of one that is too large, just enough for loadPlan to refuse it.
 *
 * @throws CliFailure `no-plan-file` where it cannot be read.
 */
export async function readPlanFile(path: string): Promise<string> {
  try {
    // `end` is inclusive: one byte more than a plan may have.
    return await text(createReadStream(path, { end: TEXT_LIMITS.bytes }));
  } catch {
    throw new CliFailure(
      'no-plan-file',
      EXIT.usage,
      "The plan's file cannot be read. Check the path, and that it is a file.",
    );
  }
}
