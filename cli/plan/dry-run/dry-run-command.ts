import { Option, type Command } from 'commander';
import { dryRunPlan } from '../../../domain/plan/dry-run/dry-run-plan';
import { unreachable } from '../../../domain/unreachable';
import { print, type CliIo, type JsonOption } from '../../io';
import { jsonOption } from '../../options';
import { goodPlan } from '../good-plan';
import { markdownPage } from '../page/markdown-page';
import { textPage } from '../page/text-page';
import { dryRunPage } from './dry-run-page';
import { startMoment } from './start-moment';

const FORMATS = ['text', 'markdown', 'json'] as const;

interface DryRunOptions extends JsonOption {
  start?: Date;
  format: (typeof FORMATS)[number];
}

/** `handoff plan dry-run`: from the file alone, with no system running. */
export function addDryRunCommand(plan: Command, io: CliIo): void {
  plan
    .command('dry-run')
    .description('say day by day what a plan does, at the earliest, before anything is started')
    .argument('<file>', 'the cutover plan, as YAML or JSON')
    .option('--start <moment>', 'when it is begun, such as 2027-02-02T14:00Z; now unless given', startMoment)
    .addOption(new Option('--format <format>', "how it is printed; 'json' is --json").choices(FORMATS).default('text'))
    .addOption(jsonOption())
    .action(async (file: string, options: DryRunOptions) => {
      const { plan: read, hash } = await goodPlan(io, options, file);
      const result = { hash, ...dryRunPlan(read, options.start ?? new Date()) };
      const format = options.json === true ? 'json' : options.format;
      switch (format) {
        case 'json':
          print(io, { json: true }, result, () => '');
          break;
        case 'text':
          print(io, {}, result, (run) => textPage(dryRunPage(run)));
          break;
        case 'markdown':
          print(io, {}, result, (run) => markdownPage(dryRunPage(run)));
          break;
        default:
          unreachable(format);
      }
    });
}
