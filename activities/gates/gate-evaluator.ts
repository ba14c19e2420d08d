import { setImmediate } from 'node:timers/promises';
import { databaseNow } from '../../store/database-clock';
import type { Database, Queryable } from '../../store/database';
import { saveGateEvidences, type GateEvidence } from '../../store/gate-evidence';
import { readOverrides } from '../../store/gate-overrides';
import { addWatchedTimes } from '../../store/watches';
import { isOverridden } from '../../domain/gates/gate-override';
import { falseRollbacksOf, testedOf } from '../../domain/gates/false-rollbacks';
import { judgeTogether } from '../../domain/gates/judge-together';
import type { Verdict } from '../../domain/gates/verdict';
import type { WatchEnd } from '../../domain/phase/cohort-event';
import type { Milliseconds } from '../../domain/time/duration';
import type { ObservedSplit, TrafficRouter } from '../traffic/traffic-router';
import type { ControlProof } from './control-proof';
import { AssignmentWatch } from './assignment-watch';
import { decideWatch } from './decide-watch';
import { GateMemory, type Remembered } from './gate-memory';
import type { GateReading } from './gate-reading';
import { judgeSafely, type Finding } from './judge-gate-reading';
import type { ReadGates } from './read-gates';
import type { OnWatchFailure } from './watch-failure';
import { gatesOf, type WatchedGate, type WatchedStep } from './watched-step';

export interface GateEvaluatorOptions {
  db: Database;
  router: TrafficRouter;
  readGates: ReadGates;
  control: ControlProof;
  /** The split is no longer at the epoch that was watched, or its lease ran out. */
  lost: (of: WatchedStep, held: ObservedSplit | undefined) => Promise<WatchEnd>;
  /** Between two looks. */
  tick: Milliseconds;
  onLook?: (verdicts: readonly Verdict[]) => void;
  onFailure?: OnWatchFailure;
  /** Monotonic, in milliseconds. */
  clock?: () => Milliseconds;
}

interface Asked {
  step: WatchedStep;
  resolve: (end: Promise<WatchEnd | undefined>) => void;
  reject: (error: unknown) => void;
}

/** A verdict that stands is written again after so many ticks, to show that somebody still looks. */
const WRITTEN_EVERY = 5;

/** What was written of a gate last. */
interface Written {
  says: string;
  at: Milliseconds;
  /** For how long the verdict had stood then. */
  stood: Milliseconds;
}

/**
 * Looks at all steps that this process watches, together: a look is a few statements, however many steps there are, so that its cost grows with what
 * happened and not with what is watched. Who asks while one look is under way is in the next.
 */
export class GateEvaluator {
  private waiting: Asked[] = [];
  private looking = false;
  private readonly memory = new GateMemory();
  private readonly assignments: AssignmentWatch;
  private readonly written = new Map<string, Written>();
  private readonly clock: () => Milliseconds;

  constructor(private readonly options: GateEvaluatorOptions) {
    this.clock = options.clock ?? (() => performance.now());
    this.assignments = new AssignmentWatch(options.onFailure);
  }

