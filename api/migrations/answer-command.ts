import type { Response } from 'express';
import type { CommandAnswer } from '../../domain/phase/commands';
import { formatDuration, type Milliseconds } from '../../domain/time/duration';
import { unreachable } from '../../domain/unreachable';
import type { CommandOutcome } from './send-command';

/** What a command's sender is told. `outcome` is `done` with 200, else 202 and what to expect. */
export interface CommandReply extends CommandAnswer {
  outcome: CommandOutcome['kind'];
  detail?: string;
}

/** @param lease of the split that the command is about; the longest of them where it is about several */
export function answerCommand(response: Response, outcome: CommandOutcome, lease: Milliseconds): void {
  const reply = replyTo(outcome, lease);
  response.status(reply.outcome === 'done' ? 200 : 202).json(reply);
}

function replyTo(outcome: CommandOutcome, lease: Milliseconds): CommandReply {
  switch (outcome.kind) {
    case 'done':
      return { outcome: 'done', ...outcome.answer };
    case 'underWay':
      return {
        outcome: 'underWay',
        cohorts: [],
        detail: "A worker took the command up and is carrying it out. Follow it with 'handoff status --watch'.",
      };
    case 'signalled':
      return {
        outcome: 'signalled',
        cohorts: [],
        detail:
          'No worker answers. The command is left with Temporal, and the first worker that comes back carries it out. Until then the split is ' +
          `unattended: arrivals go to legacy when its lease ends, ${formatDuration(lease)} after it was last renewed. Start a worker.`,
      };
    default:
      return unreachable(outcome);
  }
}
