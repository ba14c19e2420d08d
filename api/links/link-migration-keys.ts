import { DomainError } from '../../domain/domain-error';
import { contradictionQueue } from '../../domain/queues/contradiction-queue';
import { linkOf, type GivenLink } from '../../domain/sides/link-of';
import type { LinkAnswer, LinkResult } from '../../domain/status/key-links';
import type { Database } from '../../store/database';
import { linkKeys } from '../../store/key-links';
import type { LinkedPhase } from '../../store/merge-linked-placements';
import type { MigrationPlan } from '../../store/migration-plans';

/**
 * Links keys of a migration, and says of each what came of it. Answer it only when every process has taken it over.
 * @throws KeyOutsideGrammar, LinksBusy
 */
export async function linkMigrationKeys(
  db: Database,
  migration: MigrationPlan,
  actor: { id: string; verified: boolean },
  given: readonly GivenLink[],
): Promise<LinkAnswer> {
  const read = given.map((link, at) => linkOf(migration.plan, link, `links.${at}`));
  const { id, planHash } = migration;
  const answer = await linkKeys(db, {
    ...{ migration: id, planHash, phases: linkedPhases(migration), actor: actor.id, verified: actor.verified },
    links: read.flatMap((link) => (link instanceof DomainError ? [] : [link])),
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

function linkedPhases(migration: MigrationPlan): LinkedPhase[] {
  return migration.plan.phases.map(({ id, anonymousUnit }) => {
    const queue = contradictionQueue(migration, id);
    if (queue === undefined) throw new Error('A plan has no queue.');
    return { phase: id, takesVisitors: anonymousUnit !== undefined, queue };
  });
}