  /** One look at one step. Undefined where its watch goes on. */
  look(step: WatchedStep): Promise<WatchEnd | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ step, resolve, reject });
      if (!this.looking) void this.lookOn();
    });
  }

  /** The step is watched here no more. */
  forget(step: WatchedStep): void {
    this.assignments.forget(step);
    for (const gate of gatesOf(step, undefined)) {
      this.memory.forget(gate);
      this.written.delete(nameOf(gate.step, gate.gate.id));
    }
  }

  private async lookOn(): Promise<void> {
    this.looking = true;
    // Whoever asks in the same turn of the event loop is looked at together: all watches wait for the same moment, each by a timer of its own.
    await setImmediate();
    while (this.waiting.length > 0) {
      const all = this.takeWaiting();
      try {
        const ends = await this.lookAt(all.map(({ step }) => step));
        for (const [index, { resolve }] of all.entries()) resolve(at(ends, index));
      } catch (error) {
        for (const { reject } of all) reject(error);
      }
    }
    this.looking = false;
  }

  /** All, but one of each cohort: a watch that another took over from may still ask. */
  private takeWaiting(): Asked[] {
    const taken = [...new Map(this.waiting.map((asked) => [nameOf(asked.step), asked])).values()];
    this.waiting = this.waiting.filter((asked) => !taken.includes(asked));
    return taken;
  }

  /** The end of each by itself: that one cannot be found out ends no other watch. */
  private async lookAt(steps: readonly WatchedStep[]): Promise<Promise<WatchEnd | undefined>[]> {
    const { db, router, onLook } = this.options;
    const proven = await this.proveControl(steps);
    const splits = await router.readBackAll(steps.map(({ watch }) => watch));
    const gates = steps.flatMap((step, index) => gatesOf(step, splits[index]));
    const known = await this.memory.recall(db, gates);
    const readings = await this.options.readGates(gates.map((gate, index) => ({ gate, known: at(known, index) })));
    const judged = gates.map((gate, index) => this.judge(gate, at(known, index), at(readings, index)));
    const overrides = await readOverrides(
      db,
      steps.map(({ watch }) => watch),
    );
    const findings = bySteps(steps, judged).map((own, index) => {
      const { phase } = at(steps, index);
      return withOverrides(judgeTogether(own, falseRollbacksOf(phase), testedOf(phase)), overrides);
    });
    const { current, standing, watched } = await this.write(steps, findings);
    for (const each of findings) onLook?.(each.map(({ judgement }) => judgement.verdict));
    // Counting who arrived may take long: no lease waits for it.
    const [held, skews] = await Promise.all([
      this.renew(steps, proven),
      this.assignments.look(db, steps, splits, this.clock()),
    ]);
    return steps.map(async (step, index): Promise<WatchEnd | undefined> => {
      const split = held[index];
      if (split === undefined || split.epoch !== step.watch.epoch || split.lapsed)
        return this.options.lost(step, split);
      // A person is told already; watching on would let gates pass for a share that is not there.
      if (split.outside?.undelivered === true) return { kind: 'notRouted', epoch: split.epoch, share: split.share };
      // Somebody else has written what a gate is remembered as: nothing is decided on it.
      if (!at(current, index)) return undefined;
      const seen = { findings: at(findings, index), standing: at(standing, index), watched: at(watched, index) };
      return decideWatch(step, { ...seen, skew: at(skews, index) });
    });
  }

  private judge(watched: WatchedGate, known: Remembered, reading: GateReading): Finding {
    return judgeSafely(watched, known, reading, (error) => {
      const { migration, phase, cohort } = watched.step.watch;
      this.options.onFailure?.({ of: 'judging', migration, phase, cohort, gate: watched.gate.id, error });
    });
  }

  /**
   * I4: the moment from which a lease may run. It is taken before anything else is read, so that a watcher that was paused and wakes up extends
   * nothing, and it is never after Temporal's last answer, so that no lease outlives Temporal by more than itself. Undefined where
   * that answer is a whole lease old.
   */
  private async proveControl(steps: readonly WatchedStep[]): Promise<(Date | undefined)[]> {
    const { db, control } = this.options;
    const answeredAt = control.provenAt()?.getTime();
    const now = (await databaseNow(db)).getTime();
    return steps.map(({ phase: { lease } }) =>
      answeredAt === undefined || now - answeredAt >= lease ? undefined : new Date(Math.min(now, answeredAt)),
    );
  }

  private async renew(
    steps: readonly WatchedStep[],
    proven: readonly (Date | undefined)[],
  ): Promise<(ObservedSplit | undefined)[]> {
    const { router } = this.options;
    const renewals = steps.flatMap(({ watch, phase: { lease } }, index) => {
      const provenAt = proven[index];
      return provenAt === undefined ? [] : [{ index, renewal: { ...watch, lease, provenAt } }];
    });
    const others = steps.flatMap(({ watch }, index) => (proven[index] === undefined ? [{ index, key: watch }] : []));
    const [renewed, read] = await Promise.all([
      router.renewAll(renewals.map(({ renewal }) => renewal)),
      router.readBackAll(others.map(({ key }) => key)),
    ]);
    const held: (ObservedSplit | undefined)[] = steps.map(() => undefined);
    for (const [place, { index }] of renewals.entries()) held[index] = renewed[place];
    for (const [place, { index }] of others.entries()) held[index] = read[place];
    return held;
  }

  /** States, verdicts and watched time, all or none. */
  private async write(
    steps: readonly WatchedStep[],
    findings: readonly Finding[][],
  ): Promise<{ current: boolean[]; standing: Milliseconds[][]; watched: Milliseconds[] }> {
    const all = findings.flat();
    const now = this.clock();
    const due = all.filter((finding) => this.isDue(finding, now));
    const done = await this.options.db.transaction(async (connection) => {
      const saved = await this.memory.save(
        connection,
        all.map(({ watched, known, is }) => ({ gate: watched, was: known, is })),
      );
      // A verdict counts only with the state that it was reached on.
      const kept = new Set(all.filter((_, index) => saved[index]));
      const evidences = due.filter((finding) => kept.has(finding));
      const stood = await saveGateEvidences(connection, evidences.map(evidenceOf));
      return { kept, evidences, stood, watched: await watchedTimes(connection, steps) };
    });
    for (const finding of all) {
      const { watched, known, is } = finding;
      if (done.kept.has(finding)) this.memory.keep(watched, known, is);
      else this.memory.forget(watched);
    }
    for (const [index, finding] of done.evidences.entries()) {
      const { step, gate } = finding.watched;
      this.written.set(nameOf(step, gate.id), { says: saying(finding), at: now, stood: done.stood[index] ?? 0 });
    }
    const standsFor = ({ watched: { step, gate } }: Finding): Milliseconds => {
      const written = this.written.get(nameOf(step, gate.id));
      return written === undefined ? 0 : written.stood + now - written.at;
    };
    return {
      current: findings.map((each) => each.every((finding) => done.kept.has(finding))),
      standing: findings.map((each) => each.map(standsFor)),
      watched: done.watched,
    };
  }

  private isDue(finding: Finding, now: Milliseconds): boolean {
    const { step, gate } = finding.watched;
    const written = this.written.get(nameOf(step, gate.id));
    return (
      written === undefined || written.says !== saying(finding) || now - written.at >= WRITTEN_EVERY * this.options.tick
    );
  }
}

