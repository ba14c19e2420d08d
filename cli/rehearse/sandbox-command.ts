import { Option, type Command } from 'commander';
import { SIDES, type Side } from '../../domain/sides/side';
import { parseDuration } from '../../domain/time/duration';
import type { SandboxState } from '../../sandbox/control/control-contract';
import type { Fault } from '../../sandbox/stacks/fault';
import { CliFailure } from '../cli-failure';
import { readCliConfiguration } from '../config';
import { EXIT } from '../exit-codes';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { table } from '../screens/table';
import { findRunningSystem } from './rehearsal-system';
import { SandboxClient } from './sandbox-client';

interface FaultOptions extends JsonOption {
  side: Side;
}

/** `handoff sandbox`: what its patients do, and breaking and mending its stacks by hand. */
export function addSandboxCommand(program: Command, io: CliIo): void {
  const sandbox = program
    .command('sandbox')
    .description("see the patients of the sandbox that 'npm start' runs, break its stacks, and mend them");
  const side = (): Option => new Option('--side <side>', 'which stack').choices(SIDES).default('target');

  sandbox
    .command('show', { isDefault: true })
    .description('patients, events and faults, in counts')
    .addOption(jsonOption())
    .action(async (options: JsonOption) => {
      await show(io, options, await connect(io));
    });
  sandbox
    .command('drop <event-type...>')
    .description("lose every event of these types, such as 'review.assigned'")
    .addOption(side())
    .addOption(jsonOption())
    .action((eventTypes: string[], options: FaultOptions) =>
      add(io, options, { kind: 'drop', side: options.side, eventTypes }),
    );
  sandbox
    .command('slow <duration> [event-type...]')
    .description("let events happen later by so much of the plan's time, such as '15m': of these types, or all")
    .addOption(side())
    .addOption(jsonOption())
    .action((by: string, eventTypes: string[], options: FaultOptions) => {
      if ((parseDuration(by) ?? 0) <= 0) throw new CliFailure('usage', EXIT.usage, "Write a duration such as '15m'.");
      return add(io, options, { kind: 'slow', side: options.side, by, ...(eventTypes.length > 0 && { eventTypes }) });
    });
  sandbox
    .command('down')
    .description('refuse connections, as a stack that is out of order')
    .addOption(side())
    .addOption(jsonOption())
    .action((options: FaultOptions) => add(io, options, { kind: 'down', side: options.side }));
  sandbox
    .command('repair')
    .description('take every fault away')
    .addOption(jsonOption())
    .action(async (options: JsonOption) => {
      const client = await connect(io);
      await client.setFaults([]);
      await show(io, options, client);
    });
}

async function add(io: CliIo, options: JsonOption, fault: Fault): Promise<void> {
  const client = await connect(io);
  await client.setFaults([...(await client.state()).faults, fault]);
  await show(io, options, client);
}

async function show(io: CliIo, options: JsonOption, client: SandboxClient): Promise<void> {
  print(io, options, await client.state(), sandboxScreen);
}

async function connect(io: CliIo): Promise<SandboxClient> {
  const system = await findRunningSystem(readCliConfiguration(io.env).home);
  if (system === undefined) {
    throw new CliFailure(
      'no-system',
      EXIT.notReachable,
      "No system with a sandbox runs here. Start one with 'npm start'.",
    );
  }
  return new SandboxClient(system.sandboxUrl, io.signal);
}

function sandboxScreen({ stacks, runs, events, faults }: SandboxState): string {
  const rows = runs.flatMap(({ migration, status, patients }) =>
    SIDES.map((side) => {
      const counts = events[migration]?.[side];
      return [
        ...(side === 'legacy' ? [migration, status, String(patients.arrived)] : ['', '', '']),
        side,
        String(patients.bySide[side]),
        String(counts?.emitted ?? 0),
        String(counts?.acknowledged ?? 0),
        String(counts?.dropped ?? 0),
      ];
    }),
  );
  return [
    ...SIDES.map((side) => `${side.padEnd(7)} ${stacks[side].up ? 'up  ' : 'DOWN'}  ${stacks[side].url}`),
    ...(faults.length === 0 ? ['faults  none'] : faults.map((fault) => `fault   ${faultLine(fault)}`)),
    '',
    rows.length === 0
      ? 'No patients yet: they come when a migration of examples/payment.yaml is live.'
      : table(['MIGRATION', 'PATIENTS', '#ARRIVED', 'SIDE', '#ON IT', '#SENT', '#TAKEN', '#LOST'], rows),
  ].join('\n');
}

function faultLine(fault: Fault): string {
  const types = 'eventTypes' in fault && fault.eventTypes !== undefined ? ` ${fault.eventTypes.join(', ')}` : '';
  const by = fault.kind === 'slow' ? ` by ${fault.by}` : '';
  const field = fault.kind === 'misstate' ? ` in ${fault.field}` : '';
  const only = 'migration' in fault && fault.migration !== undefined ? `, only of ${fault.migration}` : '';
  return `${fault.side} ${fault.kind}${by}${types}${field}${only}`;
}
