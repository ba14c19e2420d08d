import type { MigrationStatus } from '../../../domain/status/migration-status';
import type { Facts } from '../gather-facts';
import type { Check } from '../rehearsal-report';
import type { RehearsalSetup } from '../rehearsal-setup';

/** What must hold after every rehearsal. */
export function commonChecks(setup: RehearsalSetup, facts: Facts): Check[] {
  const { events, exceptions, status } = facts;
  const sent = events.sent.legacy + events.sent.target;
  const accounted = events.matched + events.unlistened;
  const missed = missedOf(status);
  const ofHandoffs = exceptions.filter(({ cause }) => cause.startsWith('handoff:'));
  const accountedFor = ofHandoffs.reduce((sum, { occurrences }) => sum + occurrences, 0);
  return [
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
    toldCheck(facts),
    {
      check: 'every missed handoff has exactly one exception',
      ok: accountedFor === missed && new Set(ofHandoffs.map(({ cause }) => cause)).size === ofHandoffs.length,
      seen: `missed ${missed}, exceptions ${ofHandoffs.length}${accountedFor === ofHandoffs.length ? '' : `, which count ${accountedFor}`}`,
    },
    ownSides(facts),
    noStrangeRollback(setup, facts),
  ];
}

/** The stacks' record of what they were told against what the API wrote down, phase by phase. */
function toldCheck({ told, placed, exceptions }: Facts): Check {
  const counted: Record<string, { legacy: number; target: number }> = {};
  for (const { phase, sides } of told) {
    const side = sides.at(-1)?.side;
    if (side !== undefined) (counted[phase] ??= { legacy: 0, target: 0 })[side] += 1;
  }
  const different = Object.entries(placed).flatMap(([phase, { legacy, target }]) => {
    const heard = counted[phase] ?? { legacy: 0, target: 0 };
    // Whoever a rollback brought back, and has not asked since, was told target and is on legacy.
    const brought = exceptions.filter(({ cause }) => cause.startsWith(`bringBack:${phase}:`)).length;
    const moved = heard.target - target;
    const same = heard.legacy + heard.target === legacy + target && moved >= 0 && moved <= brought;
    return same ? [] : [`${phase}: told ${heard.legacy} legacy, ${heard.target} target; written ${legacy}, ${target}`];
  });
  const people = Object.values(counted).reduce((sum, { legacy, target }) => sum + legacy + target, 0);
  return {
    check: 'every side that a patient was told is written down',
    ok: people > 0 && different.length === 0,
    seen: different.length === 0 ? `${people} answers in ${Object.keys(counted).length} phases` : different.join('; '),
  };
}

/** Each stack reports of those who are on its side, but for people whom a rollback took back while it was at work on them. */
function ownSides({ status, exceptions, audit }: Facts): Check {
  // Not by their cases alone: whoever had one open already has no other for it.
  const brought = (phase: string): boolean =>
    exceptions.some(({ cause }) => cause.startsWith(`bringBack:${phase}:`)) ||
    audit.some((entry) => entry.action === 'rollback.done' && entry.phase === phase);
  const strange = status.wrongSide.filter(({ phase }) => !brought(phase));
  return {
    check: 'no event came from the side that its patient is not on',
    ok: strange.length === 0,
    seen:
      strange.length === 0
        ? 'none, but of people who were brought back'
        : strange.map(({ phase, system, type, events }) => `${phase}: ${events} ${type} of ${system}`).join('; '),
  };
}

/** Limits are crossed where something was broken, and nowhere else. */
function noStrangeRollback({ plan, scenes }: RehearsalSetup, { audit }: Facts): Check {
  const broken = scenes.flatMap((scene) => (scene.kind === 'break' ? [scene] : []));
  const meant = new Set(
    plan.phases.flatMap(({ id, gates }) =>
      gates.flatMap((gate) =>
        broken.some(({ at, handoff }) => at.phase === id && handoff === gate.handoff) ? [`${id} gate:${gate.id}`] : [],
      ),
    ),
  );
  const crossed = audit.filter(({ action }) => action === 'gate.limitCrossed');
  const strange = crossed.filter(({ phase, actor }) => !meant.has(`${phase ?? ''} ${actor}`));
  return {
    check: 'no limit was crossed but by what was broken',
    ok: strange.length === 0,
    seen:
      strange.length === 0
        ? `${crossed.length} crossed, in ${new Set(crossed.map(({ phase }) => phase)).size} phases`
        : strange
            .map(({ phase, cohort, actor, reason }) => `${phase ?? ''} ${cohort ?? ''} ${actor}: ${reason ?? ''}`)
            .join('; '),
  };
}

function missedOf({ handoffs }: MigrationStatus): number {
  return handoffs.reduce(
    (sum, { bySide }) => sum + bySide.legacy.missed + bySide.target.missed + bySide.unplaced.missed,
    0,
  );
}
