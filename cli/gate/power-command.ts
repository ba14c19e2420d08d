import { InvalidArgumentError, type Command } from 'commander';
import { baseOf, planPower, whyLeftOut, type PowerOptions } from '../../domain/gates/power/plan-power';
import { wholeCutover } from '../../domain/gates/power/whole-cutover';
import { loadPlan } from '../../domain/plan/load-plan';
import { shippedTemplates } from '../../platform/shipped-templates';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { readPlanFile } from '../plan/read-plan-file';
import { findGate, gatesOf, type GateOfPhase } from './find-gate';
import { assumedOf, powerScreen, type PowerResult } from './power-screen';
import { chance, DEFAULT_ALPHA } from './chance';

interface Options extends JsonOption, Pick<PowerOptions, 'base' | 'volume' | 'share' | 'alpha'> {
  plan: string;
  gate?: string;
  phase?: string;
  drop?: number;
}

const DROPS = [0.1, 0.2, 0.5];

/** `handoff gate power`: what the gates of a plan would see, and how late. */
export function addGatePowerCommand(gate: Command, io: CliIo): void {
  gate
    .command('power')
    .description('how many patients and days it takes until the gates of a plan see a fall, or may go on')
    .requiredOption('--plan <file>', 'the cutover plan, as YAML or JSON')
    .option('--gate <id>', 'one gate; all of them unless given')
    .option('--phase <id>', 'gates of one phase')
    .option('--volume <n>', "arrivals of each cohort a day, in place of the plan's", aboveNought)
    .option('--share <percent>', "what target takes of them, in place of the ramp's steps", proportion)
    .option('--drop <points>', 'a fall of so many points; 10, 20 and 50 unless given', points)
    .option('--base <percent>', 'what is kept when all is well; the floor of the handoff unless given', proportion)
    .option('--alpha <chance>', 'the chance of ever rolling back what is healthy', chance, DEFAULT_ALPHA)
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { plan, hash } = loadPlan(await readPlanFile(options.plan), Date.now(), shippedTemplates());
      const asked =
        options.gate === undefined ? gatesOf(plan, options.phase) : [findGate(plan, options.gate, options.phase)];
      const { base, volume, share, drop, alpha } = options;
      const left = asked.flatMap((one) => {
        const why = whyLeftOut(one);
        return why === undefined ? [] : [{ phase: one.phase.id, gate: one.gate.id, why }];
      });
      const reckoned = asked.filter((one) => whyLeftOut(one) === undefined);
      if (base === undefined) requireFloors(reckoned);
      const gates = planPower(reckoned, {
        ...(base !== undefined && { base }),
        ...(volume !== undefined && { volume }),
        ...(share !== undefined && { share }),
        ...{ drops: drop === undefined ? DROPS : [drop], alpha },
      });
      const result: PowerResult = {
        ...{ migration: plan.migration, hash, alpha, assumed: assumedOf(alpha, gates), gates },
        leftOut: left,
        ...(options.gate === undefined && options.phase === undefined && { cutover: wholeCutover(plan) }),
      };
      print(io, options, result, powerScreen);
    });
}

function requireFloors(gates: readonly GateOfPhase[]): void {
  const without = gates.filter((one) => baseOf(one) === undefined);
  if (without.length === 0) return;
  const named = without.map(({ phase, gate }) => `'${gate.id}' of '${phase.id}'`).join(', ');
  throw new CliFailure(
    'no-base',
    EXIT.refused,
    `The plan does not say what is kept when all is well: there is no floor on the handoff of ${named}. Give it with --base, such as --base 60%.`,
  );
}

/**
 * `25%`, `25` or `0.25`, above 0 to 100%, as a proportion. A bare 1 is either and is refused.
 * @throws InvalidArgumentError, which commander prints as a usage error
 */
function proportion(text: string): number {
  const number = Number(text.replace(/%$/, ''));
  const bare = !text.endsWith('%');
  if (!/^\d*\.?\d+%?$/.test(text) || !(number > 0 && number <= 100) || (bare && number === 1)) {
    throw new InvalidArgumentError('Give a percentage above 0 and up to 100, such as 25% (or 0.25).');
  }
  return bare && number < 1 ? number : number / 100;
}

/** `20` or `20%`, as a proportion. @throws InvalidArgumentError, which commander prints as a usage error */
function points(text: string): number {
  const number = Number(text.replace(/%$/, ''));
  if (!/^\d+(\.\d+)?%?$/.test(text) || !(number >= 1 && number <= 100)) {
    throw new InvalidArgumentError('Give points of the kept rate, 1 to 100, such as 20.');
  }
  return number / 100;
}

function aboveNought(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(number > 0 && number <= 1e9)) {
    throw new InvalidArgumentError('Give a number above 0, such as 150.');
  }
  return number;
}
