import type { PlanPhase } from '../../../domain/plan/plan-schema';
import { loadPlan } from '../../../domain/plan/load-plan';
import { UNIT_KINDS, type UnitKind } from '../../../domain/sides/units';
import { closeUnits } from '../../../store/close-units';
import { storeEvents } from '../../../store/events';
import { createMigration } from '../../../store/migration-records';
import { bringBackUnits } from '../../../store/placements';
import { savePlan } from '../../../store/plans';
import { changeSplit, createSplit, lapseExpiredSplits, readSplit } from '../../../store/splits';
import { StaleEpoch } from '../../../domain/sides/stale-epoch';
import type { TestApi } from '../api/running-api';
import type { Recorded, Setting } from './journey-history';
import { PLAN_TEXT, runOut } from './started-migration';

/** A question of one journey, to one of the API's processes. */
export interface Question {
  journey: number;
  /** Index of the phase. */
  phase: number;
  named: readonly UnitKind[];
  process: number;
}

/** What is done to one cohort's split, or to one journey. */
export type Deed =
  | { do: 'raise'; phase: number; cohort: Cohort; share: number; perDay: number | null; maxOpen: number | null }
  | { do: 'bringBack' | 'commit' | 'lapse'; phase: number; cohort: Cohort }
  | { do: 'report'; journey: number; named: readonly UnitKind[] }
  | { do: 'close'; journey: number; phase: number };

/** Deeds and questions at the same time; then perhaps the night. */
export interface Round {
  deeds: readonly Deed[];
  questions: readonly Question[];
  dayEnds: boolean;
}

export const COHORTS = ['pilot', 'everyone-else'] as const;
export type Cohort = (typeof COHORTS)[number];

const LEASE = 60_000;
const PREFIXES: Record<UnitKind, string> = {
  visitor: 'vis',
  episode: 'ep',
  subscription: 'sub',
  patient: 'pat',
  login: 'log',
};
const QUEUE = { id: 'record-mismatch', owner: 'care-coordination', slaMs: 7_200_000 };

/**
 * Runs the rounds against real API processes over one database, and gives what was seen: by whoever asked and did it, never from
 * the product's own tables.
 * @param journeys of each, which patient it is of; odd ones are of the pilot's state
 */
