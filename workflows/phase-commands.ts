import { ApplicationFailure, condition, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { checkCommand, type Refusal } from '../domain/phase/check-command';
import type { CohortEvent } from '../domain/phase/cohort-event';
import type {
  ApproveCommand,
  Command,
  CommandAnswer,
  CommandName,
  RollbackCommand,
  SignalName,
} from '../domain/phase/commands';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { readSignal } from '../domain/phase/plain-signal';
import { unreachable } from '../domain/unreachable';
import type { CohortRunner } from './cohort-runner';

export const approve = defineUpdate<CommandAnswer, [ApproveCommand]>('approve');
export const reject = defineUpdate<CommandAnswer, [Command]>('reject');
export const pause = defineUpdate<CommandAnswer, [Command]>('pause');
export const resume = defineUpdate<CommandAnswer, [ApproveCommand]>('resume');
export const rollback = defineUpdate<CommandAnswer, [RollbackCommand]>('rollback');
export const abort = defineUpdate<CommandAnswer, [Command]>('abort');

export const approveSignal = defineSignal<[unknown]>('approve');
export const pauseSignal = defineSignal<[unknown]>('pause');
export const rollbackSignal = defineSignal<[unknown]>('rollback');

/** Takes people's commands in. Called before the workflow's first await, so that none is lost. */
export function handleCommands(cohorts: readonly CohortRunner[], rules: PhaseRules): void {
  const updates = { approve, reject, pause, resume, rollback, abort } as const;
  for (const name of Object.keys(updates) as CommandName[]) {
    setHandler(updates[name], (command: Command) => take(name, command), {
      // Synchronous: the SDK ignores a returned promise, so an async validator would accept everything.
      validator: (command: Command) => {
        const refusal = choose(name, verified(command), cohorts, rules).refusal;
        if (refusal !== undefined) throw ApplicationFailure.nonRetryable(refusal.message, refusal.code);
      },
    });
  }

  async function take(name: CommandName, command: Command): Promise<CommandAnswer> {
    const chosen = choose(name, verified(command), cohorts, rules);
    // Between the validator and here nothing runs, so it still fits; should that change, nothing is done unasked.
    if (chosen.refusal !== undefined)
      throw ApplicationFailure.nonRetryable(chosen.refusal.message, chosen.refusal.code);
    for (const runner of chosen.runners) runner.apply(eventOf(name, command));
    if (name === 'rollback') {
      // I2: answered when nobody new goes to target. Writing it down may still be under way.
      await condition(() =>
        chosen.runners.every(({ run }) => run.status !== 'rollingBack' || run.rollback?.trafficBackAt),
      );
    } else {
      await Promise.all(chosen.runners.map((runner) => runner.written()));
    }
    return {
      cohorts: chosen.runners.map(({ run }) => ({ cohort: run.cohort, status: run.status, epoch: run.epoch })),
    };
  }

  const signals = { approve: approveSignal, pause: pauseSignal, rollback: rollbackSignal } as const;
  for (const name of Object.keys(signals) as SignalName[]) {
    setHandler(signals[name], (payload: unknown) => {
      // A signal never throws: it would block the workflow. What does not fit is written down as refused.
      const command = readSignal(payload);
      const asked: Command = name === 'rollback' ? { ...command, scope: command.scope ?? 'phase' } : command;
      const chosen = choose(name, asked, cohorts, rules, true);
      if (chosen.refusal !== undefined) {
        const refused: CohortEvent = {
          kind: 'signalRefused',
          signal: name,
          actor: command.actor.id,
          code: chosen.refusal.code,
        };
        cohorts[0]?.apply(refused);
        return;
      }
      for (const runner of chosen.runners) runner.apply(eventOf(name, asked));
    });
  }
}

/** The cohorts that a command is for; a refusal where there is none. */
function choose(
  name: CommandName,
  command: Command,
  cohorts: readonly CohortRunner[],
  rules: PhaseRules,
  bySignal = false,
): { runners: CohortRunner[]; refusal?: Refusal } {
  const named = command.cohort === undefined ? cohorts : cohorts.filter(({ cohort }) => cohort === command.cohort);
  if (named.length === 0) {
    return {
      runners: [],
      refusal: { code: 'unknown-cohort', message: 'This phase has no such cohort. See `handoff status`.' },
    };
  }
  const checked = named.map((runner) => ({
    runner,
    refusal: checkCommand(runner.run, name, command, rules, bySignal),
  }));
  const runners = checked.filter(({ refusal }) => refusal === undefined).map(({ runner }) => runner);
  if (runners.length === 0) return { runners, ...(checked[0]?.refusal && { refusal: checked[0].refusal }) };
  if (name === 'rollback' && (command as RollbackCommand).scope !== 'phase' && runners.length > 1) {
    const message =
      'More than one cohort could be rolled back. Name one with --cohort, or roll the phase back with --scope phase.';
    return { runners: [], refusal: { code: 'cohort-needed', message } };
  }
  return { runners };
}

/** An update's command; one that came in plain was stamped by the payload codec, and its actor is not verified. */
function verified(command: Command): Command {
  const stamped = (command as Command & { unverified?: boolean }).unverified === true;
  return stamped ? { ...command, actor: readSignal(command).actor } : command;
}

function eventOf(name: CommandName, command: Command): CohortEvent {
  const { actor } = command;
  const reason = command.reason === undefined ? {} : { reason: command.reason };
  switch (name) {
    case 'approve':
    case 'reject':
    case 'resume':
    case 'abort':
      return { kind: name, actor, ...reason };
    case 'pause':
      return {
        kind: 'pause',
        actor: actor.id,
        verified: actor.verified,
        because: { code: 'command', message: command.reason ?? `Paused by ${actor.id}.` },
        ...reason,
      };
    case 'rollback': {
      const { scope } = command as RollbackCommand;
      const because = command.reason ?? `Rolled back by ${actor.id}.`;
      return { kind: 'rollback', scope, by: actor.id, verified: actor.verified, because, ...reason };
    }
    default:
      return unreachable(name);
  }
}
