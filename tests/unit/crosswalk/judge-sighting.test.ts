import fc from 'fast-check';
import { judgeSighting, type SightedId, type VendorLinks } from '../../../domain/crosswalk/judge-sighting';
import type { UnitKeys } from '../../../domain/sides/units';

const CUSTOMER: SightedId = { kind: 'customer', names: 'patient', links: {} };
const ORDER: SightedId = { kind: 'order', names: 'episode', links: {} };
const SUBSCRIPTION: SightedId = { kind: 'subscription', names: 'subscription', links: {} };

const judge = (
  ids: readonly SightedId[],
  more: { stated?: UnitKeys; pairs?: readonly [string, string][]; patients?: Record<string, string> } = {},
) =>
  judgeSighting({
    ids,
    pairs: more.pairs ?? [],
    stated: more.stated ?? {},
    patientOf: (_kind, key) => more.patients?.[key],
  });
const of = (id: SightedId, links: VendorLinks): SightedId => ({ ...id, links });

describe('R46 whose a payload is', () => {
  it('is nobody’s where none of its ids is linked and it carries no key of ours', () => {
    expect(judge([CUSTOMER, ORDER], { pairs: [['customer', 'order']] })).toEqual({ verdict: 'nobodys' });
    expect(judge([])).toEqual({ verdict: 'nobodys' });
  });

  it('links every id of it to the patient whose key it carries, paired or not', () => {
    expect(judge([CUSTOMER, SUBSCRIPTION], { stated: { patient: 'pat_1', subscription: 'sub_1' } })).toEqual({
      verdict: 'linked',
      patient: 'pat_1',
      units: { patient: 'pat_1', subscription: 'sub_1' },
      links: [
        { at: 0, kind: 'patient', unit: 'pat_1', because: 'stated' },
        { at: 1, kind: 'patient', unit: 'pat_1', because: 'stated' },
        { at: 1, kind: 'subscription', unit: 'sub_1', because: 'stated' },
      ],
    });
  });

  it('links an id that it pairs with a linked one, over several pairs, and no other', () => {
    const payload = [of(CUSTOMER, { patient: 'pat_1' }), SUBSCRIPTION, ORDER, { ...CUSTOMER, kind: 'contact' }];
    const pairs: [string, string][] = [
      ['order', 'subscription'],
      ['customer', 'subscription'],
    ];
    expect(judge(payload, { pairs })).toMatchObject({
      verdict: 'linked',
      patient: 'pat_1',
      links: [
        { at: 1, kind: 'patient', unit: 'pat_1', because: 'seenTogether' },
        { at: 2, kind: 'patient', unit: 'pat_1', because: 'seenTogether' },
      ],
    });
  });

  it('knows the patient of the episode that it names', () => {
    const patients = { ep_1: 'pat_1' };
    expect(judge([CUSTOMER], { stated: { episode: 'ep_1' }, patients })).toMatchObject({
      patient: 'pat_1',
      links: [{ at: 0, kind: 'patient', unit: 'pat_1', because: 'stated' }],
    });
    expect(judge([of(ORDER, { episode: 'ep_1' })], { patients })).toMatchObject({ patient: 'pat_1' });
  });

  it('links nothing by a payload that names two patients, whichever way it does', () => {
    const contradiction = { verdict: 'contradiction', of: 'patient', keys: ['pat_1', 'pat_2'] };
    const one = of(CUSTOMER, { patient: 'pat_1' });
    expect(judge([of(SUBSCRIPTION, { patient: 'pat_2' }), one, ORDER])).toEqual(contradiction);
    expect(judge([one], { stated: { patient: 'pat_2' } })).toEqual(contradiction);
    expect(judge([one], { stated: { episode: 'ep_2' }, patients: { ep_2: 'pat_2' } })).toEqual(contradiction);
    expect(judge([], { stated: { patient: 'pat_1', episode: 'ep_2' }, patients: { ep_2: 'pat_2' } })).toEqual(
      contradiction,
    );
  });

  it('links nothing by a payload that names two episodes', () => {
    const ids = [of(ORDER, { patient: 'pat_1', episode: 'ep_2' }), of(ORDER, { episode: 'ep_1' })];
    expect(judge(ids)).toEqual({
      ...{ verdict: 'contradiction', of: 'episode', keys: ['ep_1', 'ep_2'], patient: 'pat_1' },
    });
  });

  it('does not take the episode that a subscription was filed under for one that it names', () => {
    const ids = [of(SUBSCRIPTION, { patient: 'pat_1', episode: 'ep_1' }), of(ORDER, { episode: 'ep_2' })];
    expect(judge(ids, { patients: { ep_1: 'pat_9', ep_2: 'pat_1' } })).toMatchObject({
      verdict: 'linked',
      patient: 'pat_1',
      units: { patient: 'pat_1', episode: 'ep_2' },
    });
  });
});

