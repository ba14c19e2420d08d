import type { Plan } from '../../domain/plan/plan-schema';
import type { CliIo, JsonOption } from '../io';
import { badPlan } from './bad-plan-failure';
import { lintPlan } from './lint-plan';
import { lintScreen } from './lint-screen';
import { readPlanFile } from './read-plan-file';

/**
 * The plan of a file that lint has nothing against.
 *
 * @throws CliFailure `bad-plan`, with everything that is wrong: on the screen, or as the failure's problems
 */
export async function goodPlan(io: CliIo, options: JsonOption, file: string): Promise<{ plan: Plan; hash: string }> {
  const text = await readPlanFile(file);
  const { result, plan } = lintPlan(text, Date.now());
  if (result.ok && plan !== undefined) return { plan, hash: result.hash };
  if (options.json === true) throw badPlan(result, result.problems);
  io.stdout.write(`${lintScreen(file, result, text)}\n`);
  throw badPlan(result);
}
