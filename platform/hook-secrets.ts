import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../domain/time/clock';
import { describeFailure } from './describe-failure';
import type { Logger } from './logger';

/** Variables of the environment that hold a secret each: `HANDOFF_HOOK_SECRET_PHOTON` is the secret `PHOTON`. */
const PREFIX = 'HANDOFF_HOOK_SECRET_';
const NAME = /^[A-Z][A-Z0-9_]{0,62}$/;
/** Shorter ones can be guessed. */
const SHORTEST = 16;

const secretsFile = z.record(z.string().regex(NAME), z.string().min(SHORTEST).max(2_000));

/** The secrets of an environment, by their names. Those too short to be one are named among the problems. */
export function secretsIn(environment: Readonly<Record<string, string | undefined>>): {
  secrets: ReadonlyMap<string, string>;
  problems: string[];
} {
  const found = Object.entries(environment).flatMap(([variable, value]) =>
    variable.startsWith(PREFIX) && value !== undefined && value !== ''
      ? [[variable.slice(PREFIX.length), value] as const]
      : [],
  );
  const bad = found.filter(([name, value]) => !NAME.test(name) || value.length < SHORTEST);
  return {
    secrets: new Map(found),
    problems: bad.map(
      ([name]) =>
        `${PREFIX}${name}: Give a secret of ${SHORTEST} characters or more, under a name in capital letters, digits and underscores.`,
    ),
  };
}

const LOOK_AGAIN_AFTER = 1_000;

/**
 * The secrets that vendors sign with, by the names that plans call them: of the environment, and of a file of JSON, which goes first. A changed file is
 * taken over within a second of the next delivery; one that cannot be used is logged, and those known before stay.
 */
export class HookSecrets {
  private fromFile: ReadonlyMap<string, string> = new Map();
  private version = '';
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly given: ReadonlyMap<string, string>,
    private readonly path: string | undefined,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Those of these names that there are. */
  async named(names: readonly string[]): Promise<string[]> {
    await this.lookAgain();
    return names.flatMap((name) => this.fromFile.get(name) ?? this.given.get(name) ?? []);
  }

  private async lookAgain(): Promise<void> {
    const now = this.clock.now().getTime();
    if (this.path === undefined || (now >= this.lookedAt && now - this.lookedAt < LOOK_AGAIN_AFTER)) return;
    this.lookedAt = now;
    try {
      const { ino, mtimeMs, size } = await stat(this.path);
      const version = `${ino}/${mtimeMs}/${size}`;
      if (version === this.version) return;
      this.fromFile = new Map(Object.entries(secretsFile.parse(JSON.parse(await readFile(this.path, 'utf8')))));
      this.version = version;
    } catch (error) {
      this.logger.error(
        { failure: describeFailure(error) },
        'the file of webhook secrets cannot be used; those known before stay',
      );
    }
  }
}
