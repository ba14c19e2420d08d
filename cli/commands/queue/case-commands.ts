import { type Command, InvalidArgumentError } from 'commander';
import { ACCEPT_REASONS, SNOOZE_REASONS } from '../../../domain/queues/case-reasons';
import { REDRIVE_REASONS } from '../../../domain/queues/redrive';
import { parseDuration } from '../../../domain/time/duration';
import type { CliIo } from '../../io';
import { type SystemOptions, wholeNumber } from '../../options';
import { act, collectEvidence, withCase } from './act-on-case';

type WithReason = SystemOptions & { reason: string };

/** What people do with one case besides taking, resolving and reopening it. */
export function addCaseCommands(queue: Command, io: CliIo): void {
  withCase(queue.command('step'))
    .description('notes that one step of the path was done, before the case is resolved')
    .requiredOption('--evidence <step=reference>', "an id in another system that shows it, such as '1=ticket-4711'")
    .action((number: number, options: SystemOptions & { evidence: string }) => {
      const [done] = collectEvidence(options.evidence, []);
      return act(io, options, number, 'steps', done);
    });
  withSnooze(withCase(queue.command('snooze')))
    .description('puts a case off; its SLA goes on, so it is overdue when it would have been')
    .action((number: number, options: WithReason & { until: string }) =>
      act(io, options, number, 'snooze', { until: options.until, reason: options.reason }),
    );
  withCase(queue.command('wake'))
    .description('takes up a case that was put off')
    .action((number: number, options: SystemOptions) => act(io, options, number, 'wake', {}));
  withAcceptReason(withCase(queue.command('accept')))
    .description('asks that a case be left as it is; it stays open until somebody else agrees')
    .action((number: number, options: WithReason) => act(io, options, number, 'accept', { reason: options.reason }));
  withAcceptReason(withCase(queue.command('approve')))
    .description('agrees that a case is left as it is, for the reason that another person gave')
    .action((number: number, options: WithReason) =>
      act(io, options, number, 'approve-acceptance', { reason: options.reason }),
    );
  withAcceptReason(withCase(queue.command('refuse')))
    .description('does not agree that a case is left as it is, or no longer asks for it')
    .action((number: number, options: WithReason) =>
      act(io, options, number, 'refuse-acceptance', { reason: options.reason }),
    );
  withRedriveReason(withCase(queue.command('redrive')))
    .description(
      'has the missing command sent again to the system that owes it; the case stays open until the end comes',
    )
    .action((number: number, options: WithReason) => act(io, options, number, 'redrive', { reason: options.reason }));
  withCase(queue.command('merge'))
    .description('makes a case part of another one of the same patient; reopening parts them again')
    .requiredOption('--into <case>', 'the case that it is part of', wholeNumber)
    .action((number: number, options: SystemOptions & { into: number }) =>
      act(io, options, number, 'merge', { into: String(options.into) }),
    );
}

/** The options of putting off. */
export function withSnooze(command: Command): Command {
  return command
    .requiredOption('--until <moment>', "such as '2026-03-01T09:00:00Z', or a time from now such as '4h'", moment)
    .requiredOption('--reason <code>', SNOOZE_REASONS.join(', '));
}

/** The option of sending a command again. */
export function withRedriveReason(command: Command): Command {
  return command.requiredOption('--reason <code>', REDRIVE_REASONS.join(', '));
}

function withAcceptReason(command: Command): Command {
  return command.requiredOption('--reason <code>', ACCEPT_REASONS.join(', '));
}

function moment(text: string): string {
  const fromNow = parseDuration(text);
  const at = fromNow === undefined ? Date.parse(text) : Date.now() + fromNow;
  if (!Number.isFinite(at))
    throw new InvalidArgumentError("Give '2026-03-01T09:00:00Z', or a time from now such as '4h'.");
  return new Date(at).toISOString();
}
