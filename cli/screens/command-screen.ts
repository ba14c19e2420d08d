import type { CommandReply } from '../../api/migrations/answer-command';
import { progressWords } from './progress-lines';
import { statusWords } from './status-words';

/** What a command came to, by cohort. */
export function commandScreen(reply: CommandReply): string {
  const lines = reply.cohorts.map(({ cohort, status, epoch }) => `${cohort}: ${statusWords(status)} (epoch ${epoch})`);
  const whole = reply.migration === undefined ? [] : [`migration: ${progressWords(reply.migration.status)}`];
  return [...whole, ...lines, ...(reply.detail === undefined ? [] : [reply.detail])].join('\n');
}
