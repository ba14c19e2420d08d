import type { DomainError } from '../domain-error';
import { LinkCycle, LinkedElsewhere, LinkToItself, VisitorsOfTwoPatients } from './link-failures';
import type { UnitKind } from './units';

/** That two keys are one person's. */
export interface KeyLink {
  /** Of the alias. */
  kind: UnitKind;
  /** The key that stands for the other from now on. */
  alias: string;
  /** The key that stays: of the same kind, or the patient's where the alias is a visitor's. */
  unit: string;
  unitKind: UnitKind;
}

/** What is linked. */
export interface Links {
  /** Of each key that stands for another of its kind, that one, which stands for none itself. */
  aliases: ReadonlyMap<string, string>;
  /** Of each visitor that is known to be a patient, the patient; by keys that stand for no other. */
  owners: ReadonlyMap<string, string>;
}

export type LinkOutcome = 'linked' | 'alreadyLinked' | DomainError;

/** The key that a key stands for: itself where it stands for none. */
export function rootOf({ aliases }: Pick<Links, 'aliases'>, key: string): string {
  return aliases.get(key) ?? key;
}

/**
 * What comes of linking, one after the other, and what is linked then. Linking again what is linked changes nothing, also where the unit has been
 * linked on since. A key that stands for another is never linked to a third one. Chains stay flat: whoever stood for an alias stands for its unit.
 * @param known all links of the keys that are given, and of the keys that those stand for
 */
export function judgeLinks(known: Links, given: readonly KeyLink[]): { outcomes: LinkOutcome[]; links: Links } {
  const links = { aliases: new Map(known.aliases), owners: new Map(known.owners) };
  const outcomes = given.map((link) =>
    link.kind === link.unitKind ? linkAlias(links, link) : linkVisitor(links, link),
  );
  return { outcomes, links };
}

interface ChangingLinks {
  aliases: Map<string, string>;
  owners: Map<string, string>;
}

function linkAlias(links: ChangingLinks, { kind, alias, unit }: KeyLink): LinkOutcome {
  if (alias === unit) return new LinkToItself();
  const root = rootOf(links, unit);
  const before = links.aliases.get(alias);
  if (before !== undefined) return before === root ? 'alreadyLinked' : new LinkedElsewhere();
  if (root === alias) return new LinkCycle();
  if (kind === 'visitor' && !moveOwner(links, alias, root)) return new VisitorsOfTwoPatients();
  for (const [visitor, patient] of links.owners) if (patient === alias) links.owners.set(visitor, root);
  for (const [key, standsFor] of links.aliases) if (standsFor === alias) links.aliases.set(key, root);
  links.aliases.set(alias, root);
  return 'linked';
}

/** Whose the one visitor is, the other is. False where they are two patients'. */
function moveOwner({ owners }: ChangingLinks, from: string, to: string): boolean {
  const owner = owners.get(from);
  if (owner === undefined) return true;
  const other = owners.get(to);
  if (other !== undefined && other !== owner) return false;
  owners.delete(from);
  owners.set(to, owner);
  return true;
}

function linkVisitor(links: ChangingLinks, { alias, unit }: KeyLink): LinkOutcome {
  const visitor = rootOf(links, alias);
  const patient = rootOf(links, unit);
  const before = links.owners.get(visitor);
  if (before !== undefined) return before === patient ? 'alreadyLinked' : new LinkedElsewhere();
  links.owners.set(visitor, patient);
  return 'linked';
}
