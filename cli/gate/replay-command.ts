import type { Command } from 'commander';
import { GateReplay } from '../../domain/gates/gate-replay';
import { loadPlan } from '../../domain/plan/load-plan';
import type { GateRule } from '../../domain/plan/plan-schema';
import { shippedTemplates } from '../../platform/shipped-templates';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import type { CliIo, JsonOption } from '../io';
import { jsonOption } from '../options';
import { readPlanFile } from '../plan/read-plan-file';
import { chance, DEFAULT_ALPHA } from './chance';
import { findGate } from './find-gate';
import { readOutcomes } from './outcome-stream';

interface ReplayOptions extends JsonOption {
  plan: string;
  gate: string;
  phase?: string;
  stream: string;
  alpha: number;
}

/** `handoff gate replay`: what a gate says of recorded outcomes, and when. */
export function addGateReplayCommand(gate: Command, io: CliIo): void {
  gate
    .command('replay')
    .description("judge recorded outcomes by a gate of a plan: a line of JSON whenever a run's verdict changes")
    .requiredOption('--plan <file>', 'the cutover plan, as YAML or JSON')
    .requiredOption('--gate <id>', 'the gate')
    .option('--phase <id>', 'whose gate, where several phases have one of that name')
    .requiredOption('--stream <file>', "outcomes, one JSON object a line; '-' for standard input")
    .option('--alpha <chance>', 'the chance of ever rolling back what is healthy', chance, DEFAULT_ALPHA)
    .addOption(jsonOption())
    .action(async (options: ReplayOptions) => {
      const { plan } = loadPlan(await readPlanFile(options.plan), Date.now(), shippedTemplates());
      const { rule } = findGate(plan, options.gate, options.phase).gate;
      const replay = replayOf(rule, options.alpha);
      for await (const { run, t, target, legacy } of readOutcomes(options.stream, io)) {
        const changed = replay.take(run, { target, legacy });
        if (changed !== null) io.stdout.write(`${JSON.stringify({ run, t, ...changed })}\n`);
      }
    });
}

function replayOf(rule: GateRule, alpha: number): GateReplay {
  try {
    return new GateReplay(rule, alpha);
  } catch (error) {
    if (error instanceof RangeError) throw new CliFailure('no-test', EXIT.refused, error.message);
    throw error;
  }
}
