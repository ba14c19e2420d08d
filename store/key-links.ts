import { DomainError } from '../domain/domain-error';
import { judgeLinks, type KeyLink, type LinkOutcome, type Links } from '../domain/sides/judge-links';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import type { LinkAnswer, LinkResult } from '../domain/status/key-links';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { mergeLinkedPlacements, type LinkedKeys, type LinkedPhases } from './merge-linked-placements';

/** Placements were under way without a break for longer than links wait. */
export class LinksBusy extends DomainError {
  readonly code = 'links-busy';
  readonly status = 503;
  override readonly retryable = true;
  constructor() {
    super(
      'Sides are being written down without a break, so not all was linked. Send the same again: what is linked stays.',
    );
  }
}

export interface LinkRequest extends LinkedPhases {
  planHash: string;
  /** An actor's id, or `system:<part>`. */
  actor: string;
  verified: boolean;
  links: readonly KeyLink[];
  /** Which of these, by their places, are not to be linked, and why: decided on all of a transaction's, when nobody else links. */
  refuse?: (connection: Queryable, links: readonly KeyLink[]) => Promise<ReadonlyMap<number, DomainError>>;
  /** Done in the transaction that links them, after it did; what it throws undoes them. For requests of one transaction. */
  also?: (connection: Queryable, outcomes: readonly LinkOutcome[]) => Promise<void>;
}

/** A transaction keeps everybody waiting who is placed meanwhile, so it is a short one. */
const AT_ONCE = 200;
/** Placements that begin wait behind a link that waits for those under way: never for long. */
const WAITS: Milliseconds = PLACING_LIMIT / 4;
const ATTEMPTS = 20;

/**
 * Makes keys one person's, and brings their placements together: what one of them heard, all hear. Where none of them has a side yet, the first
 * question of any decides for all, by the key that stays. Where two are in the middle of a journey on different sides, each keeps its own, and one
 * exception is opened for a person (I1).
 *
 * Some hundred links are one transaction. It holds the links alone, so that no placement is under way whose key stands for another afterwards; whoever
 * writes, moves or closes placements by their keys holds them in share mode (`hold_links`). May be repeated: what is linked stays.
 * Answer it only when every process has taken it over.
 * @throws LinksBusy
 */
export async function linkKeys(db: Database, { links, ...of }: LinkRequest): Promise<LinkAnswer> {
  const results: LinkResult[] = [];
  for (let from = 0; from < links.length; from += AT_ONCE) {
    results.push(...(await linkBatch(db, { ...of, links: links.slice(from, from + AT_ONCE) })));
  }
  const count = (outcome: LinkResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
  return {
    linked: count('linked'),
    alreadyLinked: count('alreadyLinked'),
    refused: count('refused'),
    contradicted: results.filter((one) => one.outcome === 'linked' && one.contradicted).length,
    results,
  };
}

/** Postgres gave up on a wait, or undid one of two that waited for each other. */
const MET_A_LOCK = new Set(['55P03', '40P01']);

async function linkBatch(db: Database, of: LinkRequest): Promise<LinkResult[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      return await db.transaction((connection) => linkUnrefused(connection, of));
    } catch (error) {
      const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
      if (typeof code !== 'string' || !MET_A_LOCK.has(code)) throw error;
    }
  }
  throw new LinksBusy();
}

async function linkUnrefused(connection: Queryable, of: LinkRequest): Promise<LinkResult[]> {
  await holdLinksAlone(connection, of.migration);
  const refused = (await of.refuse?.(connection, of.links)) ?? new Map<number, DomainError>();
  const links = of.links.filter((_, at) => !refused.has(at));
  const linked = (await linkInTransaction(connection, { ...of, links })).values();
  return of.links.map((_, at): LinkResult => {
    const failure = refused.get(at);
    if (failure !== undefined) return resultOf(failure, false);
    const { value } = linked.next();
    if (value === undefined) throw new Error('A link was judged, and nothing was said of it.');
    return value;
  });
}

