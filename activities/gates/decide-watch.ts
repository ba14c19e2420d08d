import { createHash } from 'node:crypto';
import { farthestCrossing } from '../../domain/gates/farthest-crossing';
import type { Verdict } from '../../domain/gates/verdict';
import type { WatchEnd } from '../../domain/phase/cohort-event';
import type { Milliseconds } from '../../domain/time/duration';
import { compress } from '../../domain/time/time-scale';
import type { Finding } from './judge-gate-reading';
import { rampStepOf, type WatchedStep } from './watched-step';

/** What one look at a step saw. */
export interface Seen {
  findings: readonly Finding[];
  /** For how long each verdict has stood. */
  standing: readonly Milliseconds[];
  /** For how long the step has been looked at. */
  watched: Milliseconds;
  /** What is wrong with how arrivals are given sides, where anything is. */
  skew: string | undefined;
}

/** How the watch of a step ends by what its gates say; undefined: it goes on. */
export function decideWatch(step: WatchedStep, seen: Seen): WatchEnd | undefined {
  const { watch, rules } = step;
  const { findings, standing, watched, skew } = seen;
  const crossed = farthestCrossing(
    findings.filter(({ judgement, overridden }) => judgement.verdict === 'limitCrossed' && !overridden),
    rules,
  );
  if (crossed !== undefined) {
    const { gate, judgement, newestAt } = crossed;
    return { kind: 'limitCrossed', gate: gate.id, message: `${gate.id}: ${judgement.message}`, newestAt };
  }
  const timeIsOver = watched >= watch.watchMs;
  const passes = findings.every(({ judgement, overridden }) => judgement.verdict === 'pass' || overridden);
  if (skew !== undefined) pageWhereSkewed(step, skew);
  else if (watch.until === 'stepDone' && passes && (timeIsOver || mayEndEarly(step, findings, watched))) {
    return { kind: 'stepDone', evidenceHash: hashOf(step, findings) };
  }
  const blind = blindTooLong(step, findings, standing, timeIsOver);
  const paused = watch.until === 'stepDone' ? blind.find(({ then }) => then === 'pause') : undefined;
  if (paused !== undefined) {
    const { gate, verdict, message } = paused;
    return { kind: 'blind', gate, verdict, message: `${gate}: ${message}` };
  }
  for (const one of blind) pageWhereBlind(step, one);
  return undefined;
}

interface BlindGate {
  gate: string;
  verdict: Exclude<Verdict, 'pass' | 'limitCrossed'>;
  message: string;
  /** What the plan has done about it. */
  then: 'page' | 'pause';
}

/** Before its time is over a step ends on evidence alone, and never before it was looked at for as long as its plan says. */
function mayEndEarly(step: WatchedStep, findings: readonly Finding[], watched: Milliseconds): boolean {
  const atLeast = rampStepOf(step)?.watchAtLeast;
  if (atLeast === undefined || watched < compress(atLeast, step.watch.timeScale)) return false;
  return findings.every(({ judgement }) => judgement.proven);
}

/**
 * Gates that could not see for longer than the plan allows. Too few outcomes are as they should be until the step's time is over; no outcomes and a
 * source that fails never are.
 */
function blindTooLong(
  { watch, phase }: WatchedStep,
  findings: readonly Finding[],
  standing: readonly Milliseconds[],
  timeIsOver: boolean,
): BlindGate[] {
  return findings.flatMap(({ gate, judgement: { verdict, message }, overridden }, index) => {
    if (overridden || verdict === 'pass' || verdict === 'limitCrossed') return [];
    if (verdict === 'insufficient' && !timeIsOver) return [];
    const longest = compress(phase.hold[verdict], watch.timeScale);
    if ((standing[index] ?? 0) < longest) return [];
    return [{ gate: gate.id, verdict, message, then: phase.hold.then?.[verdict] ?? 'page' }];
  });
}

/** It wakes a person, once a step. It never moves anybody. */
function pageWhereBlind({ watch, telling }: WatchedStep, { gate, verdict, message }: BlindGate): void {
  telling.tell({
    onceKey: `${watch.phase}/${watch.cohort}/held/${watch.attempt}/${watch.step}/${gate}/${verdict}`,
    migration: watch.migration,
    phase: watch.phase,
    cohort: watch.cohort,
    kind: 'heldTooLong',
    urgency: 'page',
    message: `The step waits on gate ${gate} (${verdict}): ${message.replace(/\.$/, '')}. Nothing goes on by itself until it passes.`,
  });
}

/** A split that does not split as it says holds its cohort: what its sides show says nothing of the stacks. It moves nobody either. */
function pageWhereSkewed({ watch, telling }: WatchedStep, skew: string): void {
  telling.tell({
    onceKey: `${watch.phase}/${watch.cohort}/skewed/${watch.attempt}/${watch.step}`,
    migration: watch.migration,
    phase: watch.phase,
    cohort: watch.cohort,
    kind: 'splitSkewed',
    urgency: 'page',
    message: `The step waits on its split: ${skew}. Nothing goes on by itself under it: mend it, pause and let it go on, and it is looked at anew.`,
  });
}

/** What the next decision of people is bound to. */
function hashOf({ watch }: WatchedStep, findings: readonly Finding[]): string {
  const seen = findings.map(({ gate, judgement: { verdict, message } }) => [gate.id, verdict, message]);
  return createHash('sha256')
    .update(JSON.stringify([watch.planHash, watch.cohort, watch.epoch, watch.step, seen]))
    .digest('hex');
}
