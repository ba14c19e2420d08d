import type { Command } from 'commander';
import type { CommandReply } from '../../api/migrations/answer-command';
import type { CohortStanding, MigrationStatus, PhaseStatus } from '../../domain/status/migration-status';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { commandScreen } from '../screens/command-screen';
import { decisionScreen } from '../screens/decision-screen';
import { progressLines } from '../screens/progress-lines';
import { statusWords } from '../screens/status-words';
import { whichMigration } from '../which-migration';
import { commandPath, migrationCommandPath, phaseCommand, wholeMigrationOnly, type CommandOptions } from './steering';

interface DecisionOptions extends CommandOptions {
  evidence?: string;
}

type Decision = 'approve' | 'resume';

/**
 * `handoff approve` and `handoff resume`: read what waits for a decision, show it, and decide on exactly that: the evidence and the
 * epoch that were shown go with the command, so that it is refused where either changes in between.
 */
export function addDecisionCommands(program: Command, io: CliIo): void {
  decision(program, io, 'approve', 'say yes to what waits for a decision, on the evidence that is shown');
  decision(
    program,
    io,
    'resume',
    'go on after a pause, a hold, a rollback or a preflight that found something; without a phase, the migration goes on',
  );
}

function decision(program: Command, io: CliIo, name: Decision, description: string): void {
  phaseCommand(program, name, description, name === 'resume')
    .option('--evidence <hash>', "the evidence that you saw, as 'handoff status' shows it; read anew unless given")
    .action(async (...given: unknown[]) => {
      const [phase, options] = given as [string | undefined, DecisionOptions];
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, false);
      const status = await api.get<MigrationStatus>(`/v1/migrations/${encodeURIComponent(migration)}`);
      if (phase === undefined) {
        await resumeMigration(api, io, status, options);
        return;
      }
      const at = phaseNamed(status, phase);
      const cohorts = waiting(at, name, options.cohort);
      if (options.json !== true) io.stdout.write(`${decisionScreen(status, at, cohorts)}\n`);
      const reply: CommandReply = { outcome: 'done', cohorts: [] };
      for (const standing of cohorts) {
        const one = await api.post<CommandReply>(commandPath(migration, phase, name), {
          cohort: standing.cohort,
          epoch: options.epoch ?? standing.run?.epoch,
          evidence: options.evidence ?? standing.run?.request?.evidenceHash,
          reason: options.reason,
        });
        reply.cohorts.push(...one.cohorts);
        if (one.outcome !== 'done') Object.assign(reply, { outcome: one.outcome, detail: one.detail });
      }
      print(io, options, reply, commandScreen);
    });
}

/** Lets a migration go on that was paused or rolled back as a whole, on what it was held for as it was shown. */
async function resumeMigration(
  api: ApiClient,
  io: CliIo,
  { migration, progress, phases }: MigrationStatus,
  options: DecisionOptions,
): Promise<void> {
  wholeMigrationOnly(options);
  if (options.json !== true && progress !== null) io.stdout.write(`${progressLines(progress).join('\n')}\n`);
  const evidence = options.evidence ?? progress?.request?.evidenceHash;
  const body = { evidence, reason: options.reason };
  print(io, options, await api.post<CommandReply>(migrationCommandPath(migration, 'resume'), body), commandScreen);
  if (options.json === true) return;
  for (const { phase, cohorts } of phases) {
    const waiting = cohorts.filter(({ run }) => run?.request?.kind === 'goOn').map(({ cohort }) => cohort);
    if (waiting.length === 0) continue;
    io.stdout.write(
      `Still waiting in ${phase}: ${waiting.join(', ')}. Each cohort goes on by its own decision: 'handoff resume ${phase}'.\n`,
    );
  }
}

function phaseNamed(status: MigrationStatus, phase: string): PhaseStatus {
  const found = status.phases.find((candidate) => candidate.phase === phase);
  if (found !== undefined) return found;
  throw new CliFailure(
    'unknown-phase',
    EXIT.refused,
    `Migration ${status.migration} has no such phase. It has: ${status.phases.map((candidate) => candidate.phase).join(', ')}.`,
  );
}

/** The cohorts that the decision fits. @throws CliFailure saying where each stands, where there is none */
function waiting(phase: PhaseStatus, name: Decision, cohort: string | undefined): CohortStanding[] {
  const asked = phase.cohorts.filter((candidate) => cohort === undefined || candidate.cohort === cohort);
  if (asked.length === 0) {
    throw new CliFailure(
      'unknown-cohort',
      EXIT.refused,
      `Phase ${phase.phase} has no such cohort. It has: ${phase.cohorts.map((candidate) => candidate.cohort).join(', ')}.`,
    );
  }
  const fitting = asked.filter(({ run }) =>
    name === 'approve' ? run?.request !== undefined : run?.request?.kind === 'goOn' || run?.status === 'notReady',
  );
  if (fitting.length > 0) return fitting;
  const stand = asked
    .map((one) => `${one.cohort}: ${one.run === null ? 'not begun' : statusWords(one.run.status)}`)
    .join('; ');
  throw name === 'approve'
    ? new CliFailure(
        'approval-not-wanted',
        EXIT.conflict,
        `No decision is waited for (${stand}). Follow it with 'handoff status --watch'.`,
      )
    : new CliFailure(
        'nothing-to-resume',
        EXIT.conflict,
        `Nothing is stopped (${stand}). Follow it with 'handoff status --watch'.`,
      );
}
