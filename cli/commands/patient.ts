import type { Command } from 'commander';
import type { PatientTimeline } from '../../domain/status/patient-timeline';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, wholeNumber, type SystemOptions } from '../options';
import { timelineScreen } from '../screens/timeline-screen';
import { whichMigration } from '../which-migration';

interface PatientOptions extends SystemOptions {
  limit?: number;
  after?: string;
}

/** `handoff patient`: one patient across both stacks (R15). */
export function addPatientCommand(program: Command, io: CliIo): void {
  program
    .command('patient')
    .description("a patient's timeline across both stacks: stages, sides, handoffs, cases, next step")
    .argument('<key>', "any of our keys: a patient's, or of an episode, a subscription, a login or a visitor")
    .option('--limit <n>', 'entries at most', wholeNumber, 50)
    .option('--after <next>', "what was before an earlier page, by its 'next'")
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (key: string, options: PatientOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const path = `/v1/migrations/${encodeURIComponent(migration)}/patients/timeline`;
      const { limit, after } = options;
      print(io, options, await api.post<PatientTimeline>(path, { key, limit, after }), (timeline) =>
        timelineScreen(timeline, after === undefined),
      );
    });
}
