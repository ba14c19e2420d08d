import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDuration } from '../../../domain/time/duration';
import { KIND_DECLARATIONS } from '../../../domain/journey-kinds/kind-declarations';
import { JOURNEY_KINDS } from '../../../domain/plan/journey';
import { loadPlan } from '../../../domain/plan/load-plan';
import { prefixOf } from '../../../domain/sides/key-grammar';
import { ATTRIBUTE_NAMES, PATIENT_ATTRIBUTES } from '../../../sandbox/journey/attributes';
import { BoundedMemory } from '../../../sandbox/journey/bounded-memory';
import { HAPPENS_AFTER, REFUNDED_AFTER, SETTLED_AFTER, type Habit } from '../../../sandbox/journey/habits';
import { readVisitCookie, visitCookie, type JourneyCase } from '../../../sandbox/journey/journey-case';
import { JOURNEY_EVENTS, sourceOf } from '../../../sandbox/journey/journey-events';
import { patientProfile, type PatientMix } from '../../../sandbox/journey/patient-profile';
import { SideDesk } from '../../../sandbox/journey/side-desk';
import type { SideQuestion } from '../../../sandbox/patients/ask-side';
import type { JourneyCounts } from '../../../sandbox/runs/run-state';
import { runRequestSchema } from '../../../sandbox/control/control-contract';
import { Faults, faultSchema } from '../../../sandbox/stacks/fault';

const PREFIXES = { visitor: 'vis', episode: 'ep', subscription: 'sub', patient: 'pat' };
const handoffs = JOURNEY_KINDS.flatMap((kind) => KIND_DECLARATIONS[kind].handoffs);

function profiles(count: number, changed: { seed?: string; mix?: PatientMix } = {}): JourneyCase[] {
  const options = { migration: 'm', seed: 'a seed', prefixes: PREFIXES, mix: {}, ...changed };
  return Array.from({ length: count }, (_, index) => patientProfile(index + 1, options));
}

describe('what the stacks do by themselves', () => {
  it.each(handoffs.map(({ id, end, within }) => ({ id, end, within })))(
    'takes at most half of the default deadline of $id, whatever the seed',
    ({ end, within }) => {
      const deadline = parseDuration(within) ?? 0;
      for (const type of end) {
        const habit: Habit =
          type === 'payment.refunded' ? REFUNDED_AFTER.declined : HAPPENS_AFTER[type as keyof typeof HAPPENS_AFTER];
        expect(habit[0]).toBeLessThan(habit[1]);
        expect(habit[1]).toBeLessThanOrEqual(deadline / 2);
      }
    },
  );

  it('leaves what a payment leads to until it is settled, and what calls it off before that', () => {
    for (const type of ['message.delivered', 'review.assigned'] as const) {
      expect(HAPPENS_AFTER[type][0]).toBeGreaterThan(SETTLED_AFTER[1]);
    }
  });

  it('is said in the vocabulary that the kinds of phases declare, and in their codes', () => {
    for (const { type, data } of JOURNEY_KINDS.flatMap((kind) => KIND_DECLARATIONS[kind].events)) {
      expect(Object.keys(JOURNEY_EVENTS)).toContain(type);
      const said: Record<string, readonly string[]> = JOURNEY_EVENTS[type as keyof typeof JOURNEY_EVENTS].data;
      for (const [name, codes] of Object.entries(said)) {
        const field = data?.[name];
        if (field === undefined && !(name in PATIENT_ATTRIBUTES)) continue;
        // Besides its own fields an event may carry the plan's attributes.
        if (field === undefined) expect(codes).toEqual(PATIENT_ATTRIBUTES[name as 'state']);
        else expect(codes).toEqual('codes' in field ? field.codes : PATIENT_ATTRIBUTES[field.codesOf as 'state']);
      }
    }
  });

  it('is what the example’s plan declares, each field in its codes: what support files a ticket under, which sender a STOP reached', () => {
    const { plan } = loadPlan(readFileSync(join(__dirname, '..', '..', '..', 'examples', 'telehealth.yaml'), 'utf8'));
    for (const [type, { data }] of Object.entries(JOURNEY_EVENTS)) {
      const declared = plan.events.find((event) => event.type === type);
      expect([type, declared === undefined]).toEqual([type, false]);
      for (const [name, codes] of Object.entries<readonly string[]>(data)) {
        expect(declared?.data[name]?.codes).toEqual(expect.arrayContaining([...codes]));
      }
      for (const [name, { required }] of Object.entries(declared?.data ?? {})) {
        if (required) expect([type, ...Object.keys(data)]).toContain(name);
      }
    }
  });

  it('comes from a source of each system and side, where legacy routes by its CRM', () => {
    expect([sourceOf('legacy', 'routing'), sourceOf('target', 'routing'), sourceOf('legacy', 'portal')]).toEqual([
      '/legacy/crm',
      '/target/routing',
      '/legacy/portal',
    ]);
  });
});

