import type { StopAllAnswer } from '../../api/stop-all/stop-all';

/** What was stopped, and what could not be told of it. */
export function stopAllScreen({ lowered, failed, migrations }: StopAllAnswer): string {
  const name = ({ migration, phase, cohort }: StopAllAnswer['failed'][number]): string =>
    `${migration} ${phase} ${cohort}`;
  return [
    ...lowered.map((split) => `${name(split)}: everyone who arrives goes to legacy (epoch ${split.epoch})`),
    ...failed.map((split) => `${name(split)}: NOT lowered`),
    ...(lowered.length + failed.length === 0 ? ['No split was above zero.'] : []),
    ...migrations.map(({ migration, outcome, detail }) =>
      outcome === 'paused' ? `${migration}: paused` : `${migration}: ${detail ?? outcome}`,
    ),
    ...(migrations.length === 0 ? ['No migration is under way.'] : []),
  ].join('\n');
}
