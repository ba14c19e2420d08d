import { Option, type Command } from 'commander';
import { raciOf } from '../../domain/plan/raci/raci-of';
import { unreachable } from '../../domain/unreachable';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { goodPlan } from './good-plan';
import { raciCsv } from './raci/raci-csv';
import { raciMarkdown } from './raci/raci-markdown';
import { writeOut, type OutOptions } from './write-out';

const FORMATS = ['markdown', 'csv'] as const;

interface RaciOptions extends JsonOption, OutOptions {
  format: (typeof FORMATS)[number];
}

/** `handoff plan raci`: who owns what (R40). */
export function addRaciCommand(plan: Command, io: CliIo): void {
  plan
    .command('raci')
    .description('say who owns what in a plan: who does it, who answers for it, who agreed, who hears of it')
    .argument('<file>', 'the cutover plan, as YAML or JSON')
    .addOption(new Option('--format <format>', 'how it is written').choices(FORMATS).default('markdown'))
    .option('--out <file>', 'where it is written; to standard output unless given')
    .option('--force', 'write over a file that is there')
    .addOption(jsonOption())
    .action(async (file: string, options: RaciOptions) => {
      const { plan: read, hash } = await goodPlan(io, options, file);
      const rows = raciOf(read);
      const text = (): string => {
        switch (options.format) {
          case 'markdown':
            return raciMarkdown(read, rows);
          case 'csv':
            return raciCsv(rows);
          default:
            return unreachable(options.format);
        }
      };
      if (options.out !== undefined) await writeOut(io, options, text(), [file]);
      if (options.json === true) print(io, options, { migration: read.migration, hash, rows }, text);
      else if (options.out === undefined) await writeOut(io, {}, text(), [file]);
    });
}