function withOverrides(findings: readonly Finding[], overrides: Awaited<ReturnType<typeof readOverrides>>): Finding[] {
  return findings.map((finding) => {
    const { gate, judgement, watched } = finding;
    const { migration, phase, cohort } = watched.step.watch;
    const override = overrides.find(
      (one) => one.migration === migration && one.phase === phase && one.cohort === cohort && one.gate === gate.id,
    );
    return { ...finding, overridden: isOverridden(override, judgement.verdict, gate.severity) };
  });
}

/** Gates come step by step. */
function bySteps(steps: readonly WatchedStep[], judged: readonly Finding[]): Finding[][] {
  let from = 0;
  return steps.map(({ phase: { gates } }) => judged.slice(from, (from += gates.length)));
}

/** Only a step that is on its way is watched: waiting for people, paused or held, is no watch time. */
async function watchedTimes(connection: Queryable, steps: readonly WatchedStep[]): Promise<Milliseconds[]> {
  const counted = steps.filter(({ watch }) => watch.until === 'stepDone');
  const times = await addWatchedTimes(
    connection,
    counted.map(({ watch, phase }) => ({ key: watch, longestGap: phase.lease })),
  );
  const watched = new Map(counted.map((step, index) => [step, times[index] ?? 0]));
  return steps.map((step) => watched.get(step) ?? 0);
}

function evidenceOf({ watched: { step }, gate, judgement, newestAt, is }: Finding): GateEvidence {
  const { migration, phase, cohort, epoch } = step.watch;
  const { verdict, message, logEvidence, alpha, carriedBy } = judgement;
  return {
    ...{ migration, phase, cohort, epoch, gate: gate.id, verdict },
    evidence: { message, newestAt, outcomes: is.attempt, sinceSplit: is.epoch, logEvidence, alpha, carriedBy },
  };
}

function saying({ judgement: { verdict, message }, watched: { step } }: Finding): string {
  return `${step.watch.epoch} ${verdict} ${message}`;
}

function nameOf({ watch }: WatchedStep, gate?: string): string {
  return JSON.stringify([watch.migration, watch.phase, watch.cohort, gate]);
}

function at<Of>(list: readonly Of[], index: number): Of {
  if (index >= list.length) throw new Error('There is one for each.');
  return list[index] as Of;
}
