import { NoVendorId, SeveralKinds, UnknownKey, UnknownVendorId } from '../../domain/crosswalk/crosswalk-failures';
import { isVendorId } from '../../domain/crosswalk/vendor-id-grammar';
import { KeyOutsideGrammar, prefixOf } from '../../domain/sides/key-grammar';
import { UNIT_KINDS, type UnitKind } from '../../domain/sides/units';
import type { FoundPatient } from '../../domain/status/patient-standing';
import type { Plan } from '../../domain/plan/plan-schema';
import type { CrosswalkSecrets } from '../../platform/crosswalk-secrets';
import type { Database } from '../../store/database';
import { findPatient } from '../../store/find-patient';
import { findVendorId } from '../../store/find-vendor-id';
import type { MigrationPlan } from '../../store/migration-plans';
import { readStanding } from '../../store/patient-standing';

/** What somebody looks for: an id of a vendor's, or one of our keys. */
export type Sought = { vendor: string; id: string; kind?: string | undefined } | { key: string };

/**
 * Whom an id of a vendor's, or a key, leads to, and where they stand.
 * @throws NoVendorId, UnknownVendorId, SeveralKinds, KeyOutsideGrammar, UnknownKey, CrosswalkKeyMissing
 */
export async function findInCrosswalk(
  db: Database,
  secrets: CrosswalkSecrets,
  migration: MigrationPlan,
  sought: Sought,
): Promise<FoundPatient> {
  if ('key' in sought) {
    const patient = await patientOf(db, migration, sought.key);
    return { found: [], patient: await readStanding(db, secrets, migration, patient) };
  }
  const { vendor, id, kind } = sought;
  const isOfPlan = migration.plan.systems.some((system) => system.id === vendor);
  if (!isOfPlan || !isVendorId({ vendor, kind: kind ?? 'any', id })) throw new NoVendorId('What you look for');
  const ids = await findVendorId(db, secrets, {
    migration: migration.id,
    vendor,
    id,
    ...(kind !== undefined && { kind }),
  });
  if (ids.length === 0) throw new UnknownVendorId();
  const [patient, ...others] = new Set(ids.flatMap((one) => one.patient ?? []));
  if (others.length > 0) throw new SeveralKinds(ids.map((one) => one.kind));
  return {
    found: ids.map(({ vendor: of, kind: called, names, linkedTo, held }) => ({
      ...{ vendor: of, kind: called, names, linkedTo, held },
    })),
    patient: patient === undefined ? null : await readStanding(db, secrets, migration, patient),
  };
}

/** @throws KeyOutsideGrammar, UnknownKey */
export async function patientOf(db: Database, migration: MigrationPlan, key: string): Promise<string> {
  const patient = await findPatient(db, migration, { kind: kindOf(migration.plan, key, "'key'"), key });
  if (patient === undefined) throw new UnknownKey();
  return patient;
}

/** What a key is one of, by its prefix. @throws KeyOutsideGrammar */
export function kindOf({ keys }: Pick<Plan, 'keys'>, key: string, where: string): UnitKind {
  const prefix = prefixOf(key);
  const kind = prefix === undefined ? undefined : UNIT_KINDS.find((one) => keys[one] === prefix);
  if (kind === undefined) throw new KeyOutsideGrammar(where);
  return kind;
}
