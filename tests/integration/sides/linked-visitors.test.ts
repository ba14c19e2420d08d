import type { Side } from '../../../domain/sides/side';
import type { UnitKind } from '../../../domain/sides/units';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import type { JourneyLink } from '../../../store/earlier-units';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { linkPairs, newKey } from './link-keys';
import { placeUnit } from './place-unit';
import { startMigration } from './started-migration';

const LEASE = 60_000;
const COHORT = 'everyone';

describe('a visitor who is linked to a patient', () => {
  let database: TestDatabase;
  let db: Database;
  let migration: string;
  let started = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ db } = database);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    migration = await startMigration(db, { id: `visitors-${(started += 1)}` });
    for (const phase of ['landing', 'portal']) {
      await createSplit(db, { migration, phase, cohort: COHORT, lease: LEASE });
      await shift(phase, 100_000);
    }
  });

  const shift = async (phase: string, share: number): Promise<void> => {
    const key = { migration, phase, cohort: COHORT };
    await changeSplit(db, {
      ...{ ...key, expectedEpoch: (await readSplit(db, key))?.epoch ?? 0, share, perDay: null, maxOpen: null },
      ...{ mode: 'open', lease: LEASE, cause: share === 0 ? 'lowered' : 'raised' },
    });
  };
  /** A visitor who has that side where visitors land. */
  const visitorOn = async (side: Side): Promise<string> => {
    await shift('landing', side === 'target' ? 100_000 : 0);
    const visitor = newKey('visitor');
    const placed = await placeUnit(db, { migration, phase: 'landing', cohort: COHORT, unit: visitor });
    expect(placed.side).toBe(side);
    return visitor;
  };
  const link = (kind: UnitKind, ...pairs: (readonly [string, string])[]) =>
    linkPairs(
      db,
      { migration, phases: [{ phase: 'landing' }, { phase: 'portal' }], kind, unitKind: 'patient' },
      ...pairs,
    );
  /** Asks for a patient without the visitor's key. */
  const askPortal = (unit: string, journey: JourneyLink = { kind: 'patient', unit }) =>
    placeUnit(db, {
      ...{ migration, phase: 'portal', cohort: COHORT, unit, link: journey },
      earlier: [{ phase: 'landing', kind: 'visitor', unit: undefined }],
    });
  const tell = (journey: string, patient: string, visitor?: string) =>
    storeEvents(db, [
      {
        ...{ migration, type: 'intake.started', journey, subject: patient, source: '/site', id: `started-${journey}` },
        units: { episode: journey, patient, ...(visitor !== undefined && { visitor }) },
        ...{ time: Date.now(), sequence: 0, data: {}, contentHash: 'hash', lateness: 60_000 },
      },
    ]);

  it.each([
    ['legacy', 'legacy', 'previousPhase'],
    ['target', 'target', 'inShare'],
  ] as const)('I14 on %s before goes to %s by the patient’s key alone', async (before, after, reason) => {
    const visitor = await visitorOn(before);
    const patient = newKey('patient');
    expect(await link('visitor', [visitor, patient])).toMatchObject({ linked: 1 });
    expect(await askPortal(patient)).toMatchObject({ side: after, reason });
    // The visitor keeps a row of its own: it is no patient in a phase of visitors.
    expect(await placeUnit(db, { migration, phase: 'landing', cohort: COHORT, unit: visitor })).toMatchObject({
      ...{ side: before, reason: 'placedBefore' },
    });
  });

  it('I14 is found by rotated keys of either, whichever was linked first', async () => {
    const [a, b] = [await visitorOn('legacy'), await visitorOn('legacy')];
    const [patient, rotated, visitorNow] = [newKey('patient'), newKey('patient'), newKey('visitor')];
    await link('visitor', [a, patient]);
    await link('patient', [patient, rotated]);
    expect(await askPortal(rotated)).toMatchObject({ side: 'legacy', reason: 'previousPhase' });
    const [second, secondNow] = [newKey('patient'), newKey('patient')];
    await linkPairs(db, { migration, phases: [{ phase: 'landing' }], kind: 'visitor' }, [b, visitorNow]);
    await link('visitor', [b, second]);
    await link('patient', [second, secondNow]);
    expect(await askPortal(second)).toMatchObject({ side: 'legacy', reason: 'previousPhase' });
  });

  it('I14 holds the patient back by a key that stands for their visitor, and kept another side', async () => {
    const [old, now] = [await visitorOn('legacy'), await visitorOn('target')];
    const patient = newKey('patient');
    const rotated = await linkPairs(db, { migration, phases: [{ phase: 'landing' }], kind: 'visitor' }, [old, now]);
    expect(rotated).toMatchObject({ contradicted: 1 });
    await link('visitor', [now, patient]);
    const { side, reason } = await placeUnit(db, {
      ...{ migration, phase: 'portal', cohort: COHORT, unit: newKey('patient') },
      earlier: [{ phase: 'landing', kind: 'patient', unit: patient }],
    });
    expect({ side, reason }).toEqual({ side: 'legacy', reason: 'previousPhase' });
  });

  it('I14 holds the patient back by any of their visitors, where the question names no episode', async () => {
    const [one, other] = [await visitorOn('target'), await visitorOn('legacy')];
    const patient = newKey('patient');
    await link('visitor', [one, patient], [other, patient]);
    await tell(newKey('episode'), patient, one);
    expect(await askPortal(patient)).toMatchObject({ side: 'legacy' });
  });

  it('is asked of the journey first: what an episode’s events say of its visitor wins over the links', async () => {
    const [here, before] = [await visitorOn('target'), await visitorOn('legacy')];
    const [patient, told, untold] = [newKey('patient'), newKey('episode'), newKey('episode')];
    await link('visitor', [before, patient]);
    await tell(told, patient, here);
    expect(await askPortal(newKey('patient'), { kind: 'episode', unit: told })).toMatchObject({ side: 'target' });
    await tell(untold, patient);
    expect(await askPortal(newKey('patient'), { kind: 'episode', unit: untold })).toMatchObject({ side: 'legacy' });
    const silent = { kind: 'episode' as const, unit: newKey('episode'), patient };
    expect(await askPortal(newKey('patient'), silent)).toMatchObject({ side: 'legacy' });
  });

  it('is one patient’s: a second one is refused, and so are two visitors of two patients as one', async () => {
    const [visitor, other] = [newKey('visitor'), newKey('visitor')];
    const [patient, another] = [newKey('patient'), newKey('patient')];
    await link('visitor', [visitor, patient], [other, another]);
    expect(await link('visitor', [visitor, patient])).toMatchObject({ alreadyLinked: 1 });
    expect((await link('visitor', [visitor, another])).results).toMatchObject([{ code: 'linked-elsewhere' }]);
    const merge = await linkPairs(db, { migration, phases: [], kind: 'visitor' }, [visitor, other]);
    expect(merge.results).toMatchObject([{ code: 'visitors-of-two-patients' }]);
    await link('patient', [patient, another]);
    expect(await linkPairs(db, { migration, phases: [], kind: 'visitor' }, [visitor, other])).toMatchObject({
      linked: 1,
    });
  });
});