describe('patients of the whole journey', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(profiles(100)).toEqual(profiles(100));
    const keys = new Set([...profiles(100), ...profiles(100, { seed: 'other' })].map(({ journey }) => journey));
    expect(keys.size).toBe(200);
  });

  it('have keys of the plan’s prefixes; a subscriber comes without having been a visitor', () => {
    for (const { patient, journey, visitor, subscription, attributes } of profiles(200)) {
      expect([patient, journey, subscription ?? ''].map(prefixOf)).toEqual(['pat', 'ep', 'sub']);
      expect(visitor === undefined ? undefined : prefixOf(visitor)).toBe(
        attributes.relation === 'existing' ? undefined : 'vis',
      );
    }
  });

  it('come in the usual mix of a company, or in the one that is asked for', () => {
    const share = (who: JourneyCase[], name: keyof typeof PATIENT_ATTRIBUTES, value: string): number =>
      who.filter(({ attributes }) => attributes[name] === value).length / who.length;
    const usual = profiles(4_000);
    // Binomial(4,000, 0.35): standard deviation 0.75%; four of them.
    expect(Math.abs(share(usual, 'relation', 'existing') - 0.35)).toBeLessThan(0.03);
    const existing = usual.filter(({ attributes }) => attributes.relation === 'existing');
    expect(Math.abs(share(existing, 'program', 'weight') - 0.65)).toBeLessThan(0.06);
    const asked = profiles(4_000, { mix: { state: { WA: 3, NY: 1 }, relation: { new: 1 } } });
    expect(Math.abs(share(asked, 'state', 'WA') - 0.75)).toBeLessThan(0.03);
    expect(share(asked, 'state', 'WA') + share(asked, 'state', 'NY')).toBe(1);
    expect(share(asked, 'relation', 'new')).toBe(1);
    for (const name of ATTRIBUTE_NAMES) {
      for (const value of PATIENT_ATTRIBUTES[name]) expect(share(usual, name, value)).toBeGreaterThan(0);
    }
  });

  it('are known to a page by a cookie that only a whole case makes', () => {
    const [who] = profiles(1);
    if (who === undefined) throw new Error('Nobody came.');
    expect(readVisitCookie(`theme=dark; ${visitCookie(who)}`)).toEqual(who);
    expect(readVisitCookie(undefined)).toBeUndefined();
    expect(readVisitCookie('visit=bm90aGluZw')).toBeUndefined();
    expect(readVisitCookie(`revisit=${visitCookie(who).slice(6)}`)).toBeUndefined();
  });
});

