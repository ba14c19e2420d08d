import { Option, type Command } from 'commander';
import { planPictures, VIEWS } from '../../domain/plan/graph/plan-pictures';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { goodPlan } from './good-plan';
import { drawPictures, PICTURE_FORMATS, type PictureFormat } from './pictures/draw-pictures';
import { writeOut, type OutOptions } from './write-out';

interface GraphOptions extends JsonOption, OutOptions {
  view: (typeof VIEWS)[number] | 'all';
  format: PictureFormat;
}

/** `handoff plan graph`: the plan as pictures. */
export function addGraphCommand(plan: Command, io: CliIo): void {
  plan
    .command('graph')
    .description('draw a plan: its stack as is and to be, the journey with its handoffs, the phases with their gates')
    .argument('<file>', 'the cutover plan, as YAML or JSON')
    .addOption(
      new Option('--view <view>', 'what is drawn')
        .choices([...VIEWS, 'all'])
        .default('all' satisfies GraphOptions['view']),
    )
    .addOption(
      new Option('--format <format>', "how: 'mermaid' is Markdown with Mermaid in it")
        .choices(PICTURE_FORMATS)
        .default('mermaid' satisfies PictureFormat),
    )
    .option('--out <file>', 'where it is written; to standard output unless given')
    .option('--force', 'write over a file that is there')
    .addOption(jsonOption())
    .action(async (file: string, options: GraphOptions) => {
      const { plan: read, hash } = await goodPlan(io, options, file);
      const views = options.view === 'all' ? VIEWS : [options.view];
      const pictures = views.flatMap((view) => planPictures(read, view));
      const { migration } = read;
      const write = async (to: OutOptions): Promise<void> =>
        writeOut(io, to, await drawPictures(pictures, options.format), [file]);
      if (options.out !== undefined) await write(options);
      if (options.json === true) print(io, options, { migration, hash, pictures }, () => '');
      else if (options.out === undefined) await write({});
    });
}
