import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Actor } from '../domain/phase/actor';
import { ROLES } from '../domain/plan/journey';
import type { Clock } from '../domain/time/clock';
import type { Logger } from '../platform/logger';
import { describeFailure } from '../platform/describe-failure';

const actorsFile = z.strictObject({
  actors: z
    .array(
      z
        .strictObject({
          id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'Use lower-case letters, digits and hyphens.'),
          name: z.string().min(1).max(200),
          roles: z.array(z.enum(ROLES)).min(1),
          tokenSha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, 'Give the sha256 of the token as 64 lower-case hexadecimal digits.')
            .optional(),
          /** What it may sign events with instead; two while one takes over from the other. */
          signingSecrets: z
            .array(z.string().regex(/^[\x21-\x7e]{32,256}$/, 'Give 32 to 256 visible characters without blanks.'))
            .min(1)
            .max(3)
            .optional(),
          /** Sources of the events that it sends; those of the plan, unless given. */
          sources: z.array(z.string().min(1).max(200)).min(1).max(200).optional(),
        })
        .refine(
          ({ tokenSha256, signingSecrets }) => tokenSha256 !== undefined || signingSecrets !== undefined,
          'Give tokenSha256, signingSecrets, or both.',
        ),
    )
    .min(1)
    .refine(
      (actors) => new Set(actors.map((actor) => actor.id)).size === actors.length,
      'Give each actor an id of its own.',
    ),
});

interface KnownActor {
  actor: Actor;
  tokenHash: Buffer | undefined;
  signingSecrets: readonly string[];
  sources: ReadonlySet<string> | undefined;
}

/** An actor as one who sends events. */
export interface Sender {
  actor: Actor;
  /** What it may sign with; none: it does not. */
  signingSecrets: readonly string[];
  /** The sources that it sends for; undefined: whichever the plan has. */
  sources: ReadonlySet<string> | undefined;
}

/** The file that names actors cannot be used; the message lists why, and no token. */
export class BadActorsFile extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The actors file (HANDOFF_ACTORS_FILE) cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'BadActorsFile';
  }
}

const LOOK_AGAIN_AFTER = 1_000;

/**
 * Who may use the API, from a file of ids, roles and hashes of tokens. A changed file is taken over within a second of the next
 * request; one that cannot be used is logged, and those known before stay.
 */
export class Actors {
  private known: readonly KnownActor[] = [];
  private version = '';
  private lookedAt = 0;
  private taken = 0;

  private constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** @throws BadActorsFile */
  static async open(path: string, clock: Clock, logger: Logger): Promise<Actors> {
    const actors = new Actors(path, clock, logger);
    await actors.load();
    return actors;
  }

  /** Of the list in force: another number whenever a changed file was taken over. */
  get generation(): number {
    return this.taken;
  }

  /** Whether the list in force was compared with the file within the last second, so that who was let in by it may be let in again. */
  isFresh(): boolean {
    const age = this.clock.now().getTime() - this.lookedAt;
    return age >= 0 && age < LOOK_AGAIN_AFTER;
  }

  /** The actor whose token this is. Takes the same time whichever actor it is, and whether it is one. */
  async byToken(token: string): Promise<Actor | undefined> {
    await this.lookAgain();
    const hash = createHash('sha256').update(token).digest();
    let found: Actor | undefined;
    for (const { actor, tokenHash } of this.known) {
      if (tokenHash !== undefined && timingSafeEqual(tokenHash, hash)) found = actor;
    }
    return found;
  }

  /** The actor of this id. */
  async byId(id: string): Promise<Actor | undefined> {
    await this.lookAgain();
    return this.known.find(({ actor }) => actor.id === id)?.actor;
  }

  /** The actor of this id, with what it sends events by. */
  async senderById(id: string): Promise<Sender | undefined> {
    await this.lookAgain();
    return this.known.find(({ actor }) => actor.id === id);
  }

  private async lookAgain(): Promise<void> {
    if (this.isFresh()) return;
    this.lookedAt = this.clock.now().getTime();
    try {
      if ((await fileVersion(this.path)) !== this.version) await this.load();
    } catch (error) {
      this.logger.error(
        { failure: describeFailure(error) },
        'the actors file changed and cannot be used; those known before stay',
      );
    }
  }

  private async load(): Promise<void> {
    // Read before the content: a change in between is seen as one at the next look.
    const version = await fileVersion(this.path).catch(() => {
      throw new BadActorsFile(['It cannot be read. Check the path and its permissions.']);
    });
    const parsed = actorsFile.safeParse(parseJson(await readFile(this.path, 'utf8')));
    if (!parsed.success) {
      throw new BadActorsFile(
        parsed.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'file'}: ${issue.message}`),
      );
    }
    this.known = parsed.data.actors.map(({ id, roles, tokenSha256, signingSecrets = [], sources }) => ({
      actor: { id, roles, verified: true },
      tokenHash: tokenSha256 === undefined ? undefined : Buffer.from(tokenSha256, 'hex'),
      signingSecrets,
      sources: sources && new Set(sources),
    }));
    this.version = version;
    this.taken += 1;
  }
}

async function fileVersion(path: string): Promise<string> {
  const { ino, mtimeMs, size } = await stat(path);
  return `${ino}/${mtimeMs}/${size}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadActorsFile(['It is not well-formed JSON.']);
  }
}
