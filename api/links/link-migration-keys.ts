import { DomainError } from '../../domain/domain-error';
import { STACKS } from '../access';
import { contradictionQueue } from '../../domain/queues/contradiction-queue';
import { MergeTakesTwo } from '../../domain/crosswalk/crosswalk-failures';
import type { Role } from '../../domain/plan/journey';
import type { KeyLink } from '../../domain/sides/judge-links';
import { mergingLinks } from '../../domain/sides/merging-links';
import { linkOf, type GivenLink } from '../../domain/sides/link-of';
import type { LinkAnswer, LinkResult } from '../../domain/status/key-links';
import type { Database, Queryable } from '../../store/database';
import { readKnownPatients } from '../../store/find-patient';
import { linkKeys } from '../../store/key-links';
import type { LinkedPhase } from '../../store/merge-linked-placements';
import type { MigrationPlan } from '../../store/migration-plans';
import { readRoots } from '../../store/patient-episodes';

/**
 * Links keys of a migration, and says of each what came of it. A person, who has roles and none of a stack's, merges no two patients alone. Answer it only when every process has taken it over.
 * @throws KeyOutsideGrammar, LinksBusy
 */
export async function linkMigrationKeys(
  db: Database,
  migration: MigrationPlan,
  actor: { id: string; verified: boolean; roles?: readonly Role[] },
  given: readonly GivenLink[],
): Promise<LinkAnswer> {
  const read = given.map((link, at) => linkOf(migration.plan, link, `links.${at}`));
  const isPerson = actor.roles !== undefined && !actor.roles.some((role) => STACKS.some((stack) => stack === role));
  const { id, planHash } = migration;
  const answer = await linkKeys(db, {
    ...{ migration: id, planHash, phases: linkedPhases(migration), actor: actor.id, verified: actor.verified },
    links: read.flatMap((link) => (link instanceof DomainError ? [] : [link])),
    ...(isPerson && { refuse: (connection, links) => mergesOf(connection, migration, links) }),
  });
  const linked = answer.results.values();
  const results = read.map((link): LinkResult => {
    if (link instanceof DomainError) return { outcome: 'refused', code: link.code, detail: link.message };
    const { value } = linked.next();
    if (value === undefined) throw new Error('A link was judged, and nothing was said of it.');
    return value;
  });
  return { ...answer, refused: results.filter(({ outcome }) => outcome === 'refused').length, results };
}

/**
 * R46: a stack knows which of its records it merged. A person may be wrong, so that two patients are one takes two: also where it is keys of nobody's
 * between them, in links of the same request, that would make them one.
 */
async function mergesOf(
  connection: Queryable,
  migration: MigrationPlan,
  links: readonly KeyLink[],
): Promise<ReadonlyMap<number, DomainError>> {
  const ofPatients = links.filter(({ kind }) => kind === 'patient').flatMap(({ alias, unit }) => [alias, unit]);
  const rootOf = await readRoots(connection, migration.id, ofPatients);
  const phases = migration.plan.phases.map(({ id }) => id);
  const known = await readKnownPatients(connection, migration.id, phases, ofPatients.map(rootOf));
  return new Map(mergingLinks(links, rootOf, known).map((at) => [at, new MergeTakesTwo()]));
}

/** Every phase of a plan, as far as links are concerned. */
export function linkedPhases(migration: MigrationPlan): LinkedPhase[] {
  return migration.plan.phases.map(({ id, anonymousUnit }) => {
    const queue = contradictionQueue(migration, id);
    if (queue === undefined) throw new Error('A plan has no queue.');
    return { phase: id, takesVisitors: anonymousUnit !== undefined, queue };
  });
}
