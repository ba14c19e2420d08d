import { join } from 'node:path';
import type { Command } from 'commander';
import { print, type CliIo, type JsonOption } from '../../io';
import { jsonOption } from '../../options';
import { startMoment } from '../dry-run/start-moment';
import { goodPlan } from '../good-plan';
import { planPages } from './plan-pages';
import { writePages } from './write-pages';

interface PagesOptions extends JsonOption {
  out: string;
  start?: Date;
  other?: string;
  force?: boolean;
}

/** `handoff plan pages`: a folder about a plan, for people who read no YAML. */
export function addPagesCommand(plan: Command, io: CliIo): void {
  plan
    .command('pages')
    .description('write a folder about a plan: an index in words, pictures, tables, and who owns what')
    .argument('<file>', 'the cutover plan, as YAML or JSON')
    .requiredOption('--out <folder>', 'where the pages are written')
    .option(
      '--start <moment>',
      'also what happens on which day, if it is begun then, such as 2027-02-02T14:00Z',
      startMoment,
    )
    .option('--other <file>', 'also what another version of the plan would change')
    .option('--force', 'write over files of those names that are not pages of an earlier run, or were changed since')
    .addOption(jsonOption())
    .action(async (file: string, options: PagesOptions) => {
      const { start } = options;
      const other = options.other === undefined ? undefined : await goodPlan(io, options, options.other);
      const subject = {
        ...(await goodPlan(io, options, file)),
        ...(start !== undefined && { start }),
        ...(other !== undefined && { other }),
      };
      const files = await planPages(subject);
      const inputs = [file, ...(options.other === undefined ? [] : [options.other])];
      await writePages(options.out, files, { inputs, force: options.force === true });
      const written = files.map(({ name }) => name);
      print(io, options, { migration: subject.plan.migration, hash: subject.hash, files: written }, () =>
        ['Written:', ...written.map((name) => `  ${join(options.out, name)}`)].join('\n'),
      );
    });
}
