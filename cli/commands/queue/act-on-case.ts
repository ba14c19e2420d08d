import { type Command, InvalidArgumentError } from 'commander';
import type { StepEvidence } from '../../../domain/queues/evidence';
import type { ExceptionEntry } from '../../../domain/status/exception-page';
import { ApiClient } from '../../api-client';
import { print, type CliIo } from '../../io';
import { asOption, jsonOption, migrationOption, type SystemOptions, wholeNumber } from '../../options';
import { exceptionScreen } from '../../screens/exception-screen';
import { whichMigration } from '../../which-migration';

export function withSystem(command: Command): Command {
  return command.addOption(migrationOption()).addOption(asOption()).addOption(jsonOption());
}

export function withCase(command: Command): Command {
  return withSystem(command).argument('<case>', "its number, as 'handoff queue list' shows it", wholeNumber);
}

export async function connect(io: CliIo, options: SystemOptions): Promise<{ api: ApiClient; path: string }> {
  const api = await ApiClient.connect(io, options.as);
  const migration = await whichMigration(api, options.migration, true);
  return { api, path: `/v1/migrations/${encodeURIComponent(migration)}` };
}

export async function act(
  io: CliIo,
  options: SystemOptions,
  number: number,
  action: string,
  body: unknown,
): Promise<void> {
  const { api, path } = await connect(io, options);
  const exception = await api.post<ExceptionEntry>(`${path}/exceptions/${number}/${action}`, body);
  print(io, options, exception, (entry) =>
    exceptionScreen({
      ...{ exception: entry, merged: [], again: [], held: [], givenUp: 0, actions: [], marks: [] },
      redrives: entry.redrive === null ? [] : [entry.redrive],
    }),
  );
}

/** One more `<step>=<reference>`. @throws InvalidArgumentError, which commander prints as a usage error */
export function collectEvidence(text: string, before: StepEvidence[]): StepEvidence[] {
  const [, step, reference] = /^(\d{1,3})=(.+)$/s.exec(text) ?? [];
  if (step === undefined || reference === undefined) {
    throw new InvalidArgumentError("Give the number of a step, '=' and a reference, such as '1=ticket-4711'.");
  }
  return [...before, { step: Number(step), reference }];
}