/** Payloads of ids by their numbers; what each pairs; whose key it carries. */
interface Payload {
  ids: number[];
  paired: boolean;
  stated?: number;
}

/** Takes payloads in until nothing changes: what was nobody's is judged again when one of its ids is linked. */
function takeIn(payloads: readonly Payload[]): { links: Map<number, string>; contradictions: number } {
  const links = new Map<number, string>();
  let waiting = [...payloads];
  let contradictions = 0;
  for (let before = -1; before !== links.size;) {
    before = links.size;
    const still: Payload[] = [];
    for (const payload of waiting) {
      const verdict = judgeSighting({
        ids: payload.ids.map((id) => {
          const patient = links.get(id);
          return { kind: 'any', names: 'patient', links: patient === undefined ? {} : { patient } };
        }),
        pairs: payload.paired ? [['any', 'any']] : [],
        stated: payload.stated === undefined ? {} : { patient: `pat_${payload.stated}` },
        patientOf: () => undefined,
      });
      if (verdict.verdict === 'linked') {
        for (const { at, unit } of verdict.links) {
          const id = payload.ids[at] ?? -1;
          if (links.has(id)) throw new Error('An id was linked twice.');
          links.set(id, unit);
        }
      } else if (verdict.verdict === 'contradiction') contradictions += 1;
      else still.push(payload);
    }
    waiting = still;
  }
  return { links, contradictions };
}

const payloadOf = (paired: fc.Arbitrary<boolean>): fc.Arbitrary<Payload> =>
  fc.record(
    {
      ids: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
      paired,
      stated: fc.integer({ min: 0, max: 2 }),
    },
    { requiredKeys: ['ids', 'paired'] },
  );
const payload = payloadOf(fc.boolean());

/** Payloads, and the same in another order. */
const inTwoOrders = (one: fc.Arbitrary<Payload>): fc.Arbitrary<[Payload[], Payload[]]> =>
  fc.array(one, { maxLength: 12 }).chain((payloads) => {
    const { length } = payloads;
    return fc.tuple(fc.constant(payloads), fc.shuffledSubarray(payloads, { minLength: length, maxLength: length }));
  });
const sorted = ({ links }: ReturnType<typeof takeIn>): [number, string][] => [...links].sort(([a], [b]) => a - b);

describe('R46 linking by payloads, whatever they are', () => {
  it('gives the same links in every order where nothing contradicts', () => {
    let compared = 0;
    fc.assert(
      fc.property(inTwoOrders(payload), ([payloads, shuffled]) => {
        const [one, other] = [takeIn(payloads), takeIn(shuffled)];
        if (one.contradictions + other.contradictions > 0) return;
        compared += one.links.size;
        expect(sorted(other)).toEqual(sorted(one));
      }),
      { numRuns: 3_000 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });

  it('finds in every order that payloads of pairs contradict, so that somebody looks', () => {
    let found = 0;
    fc.assert(
      fc.property(inTwoOrders(payloadOf(fc.constant(true))), ([payloads, shuffled]) => {
        const [one, other] = [takeIn(payloads), takeIn(shuffled)];
        found += one.contradictions;
        expect(other.contradictions > 0).toBe(one.contradictions > 0);
      }),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(100);
  });

  it('never links an id to anybody whom no payload names in a chain of pairs', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 12 }), (payloads) => {
        const { links } = takeIn(payloads);
        const reach = new Map<string, Set<number>>();
        for (const { ids, stated } of payloads) {
          if (stated !== undefined)
            reach.set(`pat_${stated}`, new Set([...(reach.get(`pat_${stated}`) ?? []), ...ids]));
        }
        for (const reached of reach.values()) {
          for (let before = -1; before !== reached.size;) {
            before = reached.size;
            for (const { ids, paired } of payloads)
              if (paired && ids.some((id) => reached.has(id))) for (const id of ids) reached.add(id);
          }
        }
        for (const [id, patient] of links) expect(reach.get(patient)?.has(id)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
