import type { Command } from 'commander';
import type { HookStanding } from '../../domain/status/hook-tallies';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { table } from '../screens/table';
import { whichMigration } from '../which-migration';

/** `handoff hooks list`: what vendors' webhooks brought. */
export function addHookListCommand(hooks: Command, io: CliIo): void {
  hooks
    .command('list', { isDefault: true })
    .description("what each hook brought and when it came last, by the vendor's type")
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const path = `/v1/migrations/${encodeURIComponent(migration)}/hooks`;
      const answer = await api.get<{ hooks: HookStanding[] }>(path);
      print(io, options, { migration, ...answer }, ({ hooks: standings }) => hooksScreen(standings));
    });
}

function hooksScreen(hooks: readonly HookStanding[]): string {
  if (hooks.length === 0) return 'The plan of this migration declares no hooks.';
  const rows = hooks.map(({ hook, vendor, system, lastAt, counts }) => [
    ...[hook, vendor, system, lastAt ?? 'never'],
    ...[counts.stored + counts.noted, counts.duplicate, counts.held, counts.unknown + counts.unmet, counts.refused].map(
      String,
    ),
  ]);
  const types = hooks.flatMap(({ hook, types: tallies }) =>
    tallies.map(({ type, result, code = '', count, lastAt }) => [hook, type, result, code, String(count), lastAt]),
  );
  const heads = ['HOOK', 'VENDOR', 'SYSTEM', 'LAST', '#TAKEN', '#AGAIN', '#HELD', '#IGNORED', '#REFUSED'];
  const whole = table(heads, rows);
  return types.length === 0
    ? whole
    : `${whole}\n\n${table(['HOOK', 'TYPE', 'BECAME', 'WHY', '#COUNT', 'LAST'], types)}`;
}
