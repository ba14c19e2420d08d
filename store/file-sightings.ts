import { chooseEpisode } from '../domain/crosswalk/choose-episode';
import { judgeSighting, namesUnit, type SightedId, type SightingVerdict } from '../domain/crosswalk/judge-sighting';
import type { UnlinkedBecause } from '../domain/crosswalk/vendor-event';
import { UNIT_KINDS, type UnitKeys, type UnitKind } from '../domain/sides/units';
import { correlatedUnits } from '../domain/handoffs/correlation';
import { compress } from '../domain/time/time-scale';
import { unitsClosedBy } from './close-units';
import type { Queryable } from './database';
import type { EventToStore } from './events';
import type { MigrationPlan } from './migration-plans';
import { readEpisodes, readPatientsOf, readRoots } from './patient-episodes';
import type { SightedEvent } from './unlinked-events';
import type { KnownVendorId } from './vendor-ids';
import type { VendorLinkToWrite } from './vendor-links';

/** What is to become of what a vendor said. */
export type Filing =
  | { file: 'event'; event: EventToStore }
  | { file: 'noted' }
  | { file: 'held'; because: Exclude<UnlinkedBecause, 'contradiction'>; namesUnit?: boolean }
  | { file: 'held'; because: 'contradiction'; contradiction: Contradiction; namesUnit?: undefined };
export type Contradiction = Extract<SightingVerdict, { verdict: 'contradiction' }>;

export interface Filings {
  /** In the order of what was given. */
  filings: Filing[];
  links: VendorLinkToWrite[];
}

/**
 * Finds out whose each of these is, one after the other: what one of them says of ids, the next one knows. Nothing is written.
 * @param known every id that they name, held by this transaction
 */
export async function fileSightings(
  connection: Queryable,
  of: MigrationPlan,
  known: ReadonlyMap<string, KnownVendorId>,
  sighted: readonly SightedEvent[],
): Promise<Filings> {
  const filer = new Filer(connection, of, known);
  const filings: Filing[] = [];
  for (const event of sighted) filings.push(await filer.file(event));
  return { filings, links: filer.links };
}

/** Whose an event is, and which episode of theirs it names; undefined where nothing says so. @param known every id that it names, held by this transaction */
export async function judgeWhose(
  connection: Queryable,
  of: MigrationPlan,
  known: ReadonlyMap<string, KnownVendorId>,
  event: SightedEvent,
): Promise<{ patient: string; episode: string | undefined } | undefined> {
  const { verdict } = await new Filer(connection, of, known).judge(event);
  return verdict.verdict === 'linked' ? { patient: verdict.patient, episode: verdict.units.episode } : undefined;
}

class Filer {
  readonly links: VendorLinkToWrite[] = [];
  private readonly ids: Map<string, KnownVendorId>;
  /** Episodes that an earlier one of these was filed under, by their patients: they may be new. */
  private readonly filed = new Map<string, string>();

  constructor(
    private readonly connection: Queryable,
    private readonly of: MigrationPlan,
    known: ReadonlyMap<string, KnownVendorId>,
  ) {
    this.ids = new Map([...known].map(([number, id]) => [number, { ...id, links: { ...id.links } }]));
  }

  async judge(event: SightedEvent): Promise<{ ids: KnownVendorId[]; stated: UnitKeys; verdict: SightingVerdict }> {
    const ids = event.vendorIds.map((number) => this.idOf(number));
    const stated = await this.rootsOf(event.stated);
    const patientOf = await this.patientsOf(ids, stated);
    return { ids, stated, verdict: judgeSighting({ ids, pairs: event.pairs, stated, patientOf }) };
  }

  async file(event: SightedEvent): Promise<Filing> {
    const { ids, stated, verdict } = await this.judge(event);
    switch (verdict.verdict) {
      case 'contradiction':
        return { file: 'held', because: 'contradiction', contradiction: verdict };
      case 'nobodys':
        if (namesUnit({ ids, stated })) return { file: 'held', because: 'nobodysId', namesUnit: true };
        // One id alone tells nothing of another.
        return event.type === null && ids.length < 2 ? { file: 'noted' } : { file: 'held', because: 'nobodysId' };
      case 'linked':
        for (const { at, ...link } of verdict.links) this.link(event.vendorIds[at], link);
        return event.type === null
          ? { file: 'noted' }
          : this.fileUnderEpisode({ ...event, type: event.type }, verdict.patient, verdict.units);
    }
  }

