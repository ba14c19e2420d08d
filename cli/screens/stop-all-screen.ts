import type { StopAllAnswer } from '../../api/stop-all/stop-all';

const UNSURE: Record<StopAllAnswer['unsure'][number], string> = {
  migrations: 'Which migrations are under way could NOT be read: none was held or told.',
  splits: 'Whether every split is at zero could NOT be read.',
  audit: 'The audit log could NOT be written for every migration.',
};

/** What was stopped, and what could not be told of it. */
export function stopAllScreen({ lowered, failed, migrations, unsure }: StopAllAnswer): string {
  const name = ({ migration, phase, cohort }: StopAllAnswer['failed'][number]): string =>
    `${migration} ${phase} ${cohort}`;
  return [
    ...lowered.map((split) => `${name(split)}: everyone who arrives goes to legacy (epoch ${split.epoch})`),
    ...failed.map((split) => `${name(split)}: NOT lowered`),
    ...(lowered.length + failed.length === 0 ? ['No split was above zero.'] : []),
    ...migrations.map(({ migration, outcome, held, detail }) => {
      const stands = held ? 'held: no split rises until it is resumed' : 'NOT held';
      return outcome === 'paused' && held ? `${migration}: paused` : `${migration}: ${stands}. ${detail ?? outcome}`;
    }),
    ...unsure.map((part) => UNSURE[part]),
    ...(migrations.length === 0 && !unsure.includes('migrations') ? ['No migration is under way.'] : []),
  ].join('\n');
}
