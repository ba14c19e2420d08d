import type { Command } from 'commander';
import type { PlanPreview, PlanVersionList } from '../../domain/status/plan-versions';
import { unreachable } from '../../domain/unreachable';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { whichMigration } from '../which-migration';
import { readPlanFile } from './read-plan-file';
import { previewScreen, versionsScreen } from './version-screens';

interface ProposeOptions extends SystemOptions {
  base?: string;
  dryRun?: boolean;
  reason?: string;
}

interface DecideOptions extends SystemOptions {
  hash?: string;
  reason?: string;
}

type Outcome = 'done' | 'underWay' | 'signalled';

/** `handoff plan propose`, `approve`, `reject` and `versions`: the plan of a migration that is under way (R36). */
export function addPlanVersionCommands(plan: Command, io: CliIo): void {
  plan
    .command('propose')
    .description('propose another version of the plan to a migration under way; shows what it changes')
    .argument('<file>', 'the version, as YAML or JSON')
    .option('--base <hash>', 'the version that it was made from, as a whole hash; the one in force unless given')
    .option('--dry-run', 'show what it would change and who decides, and propose nothing')
    .option('--reason <text>', 'why, for the audit log; never about a patient')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (file: string, options: ProposeOptions) => {
      const text = await readPlanFile(file);
      const api = await ApiClient.connect(io, options.as);
      const path = planPath(await whichMigration(api, options.migration, false));
      const preview = await api.post<PlanPreview>(`${path}/preview`, { plan: text });
      if (options.dryRun === true) {
        print(io, options, preview, previewScreen);
        return;
      }
      if (options.json !== true) io.stdout.write(`${previewScreen(preview)}\n`);
      const body = { plan: text, base: options.base ?? preview.from, reason: options.reason };
      const answer = await api.post<PlanPreview & { outcome: Outcome }>(path, body);
      print(io, options, answer, ({ outcome, to }) => `${proposed(outcome)} Its hash is ${to}.`);
    });
  addDecision(plan, io, 'approve', 'say yes to the version that is proposed, on what is shown');
  addDecision(plan, io, 'reject', 'say no to it');
  plan
    .command('versions')
    .description("the versions of a migration's plan, by whom, and the one that waits for a decision")
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const path = planPath(await whichMigration(api, options.migration, true));
      print(io, options, await api.get<PlanVersionList>(path), versionsScreen);
    });
}

function addDecision(plan: Command, io: CliIo, name: 'approve' | 'reject', description: string): void {
  plan
    .command(name)
    .description(description)
    .option('--hash <hash>', 'the version that you saw, as a whole hash; the one that is shown unless given')
    .option('--reason <text>', 'why, for the audit log; never about a patient')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: DecideOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const path = planPath(await whichMigration(api, options.migration, false));
      const { proposal } = await api.get<PlanVersionList>(path);
      if (proposal === null) {
        const message = "No version waits for a decision. Propose one with 'handoff plan propose <file>'.";
        throw new CliFailure('plan-not-proposed', EXIT.conflict, message);
      }
      if (options.json !== true) io.stdout.write(`${previewScreen(proposal.preview)}\n`);
      const body = { planHash: options.hash ?? proposal.planHash, reason: options.reason };
      const answer = await api.post<{ outcome: Outcome; planHash: string }>(`${path}/${name}`, body);
      print(io, options, answer, ({ outcome }) => (outcome === 'done' ? DECIDED[name] : UNDER_WAY));
    });
}

const UNDER_WAY = "A worker took it up and is carrying it out. Follow it with 'handoff plan versions'.";
const DECIDED = {
  approve:
    'The migration goes by it: what is looked at now to the end of its step by the version before, then by this one.',
  reject: 'It is no longer proposed.',
} as const;

function proposed(outcome: Outcome): string {
  switch (outcome) {
    case 'done':
      return 'Proposed.';
    case 'underWay':
    case 'signalled':
      return UNDER_WAY;
    default:
      return unreachable(outcome);
  }
}

function planPath(migration: string): string {
  return `/v1/migrations/${encodeURIComponent(migration)}/plan`;
}
