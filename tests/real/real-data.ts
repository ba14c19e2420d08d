import { accessSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Path of a recorded event log. The logs are not part of the repository: `HANDOFF_REAL_DATA` names their folder, `../shared/data`
 * beside the repository unless set. @throws Error saying what to do where it is not there
 */
export function eventLog(name: string): string {
  const folder = process.env['HANDOFF_REAL_DATA'] ?? join(__dirname, '..', '..', '..', 'shared', 'data');
  const path = resolve(folder, 'event-logs', name);
  try {
    accessSync(path);
  } catch {
    throw new Error(
      `There is no ${name} in the folder event-logs of ${resolve(folder)}. Put the recorded logs there (case_id, activity, lifecycle, ` +
        'timestamp; CSV in gzip), or set HANDOFF_REAL_DATA to the folder that holds event-logs.',
    );
  }
  return path;
}
