import { join } from 'node:path';
import { packageRoot } from '../platform/package-root';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CliConfiguration {
  /** The API, and who is speaking, where the environment names both. */
  url?: string;
  token?: string;
  /** Folder in which `npm start` keeps what it started. */
  home: string;
  colour: boolean;
}

/** The environment of the command's process. */
export function processEnvironment(): Environment {
  return process.env;
}

/** What the command takes from its environment; an empty variable counts as absent. */
export function readCliConfiguration(environment: Environment): CliConfiguration {
  return {
    url: environment['HANDOFF_URL'] || undefined,
    token: environment['HANDOFF_TOKEN'] || undefined,
    home: environment['HANDOFF_HOME'] || join(packageRoot(), '.handoff'),
    // https://no-color.org
    colour: !environment['NO_COLOR'],
  };
}