export async function recordRun(
  apis: readonly TestApi[],
  id: string,
  units: readonly UnitKind[],
  journeys: readonly { patient: number }[],
  rounds: readonly Round[],
): Promise<{ history: Recorded[]; setting: Setting }> {
  const [{ db } = never('an API')] = apis;
  const setting: Setting = {
    phases: units.map((unit, index) => ({ id: `phase-${index + 1}`, unit })),
    journeys: journeys.map(({ patient }, index) => keysOf(id, index, patient)),
  };
  await startGenerated();
  const history: Recorded[] = [];
  let clock = 0;
  let day = 0;
  for (const { deeds, questions, dayEnds } of rounds) {
    await Promise.all([...deeds.map(perform), ...questions.map(ask)]);
    if (dayEnds) await endDay();
  }
  return { history, setting };

  async function startGenerated(): Promise<void> {
    const { plan } = loadPlan(PLAN_TEXT);
    const [template = never('a phase')] = plan.phases;
    const cohorts: PlanPhase['cohorts'] = [
      { id: 'pilot', when: { state: ['CO'] } },
      { id: 'everyone-else', when: {} },
    ];
    const phases: PlanPhase[] = setting.phases.map(({ id: phase, unit }) => ({
      ...{ ...template, id: phase, unit },
      cohorts,
    }));
    const generated = { ...plan, migration: id, keys: PREFIXES, handoffs: [], phases };
    await savePlan(db, { hash: id, plan: generated, source: '' });
    await createMigration(db, { id, planHash: id, salt: id, timeScale: 1, startedBy: 'release-manager-1' });
    for (const { id: phase } of phases)
      for (const cohort of COHORTS) await createSplit(db, { migration: id, phase, cohort, lease: LEASE });
  }

  async function ask({ journey, phase, named, process }: Question): Promise<void> {
    const asked = setting.phases[phase] ?? never('a phase');
    const keys = setting.journeys[journey] ?? never('a journey');
    const unit = keys[asked.unit];
    const others = Object.fromEntries(named.map((kind) => [kind, keys[kind]]));
    const context = { targetingKey: unit, state: journey % 2 ? 'CO' : 'TX', ...others };
    const from = (clock += 1);
    const api = apis[process % apis.length] ?? never('an API');
    const answer = await api.as('sandbox-stacks').post(`/ofrep/v1/evaluate/flags/${id}.${asked.id}`, { context });
    if (answer.status !== 200) throw new Error(`A question was answered with ${answer.status}.`);
    const { value: side, metadata } = answer.body as {
      value: 'legacy' | 'target';
      metadata: { why: string; cohort: string; epoch: number };
    };
    const { why, cohort, epoch } = metadata;
    const to = (clock += 1);
    history.push({ kind: 'answered', from, to, journey, phase: asked.id, unit, named, side, why, cohort, epoch, day });
  }

  async function perform(deed: Deed): Promise<void> {
    try {
      await doIt(deed);
    } catch (error) {
      // Another deed of the same round changed the split first; as in life, this one did not happen.
      if (!(error instanceof StaleEpoch) && !isCommitted(error)) throw error;
    }
  }

  async function doIt(deed: Deed): Promise<void> {
    const from = (clock += 1);
    switch (deed.do) {
      case 'raise': {
        const { share, perDay, maxOpen } = deed;
        const written = await write(deed, { share, perDay, maxOpen, mode: 'open', cause: 'raised' });
        const { phase, cohort, epoch } = written;
        history.push({ kind: 'splitWritten', from, to: (clock += 1), phase, cohort, epoch, perDay, maxOpen });
        return;
      }
      case 'commit':
        await write(deed, { share: 100_000, perDay: null, maxOpen: null, mode: 'committed', cause: 'committed' });
        return;
      case 'lapse':
        await runOut(db, keyOf(deed));
        await lapseExpiredSplits(db);
        return;
      case 'bringBack': {
        const zero = { share: 0, perDay: null, maxOpen: null, cause: 'rollback' } as const;
        const { epoch } = await write(deed, { ...zero, mode: 'returning' });
        const key = keyOf(deed);
        const { phase, cohort } = key;
        // Noted before it is done: whatever fails in the middle may have moved somebody.
        const entry: Recorded = { kind: 'broughtBack', from, to: Number.POSITIVE_INFINITY, phase, cohort };
        history.push(entry);
        const unitKind = setting.phases[deed.phase]?.unit ?? never('a phase');
        await bringBackUnits(db, { ...key, unitKind, milestones: [], epoch, bringBack: [null], queue: QUEUE });
        entry.to = clock += 1;
        await askAgain(deed.phase);
        return;
      }
      case 'report': {
        await report(deed.journey, deed.named);
        history.push({ kind: 'reported', from, to: (clock += 1), journey: deed.journey, named: deed.named });
        return;
      }
      case 'close': {
        const phase = setting.phases[deed.phase] ?? never('a phase');
        const keys = setting.journeys[deed.journey] ?? never('a journey');
        const unit = keys[phase.unit];
        const closing = { migration: id, phase: phase.id, kind: phase.unit, unit, journey: keys.episode, closedBy: [] };
        const closed = await closeUnits(db, [closing]);
        if (closed > 0) history.push({ kind: 'closed', from, to: (clock += 1), phase: phase.id, unit });
        return;
      }
    }
  }

  type Written = Omit<Parameters<typeof changeSplit>[1], 'migration' | 'phase' | 'cohort' | 'expectedEpoch' | 'lease'>;

  async function write(deed: { phase: number; cohort: Cohort }, content: Written): ReturnType<typeof changeSplit> {
    const key = keyOf(deed);
    const { epoch: expectedEpoch } = (await readSplit(db, key)) ?? never('a split');
    return changeSplit(db, { ...key, ...content, expectedEpoch, lease: LEASE });
  }

  function keyOf({ phase, cohort }: { phase: number; cohort: Cohort }): {
    migration: string;
    phase: string;
    cohort: Cohort;
  } {
    return { migration: id, phase: setting.phases[phase]?.id ?? never('a phase'), cohort };
  }

  /** What those who were there before hear from now on is part of the record. */
  async function askAgain(phase: number): Promise<void> {
    const { id: of } = setting.phases[phase] ?? never('a phase');
    const known = new Map(
      history.flatMap((entry) =>
        entry.kind === 'answered' && entry.phase === of ? [[entry.unit, entry.journey]] : [],
      ),
    );
    for (const journey of known.values()) await ask({ journey, phase, named: [], process: journey });
  }

  async function report(journey: number, named: readonly UnitKind[]): Promise<void> {
    const keys = setting.journeys[journey] ?? never('a journey');
    const units = Object.fromEntries(
      [...named, 'episode' as const, 'patient' as const].map((kind) => [kind, keys[kind]]),
    );
    const eventId = `event-${(clock += 1)}`;
    await storeEvents(db, [
      {
        ...{ migration: id, source: '/legacy/site', id: eventId, type: 'checkout.started', journey: keys.episode },
        ...{ subject: keys.patient, units, time: Date.now(), sequence: 0, data: {}, contentHash: eventId },
        lateness: 60_000,
      },
    ]);
  }

  /** Between rounds, so that every answer knows its day. */
  async function endDay(): Promise<void> {
    await db.query(`UPDATE migration SET started_at = started_at - interval '1 day' WHERE id = $1`, [id]);
    day += 1;
  }
}

/** Keys that are the journey's alone, but the patient's, who may have several journeys. */
function keysOf(id: string, journey: number, patient: number): Record<UnitKind, string> {
  const run = Number(/\d+$/.exec(id)?.[0] ?? 0);
  const key = (kind: UnitKind, number: number): string =>
    `${PREFIXES[kind]}_${run.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
  return Object.fromEntries(
    UNIT_KINDS.map((kind) => [kind, key(kind, kind === 'patient' || kind === 'login' ? patient : journey)]),
  ) as Record<UnitKind, string>;
}

function isCommitted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'split-committed';
}

function never(what: string): never {
  throw new Error(`The run has no such thing: ${what}.`);
}
