import type { MigrationSummary } from '../domain/status/migration-status';
import type { ApiClient } from './api-client';
import { CliFailure } from './cli-failure';
import { EXIT } from './exit-codes';

export async function listMigrations(api: ApiClient): Promise<MigrationSummary[]> {
  return (await api.get<{ migrations: MigrationSummary[] }>('/v1/migrations')).migrations;
}

/**
 * The migration that a command is about: the one that is named, else the only one under way; for a command that only looks, else the
 * one that was started last.
 */
export async function whichMigration(api: ApiClient, named: string | undefined, looking: boolean): Promise<string> {
  if (named !== undefined) return named;
  const all = await listMigrations(api);
  const live = all.filter(({ state }) => state === 'live');
  const [only, another] = live;
  if (only !== undefined && another === undefined) return only.migration;
  if (another !== undefined) {
    throw new CliFailure(
      'several-migrations',
      EXIT.usage,
      `Several migrations are under way. Name one with '--migration': ${live.map(({ migration }) => migration).join(', ')}.`,
    );
  }
  const last = all[0];
  if (looking && last !== undefined) return last.migration;
  throw new CliFailure(
    'no-migration',
    EXIT.conflict,
    "No migration is under way. Start one with 'handoff start --plan <file>'.",
  );
}
