import type { Command } from 'commander';
import type { CrosswalkStatus, RotationAnswer } from '../../domain/status/crosswalk-answers';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { addChangeCommands } from './crosswalk/change-commands';
import { addHeldCommands } from './crosswalk/held-commands';
import { crosswalkScreen, rotationScreen } from '../screens/crosswalk-screen';
import { whichMigration } from '../which-migration';

/** `handoff crosswalk …`: which vendor's id is whose, as a whole. */
export function addCrosswalkCommands(program: Command, io: CliIo): void {
  const crosswalk = program
    .command('crosswalk')
    .description(
      "which vendor's id is whose: how many are linked, what is held, and the keys that ids are hashed under",
    );
  crosswalk
    .command('status')
    .description('ids by system and kind, events that nobody knows whose they are, and the keys')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const path = `/v1/migrations/${encodeURIComponent(migration)}/crosswalk`;
      print(io, options, await api.get<CrosswalkStatus>(path), crosswalkScreen);
    });
  crosswalk
    .command('rotate')
    .description('hashes ids under another key from now on, and those there are as well; no link and no side changes')
    .option(
      '--key <id>',
      'the id of a secret in HANDOFF_CROSSWALK_KEYS; one is derived from the payload key unless given',
    )
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async ({ key, ...options }: SystemOptions & { key?: string }) => {
      const api = await ApiClient.connect(io, options.as);
      let answer = await api.post<RotationAnswer>('/v1/crosswalk/rotate', { key });
      let { hashed } = answer;
      while (answer.left > 0 && !io.signal.aborted) {
        answer = await api.post<RotationAnswer>('/v1/crosswalk/rehash', {});
        hashed += answer.hashed;
      }
      print(io, options, { ...answer, hashed }, rotationScreen);
    });
  crosswalk
    .command('retire')
    .description('takes a key away under which nothing is hashed alone any more')
    .argument('<key>', 'its id')
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (key: string, options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      await api.post('/v1/crosswalk/retire', { key });
      print(io, options, { retired: key }, ({ retired }) => `Key ${retired} is retired. Its secret is needed no more.`);
    });
  addChangeCommands(crosswalk, io);
  addHeldCommands(crosswalk, io);
}
