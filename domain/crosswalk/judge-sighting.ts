import type { UnitKeys, UnitKind } from '../sides/units';

/** Our keys that a vendor's id is linked to, by their kind: the patient whose it is, and the unit of theirs that it names. */
export type VendorLinks = Partial<Record<UnitKind, string>>;

/** An id of a payload, and what it is linked to. */
export interface SightedId {
  kind: string;
  names: UnitKind;
  links: VendorLinks;
  /** Patients whom two people took it from: it is never theirs again merely because it is seen beside what is theirs. */
  apartFrom?: readonly string[];
}

/** Ids that one signed payload names as one patient's. Every key in it stands for no other. */
export interface Sighting {
  ids: readonly SightedId[];
  pairs: readonly (readonly [kind: string, kind: string])[];
  /** Our own keys that the payload carries. */
  stated: UnitKeys;
  /** The patient of a unit of theirs, where it is known otherwise: of an episode by its events, of a visitor by their link. */
  patientOf: (kind: UnitKind, key: string) => string | undefined;
}

/**
 * - `stated`: the payload carries our key.
 * - `seenTogether`: the payload pairs it with an id that was linked.
 * - `filed`: the payload's event was filed under that episode.
 * - `person`: somebody said so.
 */
export const LINKED_BECAUSE = ['stated', 'seenTogether', 'filed', 'person'] as const;
export type LinkedBecause = (typeof LINKED_BECAUSE)[number];

/** That an id, by its place in the sighting, is linked since. */
export interface NewVendorLink {
  at: number;
  kind: UnitKind;
  unit: string;
  because: LinkedBecause;
}

export type SightingVerdict =
  | { verdict: 'linked'; patient: string; units: UnitKeys; links: readonly NewVendorLink[] }
  /** Nothing says whose it is. */
  | { verdict: 'nobodys' }
  /** It names two patients, or two episodes, or a patient (twice in `keys`) with an id that was taken from them; nothing is linked by it. By name, so that it is told alike whichever came first. */
  | {
      verdict: 'contradiction';
      of: 'patient' | 'episode';
      keys: readonly [string, string];
      /** Whose it is, where that is not what is contradicted. */
      patient?: string;
    };

/**
 * Whose a payload is, and which of its ids are linked by it: all of them where it carries our key; else each that it pairs, over however many of its
 * pairs, with one that is linked. Never by anything that was not signed, and never by a contact detail, which is no id.
 *
 * Without contradictions it is the same whatever the order in which payloads come, as long as those that are nobody's are judged again when one of
 * their ids is linked. With one, whatever was linked first stays; the rest waits for people.
 */
export function judgeSighting(sighting: Sighting): SightingVerdict {
  const { ids, stated, patientOf } = sighting;
  const patients = new Set([
    ...patientsOf(stated, patientOf),
    ...ids.flatMap(({ links, names }) => patientsOf(linksOf(links, names), patientOf)),
  ]);
  const [patient] = patients;
  const twoPatients = twoOf(patients);
  if (twoPatients !== undefined) return { verdict: 'contradiction', of: 'patient', keys: twoPatients };
  const twoEpisodes = twoOf(episodesOf(sighting));
  if (twoEpisodes !== undefined) {
    return { verdict: 'contradiction', of: 'episode', keys: twoEpisodes, ...(patient !== undefined && { patient }) };
  }
  if (patient === undefined) return { verdict: 'nobodys' };
  const units: UnitKeys = { ...unitsOf(ids), ...stated, patient };
  const isStated = patientsOf(stated, patientOf).length > 0;
  const spokenFor = isStated ? new Set<number>() : connected(sighting);
  const isTakenFrom = ids.some(
    ({ links: known, apartFrom }, at) =>
      known.patient === undefined && spokenFor.has(at) && apartFrom?.includes(patient) === true,
  );
  if (isTakenFrom) return { verdict: 'contradiction', of: 'patient', keys: [patient, patient] };
  const links = ids.flatMap(({ names, links: known }, at): NewVendorLink[] => {
    const because = isStated ? 'stated' : 'seenTogether';
    const own = names === 'patient' ? undefined : stated[names];
    return [
      ...(known.patient === undefined && (isStated || spokenFor.has(at))
        ? [{ at, kind: 'patient' as const, unit: patient, because } as const]
        : []),
      ...(own !== undefined && known[names] === undefined
        ? [{ at, kind: names, unit: own, because: 'stated' } as const]
        : []),
    ];
  });
  return { verdict: 'linked', patient, units, links };
}

/** Whether it names an episode or a visitor of ours, of whom it may be known later whose they are. */
export function namesUnit({ ids, stated }: Pick<Sighting, 'ids' | 'stated'>): boolean {
  return [stated, ...ids.map(({ links, names }) => linksOf(links, names))].some(
    ({ episode, visitor }) => episode !== undefined || visitor !== undefined,
  );
}

/** A subscription's id goes with the episode that it was first filed under; it does not name that one. */
function linksOf(links: VendorLinks, names: UnitKind): VendorLinks {
  const { episode, ...others } = links;
  return names === 'episode' && episode !== undefined ? { ...others, episode } : others;
}

function patientsOf(keys: VendorLinks, patientOf: Sighting['patientOf']): string[] {
  const of = (kind: UnitKind, key: string | undefined): string[] => {
    const patient = key === undefined ? undefined : patientOf(kind, key);
    return patient === undefined ? [] : [patient];
  };
  return [
    ...(keys.patient === undefined ? [] : [keys.patient]),
    ...of('episode', keys.episode),
    ...of('visitor', keys.visitor),
  ];
}

function episodesOf({ ids, stated }: Sighting): Set<string> {
  const named = ids.flatMap(({ names, links }) => (names === 'episode' ? [links.episode] : []));
  return new Set([stated.episode, ...named].filter((key) => key !== undefined));
}

function twoOf(keys: ReadonlySet<string>): [string, string] | undefined {
  const [one, other] = [...keys].sort();
  return one === undefined || other === undefined ? undefined : [one, other];
}

/** The units that the ids name, where all of a kind name the same one. */
function unitsOf(ids: readonly SightedId[]): UnitKeys {
  const units: UnitKeys = {};
  const several = new Set<UnitKind>();
  for (const { names, links } of ids) {
    const unit = links[names];
    if (unit === undefined) continue;
    if (units[names] !== undefined && units[names] !== unit) several.add(names);
    units[names] = unit;
  }
  for (const kind of several) Reflect.deleteProperty(units, kind);
  return units;
}

/** The places of all ids that a chain of pairs leads to from one whose patient is known. */
function connected({ ids, pairs, patientOf }: Sighting): Set<number> {
  const reached = new Set<number>();
  const next = ids.flatMap(({ links, names }, at) =>
    patientsOf(linksOf(links, names), patientOf).length > 0 ? [at] : [],
  );
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    const kind = ids[at]?.kind;
    const others = pairs.flatMap(([one, other]) => (one === kind ? [other] : other === kind ? [one] : []));
    for (const [index, id] of ids.entries()) if (others.includes(id.kind)) next.push(index);
  }
  return reached;
}
