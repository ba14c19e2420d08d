import type { GivenLink } from '../../domain/sides/link-of';
import type { LinkResult } from '../../domain/status/key-links';
import { awaitTakenOver } from '../../store/api-processes';
import type { Database } from '../../store/database';
import type { MigrationPlan } from '../../store/migration-plans';
import { linkMigrationKeys } from '../links/link-migration-keys';

/** A question that carries both keys says that the visitor is the patient. */
const ASKED = { id: 'system:sides', verified: true };

interface Waiting {
  given: GivenLink;
  resolve: (result: LinkResult) => void;
  reject: (error: unknown) => void;
}

/**
 * Links that first questions after a login make, in groups: each link keeps placements waiting, so while one group is being linked, the next collects. A
 * link is told once every process has taken it over: none answers either key by what it remembers from before.
 */
export class VisitorLinks {
  /** By migration of which a group is under way: who waits for the next. */
  private readonly waiting = new Map<string, Waiting[]>();

  constructor(private readonly db: Database) {}

  /** @throws LinksBusy, ProcessesBehind, or the database's own error: then it may or may not be linked */
  async link(migration: MigrationPlan, given: GivenLink): Promise<LinkResult> {
    return new Promise((resolve, reject) => {
      const one = { given, resolve, reject };
      const next = this.waiting.get(migration.id);
      if (next === undefined) void this.linkGroups(migration, [one]);
      else next.push(one);
    });
  }

  private async linkGroups(migration: MigrationPlan, first: readonly Waiting[]): Promise<void> {
    for (let group = first; group.length > 0; group = this.waiting.get(migration.id) ?? []) {
      this.waiting.set(migration.id, []);
      await this.linkGroup(migration, group);
    }
    this.waiting.delete(migration.id);
  }

  private async linkGroup(migration: MigrationPlan, group: readonly Waiting[]): Promise<void> {
    try {
      const links = group.map(({ given }) => given);
      const { linked, results } = await linkMigrationKeys(this.db, migration, ASKED, links);
      if (linked > 0) await awaitTakenOver(this.db);
      for (const [at, { resolve, reject }] of group.entries()) {
        const result = results[at];
        if (result === undefined) reject(new Error('A link was made, and nothing was said of it.'));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
