import { VendorIdLinkedElsewhere } from '../domain/crosswalk/crosswalk-failures';
import type { VendorId } from '../domain/crosswalk/vendor-event';
import type { VendorLinkAnswer } from '../domain/status/crosswalk-answers';
import type { LinkResult } from '../domain/status/key-links';
import type { UnitKind } from '../domain/sides/units';
import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import { appendAudit } from './audit';
import { holdKeys } from './crosswalk-keys';
import type { Database, Queryable } from './database';
import type { MigrationPlan } from './migration-plans';
import { readPatientsOf, readRoots } from './patient-episodes';
import { nameOf, takeVendorIds, type KnownVendorId } from './vendor-ids';
import { writeVendorLinks, type VendorLinkToWrite } from './vendor-links';

/** That somebody says whose an id is. */
export interface VendorLinkRequest {
  id: VendorId;
  unit: string;
  kind: UnitKind;
}

/**
 * Links ids to keys because somebody says so, all in one transaction. An id that is another patient's stays so: two people split it off. What is held that
 * names one of them is due then.
 * @throws CrosswalkKeyMissing
 */
export async function linkVendorIds(
  db: Database,
  secrets: CrosswalkSecrets,
  migration: MigrationPlan,
  actor: { id: string; verified: boolean },
  given: readonly VendorLinkRequest[],
): Promise<VendorLinkAnswer> {
  return db.transaction(async (connection) => {
    const keys = await holdKeys(connection, secrets);
    const of = { migration: migration.id, secrets, keys };
    const ids = await takeVendorIds(
      connection,
      of,
      given.map(({ id }) => id),
    );
    const { results, links } = await judge(connection, migration.id, ids, given);
    await writeVendorLinks(connection, { migration: migration.id, linkedBy: actor.id }, links);
    const count = (outcome: LinkResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
    if (links.length > 0) {
      await appendAudit(connection, {
        ...{ migration: migration.id, planHash: migration.planHash, actor: actor.id, verified: actor.verified },
        action: 'crosswalk.linked',
        // I15: how many. Whose id it is, is in the crosswalk.
        evidence: { linked: count('linked') },
      });
    }
    return { linked: count('linked'), alreadyLinked: count('alreadyLinked'), refused: count('refused'), results };
  });
}

async function judge(
  connection: Queryable,
  migration: string,
  ids: ReadonlyMap<string, KnownVendorId>,
  given: readonly VendorLinkRequest[],
): Promise<{ results: LinkResult[]; links: VendorLinkToWrite[] }> {
  const rootOf = await readRoots(
    connection,
    migration,
    given.map(({ unit }) => unit),
  );
  const known = new Map([...ids].map(([name, id]) => [name, { ...id, links: { ...id.links } }]));
  const patientOf = await readPatientsOf(connection, migration, [
    ...given.map(({ kind, unit }) => ({ kind, key: rootOf(unit) })),
    ...[...known.values()].flatMap(({ links }) =>
      links.episode === undefined ? [] : [{ kind: 'episode' as const, key: links.episode }],
    ),
  ]);
  const links: VendorLinkToWrite[] = [];
  const results = given.map(({ id, kind, unit }): LinkResult => {
    const row = known.get(nameOf(id));
    if (row === undefined) throw new Error('An id was to be linked and was not looked up.');
    const root = rootOf(unit);
    const patient = kind === 'patient' ? root : patientOf(kind, root);
    const whose =
      row.links.patient ?? (row.links.episode === undefined ? undefined : patientOf('episode', row.links.episode));
    const elsewhere =
      (row.links[kind] !== undefined && row.links[kind] !== root) ||
      (patient !== undefined && whose !== undefined && whose !== patient);
    if (elsewhere) {
      const { code, message } = new VendorIdLinkedElsewhere();
      return { outcome: 'refused', code, detail: message };
    }
    if (row.links[kind] === root) return { outcome: 'alreadyLinked' };
    const add = (of: UnitKind, key: string): void => {
      if (row.links[of] !== undefined) return;
      row.links[of] = key;
      links.push({ vendorId: row.number, kind: of, unit: key, because: 'person' });
    };
    add(kind, root);
    if (patient !== undefined) add('patient', patient);
    return { outcome: 'linked', contradicted: false };
  });
  return { results, links };
}
