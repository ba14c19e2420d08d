import type { VendorEvent, VendorEventOutcome } from '../domain/crosswalk/vendor-event';
import { contentHash } from '../domain/events/content-hash';
import type { EventRefusal } from '../domain/events/event-refusal';
import type { HookRefusal } from '../domain/hooks/hook-refusal';
import type { Translated } from '../domain/hooks/hook-translator';
import { sha256 } from '../domain/hooks/item-parts';
import type { HookResult } from '../domain/status/hook-tallies';
import type { Queryable } from './database';
import { keepHookRefusals, type HookRefusalToKeep } from './hook-refusals';
import { tallyHook, type HookNote } from './hook-tallies';
import { knownEventIds } from './refuse-too-old';
import { receiveVendorEvents, type VendorReception } from './vendor-events';

/** What became of one thing that a delivery reported. */
export interface HookOutcome {
  became: HookResult;
  refusal?: HookRefusal | EventRefusal;
}

export interface HookReception extends Omit<VendorReception, 'also'> {
  hook: string;
  /** CloudEvents `source` of the hook's system. */
  source: string;
  /** Any whole number from 0: deliveries with different ones count apart. */
  shard: number;
}

/** Of several events of one item, what counts for it. */
const PRECEDENCE: readonly HookResult[] = ['refused', 'held', 'stored', 'duplicate', 'noted'];

const REUSED: EventRefusal = {
  code: 'event-id-reused',
  message: 'Another event of this source has this id, and this one contradicts itself. Look at both with the vendor.',
};

/**
 * Takes in a verified delivery, all in one transaction: its events, what is counted of it, and hashes and codes of what is refused. What it answers is
 * committed; sent again it changes nothing but counts.
 *
 * @returns in the order of the items
 */
export async function receiveHook(
  { hook, source, shard, ...reception }: HookReception,
  items: readonly Translated[],
): Promise<HookOutcome[]> {
  const events = items.flatMap((item) => (item.became === 'events' ? item.events : []));
  const migration = reception.migration.id;
  let outcomes: HookOutcome[] = [];
  const also = async (connection: Queryable, became: readonly VendorEventOutcome[]): Promise<void> => {
    const refused = items.flatMap((item) =>
      item.became === 'refused' && item.event !== undefined ? [{ source, id: item.event.id }] : [],
    );
    const isKnown = await knownEventIds(connection, migration, refused);
    outcomes = outcomesOf(items, became, (id) => isKnown({ source, id }));
    await keepHookRefusals(connection, { migration, hook }, refusalsOf(source, items, outcomes));
    await tallyHook(
      connection,
      { migration, hook, shard },
      items.map((item, at) => noteOf(item, outcomes[at])),
    );
  };
  await receiveVendorEvents({ ...reception, also }, events);
  return outcomes;
}

function outcomesOf(
  items: readonly Translated[],
  became: readonly VendorEventOutcome[],
  isKnown: (id: string) => boolean,
): HookOutcome[] {
  let at = 0;
  return items.map((item): HookOutcome => {
    switch (item.became) {
      case 'unknown':
      case 'unmet':
        return { became: item.became };
      case 'refused':
        return {
          became: 'refused',
          refusal: item.event !== undefined && isKnown(item.event.id) ? REUSED : item.refusal,
        };
      case 'events': {
        const own = became.slice(at, (at += item.events.length));
        const counts = PRECEDENCE.find((result) => own.some((one) => one.became === result)) ?? 'noted';
        const refused = own.find((one) => one.became === 'refused');
        return { became: counts, ...(refused !== undefined && { refusal: refused.refusal }) };
      }
    }
  });
}

function refusalsOf(
  source: string,
  items: readonly Translated[],
  outcomes: readonly HookOutcome[],
): HookRefusalToKeep[] {
  return items.flatMap((item, at): HookRefusalToKeep[] => {
    const code = outcomes[at]?.refusal?.code;
    if (code === undefined) return [];
    const { type } = item;
    const kept =
      item.became === 'refused' ? item.event && [item.event] : item.became === 'events' ? item.events : undefined;
    return (kept ?? []).map((event: Pick<VendorEvent, 'id' | 'data'>) => ({
      eventHash: sha256(`${source}\u0000${event.id}`),
      contentHash: contentHash({ type, data: event.data }),
      ...{ code, type: type ?? '', data: event.data },
    }));
  });
}

function noteOf({ type }: Translated, outcome: HookOutcome | undefined): HookNote {
  return { type: type ?? '', result: outcome?.became ?? 'noted', code: outcome?.refusal?.code ?? '' };
}
