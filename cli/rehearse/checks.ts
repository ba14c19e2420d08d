import type { MigrationStatus } from '../../domain/status/migration-status';
import type { Facts } from './gather-facts';
import type { Recount } from './recount-log';
import type { Check } from './rehearsal-report';
import type { RehearsalSetup } from './rehearsal-setup';

/** From the outcome that crossed the limit becoming final to the split down. A watch looks about once a second (DESIGN). */
const DOWN_WITHIN = 5_000;
/** Cases that must be on target before something is broken there. */
export const CASES_ON_TARGET = 100;

/** What must hold after every rehearsal. */
export function commonChecks(setup: RehearsalSetup, facts: Facts): Check[] {
  const { events, run, placed, rollback, exceptions, status } = facts;
  const sent = events.sent.legacy + events.sent.target;
  const accounted = events.matched + events.unlistened;
  const told = run.patients.bySide;
  const missed = missedOf(status);
  const checks: Check[] = [
    {
      check: 'every event sent is stored once and accounted for',
      ok: sent > 0 && sent === events.stored && sent === accounted && events.pending === 0 && events.refused === 0,
      seen: `sent ${sent}, acknowledged ${events.acknowledged}, stored ${events.stored}, accounted for ${accounted}, refused ${events.refused}`,
    },
    {
      check: 'no event arrived later than the plan allows',
      ok: events.slowest <= setup.lateness,
      seen: `the slowest took ${Math.round(events.slowest)} ms of ${Math.round(setup.lateness)} ms (lateness, compressed)`,
    },
    {
      check: 'every side that a patient was told is written down',
      ok: told.legacy === placed.legacy && told.target === placed.target,
      seen: `told ${told.legacy} legacy, ${told.target} target; written ${placed.legacy}, ${placed.target}`,
    },
    {
      check: 'every missed handoff has exactly one exception',
      ok: exceptions.length === missed && new Set(exceptions.map(({ cause }) => cause)).size === missed,
      seen: `missed ${missed}, exceptions ${exceptions.length}`,
    },
    {
      check: 'no handoff started without a side',
      ok: status.handoffs.every(({ bySide: { unplaced } }) => Object.values(unplaced).every((count) => count === 0)),
      seen: `${status.handoffs.filter(({ bySide: { unplaced } }) => Object.values(unplaced).some((count) => count > 0)).length} handoffs with some`,
    },
  ];
  if (setup.fault === undefined) {
    checks.push({
      check: 'nothing was rolled back, since nothing was broken',
      ok: rollback === undefined,
      seen: rollback === undefined ? 'no limit was crossed' : rollback.because,
    });
    return checks;
  }
  checks.push(
    {
      check: 'the gate rolled the break back, and nothing else was rolled back',
      ok:
        rollback !== undefined &&
        facts.rollbacks === 1 &&
        setup.phase.gates.some(
          ({ id, handoff }) => rollback.by === `gate:${id}` && handoff === setup.fault?.handoff.id,
        ),
      seen: rollback === undefined ? 'no gate did' : `${facts.rollbacks} in all; ${rollback.because}`,
    },
    {
      check: `the split was down within ${DOWN_WITHIN / 1_000} s of the outcome that crossed the limit`,
      ok: rollback !== undefined && rollback.took <= DOWN_WITHIN,
      seen: rollback === undefined ? 'it was not' : `${rollback.took} ms`,
    },
  );
  return checks;
}

/** In the sandbox nothing fails but what was broken: exactly the patients it took have an exception. */
export function paymentChecks(setup: RehearsalSetup, facts: Facts): Check[] {
  if (setup.fault?.kind !== 'drop') return [committedCheck(setup, facts)];
  const lost = facts.lost.map(({ journey }) => journey).sort();
  const excepted = facts.exceptions.map(({ journey }) => journey).sort();
  const queue = setup.fault.handoff.queue;
  return [
    {
      check: 'the exceptions are the patients dropped, one each, none else',
      ok:
        lost.length > 0 &&
        JSON.stringify(lost) === JSON.stringify(excepted) &&
        facts.exceptions.every((each) => each.queue === queue),
      seen: `dropped ${lost.length}, exceptions ${excepted.length}, in ${queue}`,
    },
    committedCheck(setup, facts),
  ];
}

