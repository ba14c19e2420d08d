import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CliFailure } from './cli-failure';
import { readCliConfiguration, type Environment } from './config';
import { EXIT } from './exit-codes';

/** Who speaks where nobody is named with `--as`. */
export const DEFAULT_ACTOR = 'release-manager-1';

export interface Connection {
  /** Of the API, without a slash at its end. */
  url: string;
  token: string;
}

/** What `npm start` writes for the commands of the same machine. */
const clientFile = z.object({ url: z.url(), tokens: z.record(z.string(), z.string()) });

/**
 * Where the API is and who speaks to it: HANDOFF_URL and HANDOFF_TOKEN, or the system that `npm start` runs here.
 * @param as an actor's id; only for the latter
 * @throws CliFailure saying how to name a system
 */
export async function findConnection(environment: Environment, as?: string): Promise<Connection> {
  const { url, token, home } = readCliConfiguration(environment);
  if (url !== undefined || token !== undefined) {
    if (as !== undefined) {
      throw new CliFailure(
        'who-speaks',
        EXIT.usage,
        "HANDOFF_TOKEN says who speaks, so '--as' cannot. Leave one of them out.",
      );
    }
    if (url === undefined || token === undefined) {
      throw new CliFailure(
        'half-a-connection',
        EXIT.usage,
        `Set HANDOFF_URL and HANDOFF_TOKEN both, or neither; ${url === undefined ? 'HANDOFF_URL' : 'HANDOFF_TOKEN'} is not set.`,
      );
    }
    if (!URL.canParse(url)) {
      throw new CliFailure('bad-url', EXIT.usage, "HANDOFF_URL is not a URL. Write it as 'http://host:4700'.");
    }
    return { url: url.replace(/\/+$/, ''), token };
  }
  const client = await readClientFile(join(home, 'client.json'));
  const actor = as ?? DEFAULT_ACTOR;
  const found = client.tokens[actor];
  if (found === undefined) {
    throw new CliFailure(
      'unknown-actor',
      EXIT.notAllowed,
      `The running system knows no actor of that id. Use '--as' with one of: ${Object.keys(client.tokens).join(', ')}.`,
    );
  }
  return { url: client.url.replace(/\/+$/, ''), token: found };
}

async function readClientFile(path: string): Promise<z.output<typeof clientFile>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new CliFailure(
      'no-system',
      EXIT.notReachable,
      `No system is running here: there is no ${path}. Start one with 'npm start'; set the HANDOFF_HOME that it was started with; or name one with HANDOFF_URL and HANDOFF_TOKEN.`,
    );
  }
  const parsed = clientFile.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new CliFailure(
      'damaged-client-file',
      EXIT.unexpected,
      `${path} cannot be read as the connection of a running system. Stop the system and start it again with 'npm start', which writes it anew.`,
    );
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