/** By whoever holds the links alone. */
async function linkInTransaction(connection: Queryable, of: LinkRequest): Promise<LinkResult[]> {
  const before = await readLinks(connection, of.migration, of.links);
  const { outcomes, links } = judgeLinks(before, of.links);
  if (!outcomes.includes('linked')) {
    await of.also?.(connection, outcomes);
    return outcomes.map((outcome) => resultOf(outcome, false));
  }
  await writeLinks(connection, of, before, links);
  // Before anything that a matcher waits for while it holds one of them.
  await matchAnew(connection, of);
  const merged = await mergeLinkedPlacements(connection, of, newlyLinked(of.links, outcomes, before, links));
  const { contradicting } = merged;
  await appendAudit(connection, {
    ...{ migration: of.migration, planHash: of.planHash, actor: of.actor, verified: of.verified },
    action: 'keys.linked',
    // I15: how many, and no key. Who linked which is in the links themselves.
    evidence: {
      linked: outcomes.filter((outcome) => outcome === 'linked').length,
      carriedOver: merged.carriedOver,
      merged: merged.merged,
      contradicted: contradicting.size,
    },
  });
  await of.also?.(connection, outcomes);
  return outcomes.map((outcome, at) => resultOf(outcome, contradicting.has(of.links[at]?.alias ?? '')));
}

function resultOf(outcome: LinkOutcome, contradicted: boolean): LinkResult {
  if (outcome === 'linked') return { outcome, contradicted };
  if (outcome === 'alreadyLinked') return { outcome };
  return { outcome: 'refused', code: outcome.code, detail: outcome.message };
}

/** Whether a visitor is known to be a patient, by whichever keys of theirs; undefined: the visitor is nobody's yet. */
export async function isVisitorOf(
  connection: Queryable,
  migration: string,
  { visitor, patient }: { visitor: string; patient: string },
): Promise<boolean | undefined> {
  const { rows } = await connection.query<{ theirs: boolean }>(
    `SELECT o.patient = coalesce((SELECT a.unit FROM unit_alias a WHERE a.migration = $1 AND a.alias = $3), $3) AS theirs
       FROM unit_owner o
      WHERE o.migration = $1 AND o.visitor = coalesce((SELECT a.unit FROM unit_alias a WHERE a.migration = $1 AND a.alias = $2), $2)`,
    [migration, visitor, patient],
  );
  return rows[0]?.theirs;
}

async function holdLinksAlone(connection: Queryable, migration: string): Promise<void> {
  await connection.query(
    `SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)`,
    [String(WAITS), String(PLACING_LIMIT)],
  );
  await connection.query(`SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'links', $1::text), 0))`, [
    migration,
  ]);
}

/** What is linked of these keys, and of those that they stand for. */
async function readLinks(connection: Queryable, migration: string, given: readonly KeyLink[]): Promise<Links> {
  const { rows: aliases } = await connection.query<{ alias: string; unit: string }>(
    `WITH given AS MATERIALIZED (
       SELECT k.key FROM unnest($2::text[]) AS k (key)
        UNION SELECT a.unit FROM unnest($2::text[]) AS k (key) JOIN unit_alias a ON a.migration = $1 AND a.alias = k.key
     )
     SELECT a.alias, a.unit FROM given g JOIN unit_alias a ON a.migration = $1 AND a.alias = g.key
      UNION SELECT a.alias, a.unit FROM given g JOIN unit_alias a ON a.migration = $1 AND a.unit = g.key`,
    [migration, given.flatMap(({ alias, unit }) => [alias, unit])],
  );
  const keys = [...given.flatMap(({ alias, unit }) => [alias, unit]), ...aliases.map(({ unit }) => unit)];
  const { rows: owners } = await connection.query<{ visitor: string; patient: string }>(
    `SELECT o.visitor, o.patient FROM unnest($2::text[]) AS k (key) JOIN unit_owner o ON o.migration = $1 AND o.visitor = k.key
      UNION SELECT o.visitor, o.patient FROM unnest($2::text[]) AS k (key) JOIN unit_owner o ON o.migration = $1 AND o.patient = k.key`,
    [migration, [...new Set(keys)]],
  );
  return {
    aliases: new Map(aliases.map(({ alias, unit }) => [alias, unit])),
    owners: new Map(owners.map(({ visitor, patient }) => [visitor, patient])),
  };
}