describe('the desk that tells sides', () => {
  const signal = new AbortController().signal;
  function desk(answers: ('legacy' | 'target' | undefined)[]): {
    desk: SideDesk;
    asked: SideQuestion[];
    counts: JourneyCounts;
  } {
    const asked: SideQuestion[] = [];
    const counts: JourneyCounts = { phases: { intake: 'in', payment: 'pay' }, told: {}, cohorts: [], bridges: {} };
    const ask = (question: SideQuestion): Promise<'legacy' | 'target' | undefined> => {
      asked.push(question);
      return Promise.resolve(answers.shift());
    };
    return { desk: new SideDesk({ phases: counts.phases, ask, counts, onTold: () => undefined }), asked, counts };
  }
  const [who, other] = profiles(2, { mix: { relation: { new: 1 } } }) as [JourneyCase, JourneyCase];

  it('asks once for each person and phase, with every key that is known, and counts it once', async () => {
    const { desk: told, asked, counts } = desk(['target', 'legacy', 'legacy']);
    const answers = await Promise.all([
      told.tell('payment', who, signal),
      told.tell('payment', who, signal),
      told.tellStack('payment', who, signal),
      told.tell('payment', other, signal),
      told.tell('intake', who, signal),
    ]);
    expect(answers).toEqual(['target', 'target', 'target', 'legacy', 'legacy']);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toEqual({
      migration: 'm',
      phase: 'pay',
      unit: who.subscription,
      journey: who.journey,
      attributes: {
        ...who.attributes,
        visitor: who.visitor,
        episode: who.journey,
        subscription: who.subscription,
        patient: who.patient,
      },
    });
    expect(counts.told).toEqual({
      pay: { legacy: 1, target: 1, noSide: 0 },
      in: { legacy: 1, target: 0, noSide: 0 },
    });
    expect(counts.cohorts.reduce((sum, { legacy, target }) => sum + legacy + target, 0)).toBe(3);
  });

  it('asks nobody about a part that no phase moves: it is on legacy', async () => {
    const { desk: told, asked } = desk([]);
    expect(await told.tell('portalRefills', who, signal)).toBe('legacy');
    expect(asked).toEqual([]);
  });

  it('lets a person leave without a side, and a stack wait until there is one', async () => {
    const { desk: told, counts } = desk([undefined, undefined, undefined, 'target']);
    expect(await told.tell('payment', who, signal)).toBeUndefined();
    expect(counts.told['pay']).toEqual({ legacy: 0, target: 0, noSide: 1 });
    expect(await told.tellStack('payment', other, signal)).toBe('target');
    expect(counts.told['pay']).toEqual({ legacy: 0, target: 1, noSide: 1 });
  });
});

describe('faults of the journey', () => {
  const [who] = profiles(1) as [JourneyCase];
  const event = { type: 'review.assigned', migration: 'm', lane: 'bridge' as const, attributes: who.attributes };
  function faults(...all: unknown[]): Faults {
    const kept = new Faults();
    kept.replace(all.map((fault) => faultSchema.parse(fault)));
    return kept;
  }

  it('touch one lane only, where they say so', () => {
    const drop = { kind: 'drop', side: 'legacy', eventTypes: ['review.assigned'] };
    expect(faults({ ...drop, lane: 'bridge' }).drops('legacy', event)).toBe(true);
    expect(faults({ ...drop, lane: 'direct' }).drops('legacy', event)).toBe(false);
    expect(faults({ ...drop, lane: 'bridge' }).drops('legacy', { type: event.type, migration: 'm' })).toBe(false);
  });

  it('touch some patients only, where they say so: one value of each attribute named', () => {
    const { program, state } = who.attributes;
    const slow = { kind: 'slow', side: 'legacy', by: '1h' };
    const [elsewhere] = PATIENT_ATTRIBUTES.state.filter((each) => each !== state);
    expect(faults({ ...slow, where: { program: [program] } }).delay('legacy', event)).toBe(3_600_000);
    expect(faults({ ...slow, where: { program: [program], state: [elsewhere] } }).delay('legacy', event)).toBe(0);
    expect(faults({ ...slow, where: { state: [elsewhere, state] } }).delay('legacy', event)).toBe(3_600_000);
  });

  it.each([
    { kind: 'page', side: 'target', answers: 'status', status: 200 },
    { kind: 'page', side: 'target', answers: 'nothing' },
    { kind: 'drop', side: 'target', eventTypes: ['a'], lane: 'legacy→legacy' },
    { kind: 'drop', side: 'target', eventTypes: ['a'], where: { postcode: ['1'] } },
  ])('that make no sense are refused (%j)', (fault) => {
    expect(faultSchema.safeParse(fault).success).toBe(false);
  });
});

it('a mix that would let nobody in is refused', () => {
  const order = {
    kind: 'journey',
    migration: 'm',
    timeScale: 600,
    phases: {},
    visitorsPerHour: 1,
    prefixes: { patient: 'pat', episode: 'ep' },
  };
  expect(runRequestSchema.safeParse(order).success).toBe(true);
  expect(runRequestSchema.safeParse({ ...order, mix: { state: { CA: 0 } } }).success).toBe(false);
  expect(runRequestSchema.safeParse({ ...order, mix: { state: { OH: 1 } } }).success).toBe(false);
});

it('a bounded memory forgets the oldest first, and keeps what it made', () => {
  const memory = new BoundedMemory<number>(2);
  expect([memory.once('a', () => 1), memory.once('a', () => 9), memory.once('b', () => 2)]).toEqual([1, 1, 2]);
  memory.set('c', 3);
  expect([memory.get('a'), memory.get('b'), memory.get('c')]).toEqual([undefined, 2, 3]);
});