function committedCheck(setup: RehearsalSetup, { status }: Facts): Check {
  const cohorts = status.phases.find(({ phase }) => phase === setup.phase.id)?.cohorts ?? [];
  return {
    check: 'the phase is committed',
    ok:
      cohorts.length > 0 &&
      cohorts.every(({ run, split }) => run?.status === 'committed' && split?.mode === 'committed'),
    seen: cohorts.map(({ cohort, run }) => `${cohort} ${run?.status ?? 'not begun'}`).join(', '),
  };
}

/** Real cases fail by themselves too: each outcome is compared with what the log alone says. */
export function recordedChecks(setup: RehearsalSetup, facts: Facts, recount: ReadonlyMap<string, Recount>): Check[] {
  const { survey, fault } = setup;
  const { patients, recorded } = facts.run;
  const told = patients.bySide.target;
  const checks: Check[] = [
    {
      check: 'the log was played to the end of its days, every case and every event of it',
      ok: patients.arrived === survey?.cases && recorded?.done === survey.events && recorded.undone === 0,
      seen: `cases ${patients.arrived} of ${survey?.cases ?? 0}, events ${recorded?.done ?? 0} of ${survey?.events ?? 0}`,
    },
    {
      check: `at least ${CASES_ON_TARGET} cases were on target`,
      ok: told >= CASES_ON_TARGET,
      seen: `${told} on target, ${patients.bySide.legacy} on legacy`,
    },
  ];
  if (fault?.kind === 'drop') checks.push(lostCheck(facts, fault.handoff.id, recount.get(fault.handoff.id)));
  if (fault?.kind !== 'slow') checks.push(recountCheck(facts.status, recount));
  return checks;
}

/** Those who lost the handoff to the fault and were not released from it: each has an exception, and nobody else has one. */
function lostCheck({ lost, exceptions, status }: Facts, handoff: string, recount: Recount | undefined): Check {
  const excepted = exceptions.filter((each) => each.handoff === handoff).map(({ journey }) => journey);
  const expected = recount?.missedBy ?? new Set();
  const open = Object.values(status.handoffs.find((each) => each.handoff === handoff)?.bySide ?? {}).reduce(
    (sum, side) => sum + side.open,
    0,
  );
  const lostIt = new Set(lost.map(({ journey }) => journey));
  const released = [...lostIt].filter((journey) => !expected.has(journey)).length;
  return {
    check:
      'the exceptions of the broken handoff are the cases that missed it by the log and the fault, one each, none else',
    ok:
      lostIt.size > 0 && excepted.every((journey) => expected.has(journey)) && excepted.length === expected.size - open,
    seen: `lost ${lostIt.size}, of them released ${released}; missed ${expected.size}, exceptions ${excepted.length}`,
  };
}

function recountCheck({ handoffs }: MigrationStatus, recount: ReadonlyMap<string, Recount>): Check {
  const different = handoffs.flatMap(({ handoff, bySide }) => {
    const sides = Object.values(bySide);
    const sum = (of: 'open' | 'kept' | 'missed' | 'released'): number =>
      sides.reduce((total, side) => total + side[of], 0);
    const expected = recount.get(handoff);
    const same =
      sum('kept') === expected?.kept &&
      sum('released') === expected.released &&
      sum('missed') + sum('open') === expected.missed;
    const seen = `kept ${sum('kept')}, released ${sum('released')}, missed or open ${sum('missed') + sum('open')}`;
    const wanted = `kept ${expected?.kept ?? 0}, released ${expected?.released ?? 0}, missed or open ${expected?.missed ?? 0}`;
    return same ? [] : [`${handoff}: ${seen}; by the log ${wanted}`];
  });
  const total = [...recount.values()].reduce((sum, { kept, missed, released }) => sum + kept + missed + released, 0);
  return {
    check: 'every handoff came to what a recount of the log says',
    ok: different.length === 0,
    seen: different.length === 0 ? `${recount.size} handoffs, ${total} outcomes, no difference` : different.join('; '),
  };
}

function missedOf({ handoffs }: MigrationStatus): number {
  return handoffs.reduce(
    (sum, { bySide }) => sum + bySide.legacy.missed + bySide.target.missed + bySide.unplaced.missed,
    0,
  );
}
