import { NothingToChange, NoVendorId, UnknownVendorId } from '../../domain/crosswalk/crosswalk-failures';
import { isVendorId } from '../../domain/crosswalk/vendor-id-grammar';
import { DomainError } from '../../domain/domain-error';
import { KeyOutsideGrammar } from '../../domain/sides/key-grammar';
import { linkOf } from '../../domain/sides/link-of';
import type { CrosswalkSecrets } from '../../platform/crosswalk-secrets';
import type { WantedChange } from '../../store/crosswalk-changes';
import type { Database } from '../../store/database';
import { findVendorId } from '../../store/find-vendor-id';
import type { MigrationPlan } from '../../store/migration-plans';
import { kindOf, patientOf } from './find-in-crosswalk';
import type { ChangeBody } from './requests';

/**
 * What somebody asks for, by the keys that stand for no other.
 * @throws KeyOutsideGrammar, UnknownKey, TestUnitLinked, NothingToChange, NoVendorId, UnknownVendorId, CrosswalkKeyMissing
 */
export async function wantedChange(
  db: Database,
  secrets: CrosswalkSecrets,
  migration: MigrationPlan,
  body: ChangeBody,
): Promise<WantedChange> {
  if ('merge' in body) return wantedMerge(db, migration, body.merge);
  const { unit, ...id } = body.split;
  if (!migration.plan.systems.some((system) => system.id === id.vendor) || !isVendorId(id))
    throw new NoVendorId("'split'");
  const [found] = await findVendorId(db, secrets, { migration: migration.id, ...id });
  if (found === undefined) throw new UnknownVendorId();
  if (found.patient === null) throw new NothingToChange();
  const to = unit === undefined ? null : await knownPatient(db, migration, unit, "'split.unit'");
  if (to === found.patient) throw new NothingToChange();
  return { change: 'split', subject: found.patient, unit: to, vendorId: found.number };
}

async function wantedMerge(
  db: Database,
  migration: MigrationPlan,
  { alias, unit }: { alias: string; unit: string },
): Promise<WantedChange> {
  const link = linkOf(migration.plan, { kind: 'patient', alias, unit }, 'merge');
  if (link instanceof DomainError) throw link;
  const subject = await knownPatient(db, migration, alias, "'merge.alias'");
  const stays = await knownPatient(db, migration, unit, "'merge.unit'");
  if (subject === stays) throw new NothingToChange();
  return { change: 'merge', subject, unit: stays };
}

async function knownPatient(db: Database, migration: MigrationPlan, key: string, where: string): Promise<string> {
  if (kindOf(migration.plan, key, where) !== 'patient') throw new KeyOutsideGrammar(where, migration.plan.keys.patient);
  return patientOf(db, migration, key);
}