  private async fileUnderEpisode(
    event: SightedEvent & { type: string },
    patient: string,
    units: UnitKeys,
  ): Promise<Filing> {
    const ids = event.vendorIds.map((number) => ({ number, id: this.idOf(number) }));
    const named = units.episode ?? (await this.filedByPerson(event, patient));
    const chosen = chooseEpisode({
      ...(named !== undefined && { named }),
      ofSubscriptions: ids.flatMap(({ id }) => (id.names === 'subscription' ? (id.links.episode ?? []) : [])),
      ...(named === undefined ? await this.episodesOf(patient) : { open: [], closed: [] }),
    });
    if ('because' in chosen) return { file: 'held', because: chosen.because };
    const { episode } = chosen;
    this.filed.set(episode, patient);
    for (const { number, id } of ids) {
      if (id.links.episode === undefined && (id.names === 'episode' || id.names === 'subscription'))
        this.link(number, { kind: 'episode', unit: episode, because: 'filed' });
    }
    return { file: 'event', event: this.toEvent(event, { ...units, patient, episode }) };
  }

  /** The episode that somebody said it belongs to, as long as that is its patient's: an id may have been split off since. */
  private async filedByPerson({ filedUnder }: SightedEvent, patient: string): Promise<string | undefined> {
    if (filedUnder === undefined || filedUnder === null) return undefined;
    const { episode = filedUnder } = await this.rootsOf({ episode: filedUnder });
    const patientOf = await readPatientsOf(this.connection, this.of.id, [{ kind: 'episode', key: episode }]);
    return patientOf('episode', episode) === patient ? episode : undefined;
  }

  private toEvent(
    { source, id, type, time, sequence, data, contentHash }: SightedEvent & { type: string },
    units: UnitKeys & { patient: string; episode: string },
  ): EventToStore {
    const { id: migration, plan, timeScale, rules } = this.of;
    const event = { source, id, type, time, sequence, data, contentHash, units, migration };
    const named = { ...event, journey: units.episode, subject: units.patient };
    return {
      ...named,
      lateness: compress(plan.lateness, timeScale),
      closes: unitsClosedBy(plan.phases, named),
      correlated: correlatedUnits(rules, named),
    };
  }

  private async episodesOf(patient: string): Promise<{ open: string[]; closed: string[] }> {
    const { id: migration, plan } = this.of;
    const phases = plan.phases.filter(({ unit }) => unit === 'episode').map(({ id }) => id);
    const { open, closed } = await readEpisodes(this.connection, { migration, patient, phases });
    const now = [...this.filed].flatMap(([episode, whose]) => (whose === patient ? [episode] : []));
    return {
      open: [...new Set([...open, ...now.filter((episode) => !closed.includes(episode))])],
      closed: [...closed],
    };
  }

  private async rootsOf(stated: UnitKeys): Promise<UnitKeys> {
    const rootOf = await readRoots(this.connection, this.of.id, Object.values(stated));
    return Object.fromEntries(Object.entries(stated).map(([kind, key]) => [kind, rootOf(key)]));
  }

  private async patientsOf(
    ids: readonly SightedId[],
    stated: UnitKeys,
  ): Promise<(kind: UnitKind, key: string) => string | undefined> {
    const units = UNIT_KINDS.flatMap((kind) =>
      [stated[kind], ...ids.map(({ links }) => links[kind])].flatMap((key) => (key === undefined ? [] : { kind, key })),
    ).filter(({ kind }) => kind === 'episode' || kind === 'visitor');
    const stored = await readPatientsOf(this.connection, this.of.id, units);
    return (kind, key) => (kind === 'episode' ? this.filed.get(key) : undefined) ?? stored(kind, key);
  }

  private idOf(number: string): KnownVendorId {
    const id = this.ids.get(number);
    if (id === undefined) throw new Error('An event names an id of a vendor that was not looked up.');
    return id;
  }

  private link(number: string | undefined, link: Omit<VendorLinkToWrite, 'vendorId'>): void {
    if (number === undefined) return;
    const id = this.idOf(number);
    if (id.links[link.kind] !== undefined) return;
    id.links[link.kind] = link.unit;
    this.links.push({ vendorId: number, ...link });
  }
}