/** Links that are new, or lead elsewhere now. Who linked a key stays, whoever links on what it stands for. */
async function writeLinks(
  connection: Queryable,
  { migration, actor, links: given }: LinkRequest,
  before: Links,
  now: Links,
): Promise<void> {
  const kinds = new Map(given.map(({ alias, kind }) => [alias, kind]));
  const aliases = changed(before.aliases, now.aliases);
  await connection.query(
    `INSERT INTO unit_alias AS l (migration, alias, kind, unit, linked_by)
     SELECT $1, a.alias, a.kind, a.unit, $5 FROM unnest($2::text[], $3::text[], $4::text[]) AS a (alias, kind, unit) ORDER BY a.alias
     ON CONFLICT (migration, alias) DO UPDATE SET unit = EXCLUDED.unit`,
    [
      migration,
      aliases.map(([alias]) => alias),
      // Of one that only leads elsewhere, the kind is there.
      aliases.map(([alias]) => kinds.get(alias) ?? ''),
      aliases.map(([, unit]) => unit),
      actor,
    ],
  );
  const owners = changed(before.owners, now.owners);
  await connection.query(
    `INSERT INTO unit_owner AS o (migration, visitor, patient, linked_by)
     SELECT $1, a.visitor, a.patient, $4 FROM unnest($2::text[], $3::text[]) AS a (visitor, patient) ORDER BY a.visitor
     ON CONFLICT (migration, visitor) DO UPDATE SET patient = EXCLUDED.patient`,
    [migration, owners.map(([visitor]) => visitor), owners.map(([, patient]) => patient), actor],
  );
  await connection.query('DELETE FROM unit_owner WHERE migration = $1 AND visitor = ANY ($2)', [
    migration,
    [...before.owners.keys()].filter((visitor) => !now.owners.has(visitor)),
  ]);
}

/** What is matched for each of several keys is matched for one from now on. In the order in which all hold several of these. */
async function matchAnew(connection: Queryable, { migration, links }: LinkRequest): Promise<void> {
  await connection.query(
    `WITH held AS MATERIALIZED (
       SELECT c.kind, c.key FROM correlation c
        WHERE c.migration = $1 AND c.key = ANY (ARRAY(SELECT k FROM unnest($2::text[]) AS g (key) CROSS JOIN LATERAL keys_of_person($1, g.key) k))
        ORDER BY c.kind COLLATE "C", c.key COLLATE "C" FOR UPDATE
     )
     UPDATE correlation c SET due_at = least(c.due_at, clock_timestamp()), events = c.events + 1
       FROM held h WHERE c.migration = $1 AND c.kind = h.kind AND c.key = h.key`,
    [migration, [...new Set(links.flatMap(({ alias, unit }) => [alias, unit]))]],
  );
}

function changed(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): [string, string][] {
  return [...now].filter(([key, to]) => before.get(key) !== to);
}

/** Whose placements are to be brought together: keys that stand for another since now, and visitors who are a patient since now. */
function newlyLinked(
  given: readonly KeyLink[],
  outcomes: readonly LinkOutcome[],
  before: Links,
  links: Links,
): LinkedKeys {
  const linked = given.filter((_, at) => outcomes[at] === 'linked');
  const visitors = [...links.owners.keys()].filter((visitor) => !before.owners.has(visitor));
  return { keys: [...new Set([...linked.map(({ alias }) => alias), ...visitors])], before, links };
}
