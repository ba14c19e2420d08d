import { CliFailure } from '../../cli-failure';
import { EXIT } from '../../exit-codes';
import type { Asker } from './asker';

/** On a terminal. @throws CliFailure `not-answered` from its questions where the person gives up */
export async function terminalAsker(): Promise<Asker> {
  const { confirm, isCancel, multiselect, text } = await import('@clack/prompts');
  const answered = <Answer>(answer: Answer): Exclude<Answer, symbol> => {
    if (!isCancel(answer)) return answer as Exclude<Answer, symbol>;
    throw new CliFailure('not-answered', EXIT.interrupted, 'Nothing was written.');
  };
  return {
    text: async (message, check) =>
      answered(await text({ message, validate: (answer = '') => check(answer.trim()) })).trim(),
    choose: async (message, options, chosen) =>
      answered(
        await multiselect({
          message,
          options: options.map((value) => ({ value })),
          initialValues: [...chosen],
          required: true,
        }),
      ),
    confirm: async (message) => answered(await confirm({ message })),
  };
}
