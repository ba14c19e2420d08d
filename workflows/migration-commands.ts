import { ApplicationFailure, CancellationScope, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  checkMigrationCommand,
  MIGRATION_COMMANDS,
  type MigrationCommandName,
} from '../domain/migration/check-migration-command';
import type { Refusal } from '../domain/phase/check-command';
import { sealHolds } from '../domain/phase/check-seal';
import type { Command, CommandAnswer, PhaseReport } from '../domain/phase/commands';
import { readSignal } from '../domain/phase/plain-signal';
import type { MigrationRunner } from './migration-runner';
import { isStamped, pause, pauseSignal, resume, rollback, rollbackSignal } from './phase-commands';
import { phaseReport } from './report-to-migration';

/** Takes in what people tell the migration as a whole, and what its phases report. Called before the workflow's first await. */
export function handleMigrationCommands(runner: MigrationRunner): void {
  const { workflowId } = workflowInfo();
  const seen = new Set<string>();
  const updates = { pause, resume, rollback } as const;
  for (const name of MIGRATION_COMMANDS) {
    setHandler(updates[name], (command: Command) => take(name, command), {
      validator: (command: Command) => {
        const refusal = refusalOfUpdate(name, command);
        if (refusal !== undefined) throw ApplicationFailure.nonRetryable(refusal.message, refusal.code);
      },
    });
  }

  async function take(name: MigrationCommandName, command: Command): Promise<CommandAnswer> {
    const refused = refusalOfUpdate(name, command);
    if (refused !== undefined) throw ApplicationFailure.nonRetryable(refused.message, refused.code);
    if (command.seal !== undefined) seen.add(command.seal.nonce);
    await runner.ready();
    // While the plan was being read, somebody else may have been first.
    const late = checkMigrationCommand(runner.run, name, command, runner.goesBy);
    if (late !== undefined) throw ApplicationFailure.nonRetryable(late.message, late.code);
    const cohorts = await carryOut(name, command);
    await runner.written();
    const { status, phase } = runner.run;
    return { cohorts, migration: { status, phase } };
  }

  async function carryOut(name: MigrationCommandName, command: Command): Promise<CommandAnswer['cohorts']> {
    const { actor, reason, hold } = command;
    const why = { ...(reason !== undefined && { reason }), ...(hold !== undefined && { hold }) };
    if (name === 'resume') {
      runner.apply({ kind: 'resume', actor, ...(reason !== undefined && { reason }) });
      return [];
    }
    runner.apply({ kind: name, by: actor.id, verified: actor.verified, ...why });
    return runner.handOn(name, command);
  }

  /** An update that came in plain, or whose seal does not hold, has no verified actor, whoever it names. */
  function refusalOfUpdate(name: MigrationCommandName, command: Command): Refusal | undefined {
    if (isStamped(command)) {
      const { actor } = readSignal(command);
      return checkMigrationCommand(runner.run, name, { ...command, actor }, runner.goesBy);
    }
    if (sealHolds(command, name, workflowId, seen)) {
      return checkMigrationCommand(runner.run, name, command, runner.goesBy);
    }
    const message = 'This command was sent before, or for something else. Look at the status, then give it anew.';
    return { code: 'replayed-command', message };
  }

  const signals = { pause: pauseSignal, rollback: rollbackSignal } as const;
  for (const name of ['pause', 'rollback'] as const) {
    setHandler(signals[name], async (payload: unknown) => {
      // A signal never throws: it would end the workflow. What does not fit is written down as refused.
      const { answerTo: _none, ...command } = readSignal(payload);
      const sealed = sealHolds(command, name, workflowId, seen);
      if (command.seal !== undefined && sealed) seen.add(command.seal.nonce);
      await CancellationScope.nonCancellable(async () => {
        await runner.ready();
        const forged = command.actor.verified && !sealed;
        // By hand, a rollback or a pause counts whatever else was typed.
        const { cohort: _ignored, ...whole } = command;
        const refusal = checkMigrationCommand(runner.run, name, whole, runner.goesBy, true);
        const code = forged ? 'replayed-command' : refusal?.code;
        // It was heard already; since then, people may have let the migration go on.
        if (code === undefined && name === 'pause' && (whole.hold ?? Infinity) <= runner.run.heard) return;
        if (code === undefined) await carryOut(name, whole);
        else runner.apply({ kind: 'signalRefused', signal: name, actor: command.actor.id, code });
      });
    });
  }

  setHandler(phaseReport, async (report: PhaseReport) => {
    if ((report as PhaseReport & { unverified?: boolean }).unverified === true) return;
    await CancellationScope.nonCancellable(() => runner.ready());
    runner.hear(report);
  });
}
