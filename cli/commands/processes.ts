import type { Command } from 'commander';
import type { DeclaredDead, ProcessList } from '../../domain/status/process-standing';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, type SystemOptions } from '../options';
import { declaredDeadScreen, processesScreen } from '../screens/processes-screen';

/** `handoff processes`: which API processes answer sides, and what to do about one that is gone. */
export function addProcessesCommand(program: Command, io: CliIo): void {
  const processes = program
    .command('processes')
    .description(
      'the API processes that answer sides: which are live, behind, or in limbo, so that nobody new goes to target',
    )
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      print(io, options, await api.get<ProcessList>('/v1/processes'), processesScreen);
    });
  processes
    .command('declare-dead')
    .description(
      'say that a process in limbo is gone for good; what only its journal knows is lost unless that comes back',
    )
    .argument('<id>', "the process, as 'handoff processes' shows it")
    .requiredOption('--reason <text>', 'why, for the audit log: how you know that it is gone')
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (id: string, _options: unknown, command: Command) => {
      // Options that the command above it knows too are found there.
      const options = command.optsWithGlobals<SystemOptions & { reason: string }>();
      const api = await ApiClient.connect(io, options.as);
      const path = `/v1/processes/${encodeURIComponent(id)}/declare-dead`;
      print(io, options, await api.post<DeclaredDead>(path, { reason: options.reason }), declaredDeadScreen);
    });
}
