import type { MigrationStatus } from '../../../domain/status/migration-status';
import type { Facts } from '../gather-facts';
import type { Recount } from '../recount/recount-log';
import type { Check } from '../rehearsal-report';
import { CASES_ON_TARGET, type PlayedScene, type RehearsalSetup } from '../rehearsal-setup';

/** In the payment stacks nothing fails but what was broken: exactly the patients it took have an exception, and all goes to the end. */
export function paymentChecks(setup: RehearsalSetup, facts: Facts): Check[] {
  const dropped = setup.scenes.some((scene) => scene.kind === 'break' && scene.how === 'drop');
  const others = facts.exceptions.length - new Set(facts.lost.map(({ journey }) => journey)).size;
  return [
    everyoneHasASide(facts),
    ...(dropped
      ? [
          {
            check: 'nobody else has an exception',
            ok: others === 0,
            seen: `${facts.exceptions.length} exceptions in all`,
          },
        ]
      : []),
    committedCheck(setup, facts),
  ];
}

export function everyoneHasASide({ status }: Facts): Check {
  const without = status.handoffs.filter(({ bySide: { unplaced } }) =>
    Object.values(unplaced).some((count) => count > 0),
  );
  return {
    check: 'no handoff started without a side',
    ok: without.length === 0,
    seen: `${without.length} handoffs with some`,
  };
}

/** Every cohort of every phase is committed; those that the plan, or somebody by name, left out are not expected to be. */
export function committedCheck({ plan }: RehearsalSetup, { status }: Facts): Check {
  const unfinished = plan.phases.flatMap(({ id, cohorts }) => {
    const standing = status.phases.find(({ phase }) => phase === id)?.cohorts ?? [];
    const moved = cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === undefined);
    const ended = moved.flatMap((cohort) => {
      const found = standing.find((each) => each.cohort === cohort.id);
      if (found?.run?.status === 'committed' && found.split?.mode === 'committed') return [];
      return found?.run?.status === 'takenOut'
        ? [{ id: cohort.id, takenOut: true }]
        : [{ id: cohort.id, takenOut: false }];
    });
    const open = ended.filter(({ takenOut }) => !takenOut).map((cohort) => `${id} ${cohort.id}`);
    return ended.length === moved.length ? [`${id}: no cohort is committed`] : open;
  });
  return {
    check: plan.phases.length === 1 ? 'the phase is committed' : `all ${plan.phases.length} phases are committed`,
    ok: unfinished.length === 0,
    seen: unfinished.length === 0 ? plan.phases.map(({ id }) => id).join(', ') : unfinished.join(', '),
  };
}

/** Real cases fail by themselves too: each outcome is compared with what the log alone says. */
export function recordedChecks(setup: RehearsalSetup, facts: Facts, recount: ReadonlyMap<string, Recount>): Check[] {
  const { survey } = setup;
  const [fault] = setup.scenes.filter(isBreak);
  const { patients, recorded } = facts.run;
  const told = patients.bySide.target;
  const checks: Check[] = [
    everyoneHasASide(facts),
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
  if (fault?.how === 'drop') checks.push(lostCheck(facts, fault.handoff, recount.get(fault.handoff)));
  if (fault?.how !== 'slow') checks.push(recountCheck(facts.status, recount));
  return checks;
}

function isBreak(scene: PlayedScene): scene is Extract<PlayedScene, { kind: 'break' }> {
  return scene.kind === 'break';
}

/** Those who lost the handoff to the fault and were not released from it: each has an exception, and nobody else has one. */
function lostCheck({ lost, exceptions, status }: Facts, handoff: string, recount: Recount | undefined): Check {
  const excepted = exceptions
    .filter((each) => each.handoff === handoff && each.cause.startsWith('handoff:'))
    .map(({ journey }) => journey);
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
