import { type Command, InvalidArgumentError } from 'commander';
import { VERDICTS, type Verdict } from '../../domain/gates/verdict';
import type { GateOverride } from '../../domain/status/gate-override';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, wholeNumber, type SystemOptions } from '../options';
import { VERDICT_WORDS } from '../screens/cohort-lines';
import { gateOverrideScreen, gateOverridesScreen, quoted } from '../screens/gate-overrides-screen';
import { whichMigration } from '../which-migration';

interface SeenOptions extends SystemOptions {
  verdict?: Verdict;
  evidence?: string;
}

/** `handoff gate override`, `confirm`, `withdraw`, `overrides`: what two people agree on while a gate stands in the way. */
export function addGateOverrideCommands(gate: Command, io: CliIo): void {
  seeing(gate.command('override'))
    .description(
      'ask that a gate neither holds a cohort nor rolls it back until its split changes; somebody else confirms it',
    )
    .argument('<phase>', 'the phase')
    .requiredOption('--gate <id>', 'the gate')
    .requiredOption('--cohort <id>', 'the cohort')
    .requiredOption('--reason <text>', 'why, for the audit log; nothing of a patient')
    .action(async (phase: string, given: SeenOptions & { gate: string; cohort: string; reason: string }) => {
      const { gate: id, cohort, reason, verdict, evidence, ...options } = given;
      requireSeen({ verdict, evidence });
      const { api, path } = await connect(io, options);
      const asked = `${path}/phases/${encodeURIComponent(phase)}/gates/${encodeURIComponent(id)}/override`;
      const body = { cohort, reason, verdict, evidence };
      print(io, options, await api.post<{ override: GateOverride }>(asked, body), gateOverrideScreen);
    });
  seeing(gate.command('confirm'))
    .description("agree to somebody else's override of a gate, for what you see there: it is in force at once")
    .argument('<override>', "its number, of 'handoff gate overrides'", wholeNumber)
    .action(async (override: number, { verdict, evidence, ...options }: SeenOptions) => {
      requireSeen({ verdict, evidence });
      const { api, path } = await connect(io, options);
      const confirmed = `${path}/gate-overrides/${override}/confirm`;
      print(
        io,
        options,
        await api.post<{ override: GateOverride }>(confirmed, { verdict, evidence }),
        gateOverrideScreen,
      );
    });
  withSystem(gate.command('withdraw'))
    .description('take an override of a gate back, whether it was confirmed or not')
    .argument('<override>', "its number, of 'handoff gate overrides'", wholeNumber)
    .option('--reason <text>', 'why, for the audit log; nothing of a patient')
    .action(async (override: number, { reason, ...options }: SystemOptions & { reason?: string }) => {
      const { api, path } = await connect(io, options);
      const withdrawn = `${path}/gate-overrides/${override}/withdraw`;
      print(io, options, await api.post<{ override: GateOverride }>(withdrawn, { reason }), gateOverrideScreen);
    });
  withSystem(gate.command('overrides'))
    .description('overrides of gates that are in force, or wait for a second person')
    .option('--phase <id>', 'those of one phase')
    .option('--all', 'those that were withdrawn or have ended as well')
    .action(async ({ phase, all, ...options }: SystemOptions & { phase?: string; all?: boolean }) => {
      const { api, path } = await connect(io, options, true);
      const query = { phase, all: all === true ? 'true' : undefined };
      const answer = await api.get<{ overrides: GateOverride[] }>(`${path}/gate-overrides`, query);
      print(io, options, answer, gateOverridesScreen);
    });
}

function seeing(command: Command): Command {
  return withSystem(
    command
      .option(
        '--verdict <verdict>',
        `the verdict that you see, as it is shown (${shownVerdicts()}) or as --json has it`,
        seenVerdict,
      )
      .option('--evidence <hash>', 'what you see to the last outcome: refused where it has changed since'),
  );
}

function shownVerdicts(): string {
  return VERDICTS.map((verdict) => quoted(VERDICT_WORDS[verdict])).join(', ');
}

/** As it is shown, in any case, or as the API calls it. @throws InvalidArgumentError, which commander prints as a usage error */
function seenVerdict(text: string): Verdict {
  const given = text.trim().toLowerCase();
  const found = VERDICTS.find((verdict) => [verdict, VERDICT_WORDS[verdict]].some((as) => as.toLowerCase() === given));
  if (found !== undefined) return found;
  throw new InvalidArgumentError(
    `Give it as it is shown: ${shownVerdicts()}; or as --json has it: ${VERDICTS.join(', ')}.`,
  );
}

function withSystem(command: Command): Command {
  return command.addOption(migrationOption()).addOption(asOption()).addOption(jsonOption());
}

/** @throws CliFailure `usage` */
function requireSeen({ verdict, evidence }: Pick<SeenOptions, 'verdict' | 'evidence'>): void {
  if (verdict !== undefined || evidence !== undefined) return;
  throw new CliFailure(
    'usage',
    EXIT.usage,
    "Say what you see: '--verdict', as 'handoff status' shows it, or '--evidence'.",
  );
}

async function connect(io: CliIo, options: SystemOptions, ended = false): Promise<{ api: ApiClient; path: string }> {
  const api = await ApiClient.connect(io, options.as);
  const migration = await whichMigration(api, options.migration, ended);
  return { api, path: `/v1/migrations/${encodeURIComponent(migration)}` };
}
