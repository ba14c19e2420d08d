import type { AuditEntry } from '../../../domain/status/audit-page';
import type { Facts } from '../gather-facts';
import type { Check } from '../rehearsal-report';
import type { RehearsalSetup } from '../rehearsal-setup';
import type { RollBackScene } from '../script/script-schema';

/** What a scene that rolled one cohort back has to show. */
export interface RollBackStory {
  readonly scene: RollBackScene;
  readonly by: string;
  readonly sentAt?: string;
  readonly backAt?: string;
  /** What the other cohorts of the phase had just before. */
  readonly others: readonly { cohort: string; split: { share: number; epoch: number } | null; onTarget: number }[];
}

/** One cohort went back by a person's word, the others went on as if nothing had happened (I9). */
export function rollBackChecks(story: RollBackStory, facts: Facts, { plan }: RehearsalSetup): Check[] {
  const { at, by, then } = story.scene;
  const { cohort } = at;
  const here = facts.audit.filter(({ phase }) => phase === at.phase);
  const since = (entry: AuditEntry): boolean =>
    story.sentAt !== undefined && Date.parse(entry.at) >= Date.parse(story.sentAt) - CLOCKS_APART;
  const started = here.find((entry) => entry.cohort === cohort && entry.action === 'rollback.started' && since(entry));
  const actor = by === 'signal' ? `signal:${story.by}` : story.by;
  const checks: Check[] = [
    {
      check: `${at.phase} ${cohort} was rolled back ${by === 'signal' ? 'by `temporal workflow signal`' : 'by a person'}`,
      ok: started !== undefined && started.verified === (by === 'api') && [actor, story.by].includes(started.actor),
      seen:
        started === undefined ? 'it was not' : `by ${started.actor}, ${started.verified ? 'verified' : 'unverified'}`,
    },
    othersWentOn(story, facts, here.filter(since)),
  ];
  if (then !== 'takeOut') return checks;
  const index = plan.phases.findIndex(({ id }) => id === at.phase);
  const afterwards = plan.phases.slice(index).map(({ id }) => id);
  const standing = facts.status.phases.filter(({ phase }) => afterwards.includes(phase));
  const out = standing.every(({ cohorts }) =>
    cohorts.every((each) => each.cohort !== cohort || each.run?.status === 'takenOut'),
  );
  const named = here.some((entry) => entry.cohort === cohort && entry.action === 'aborted' && since(entry));
  checks.push({
    check: `${cohort} was taken out by name, and the phase was committed without it`,
    ok: out && named,
    seen: out && named ? `taken out of ${afterwards.join(', ')}` : 'it was not',
  });
  return checks;
}

/** The sandbox's clock is this machine's, and so is the database's; they are read a moment apart. */
const CLOCKS_APART = 1_000;

/** I9: no split of theirs fell, none was written but by their own ramp, and nobody of theirs was moved. */
function othersWentOn(
  { others, scene }: RollBackStory,
  { status, told, exceptions }: Facts,
  here: readonly AuditEntry[],
): Check {
  const { cohort, phase } = scene.at;
  const changed = here.filter(
    (entry) =>
      entry.cohort !== null &&
      entry.cohort !== cohort &&
      ((entry.action.startsWith('split.') && !RAMP.includes(entry.action)) ||
        entry.action.startsWith('rollback.') ||
        entry.action === 'paused'),
  );
  const now = status.phases.find((each) => each.phase === phase)?.cohorts ?? [];
  const fell = others.filter(({ cohort: other, split, onTarget }) => {
    const found = now.find((each) => each.cohort === other);
    if (found === undefined) return true;
    return found.placements.target < onTarget || (found.split?.share ?? 0) < (split?.share ?? 0);
  });
  const movedOthers = told.filter((unit) => unit.phase === phase && unit.sides.length > 1).length;
  const broughtBack = exceptions.filter(
    (entry) => entry.phase === phase && entry.cause.startsWith('bringBack:') && entry.cohort !== cohort,
  ).length;
  return {
    check: `the other cohorts of ${phase} went on: splits and placements unchanged by it (I9)`,
    ok: others.some(({ onTarget }) => onTarget > 0) && changed.length === 0 && fell.length === 0 && broughtBack === 0,
    seen: `${others.length} others with ${others.reduce((sum, { onTarget }) => sum + onTarget, 0)} on target; ${changed.length} splits changed by it, ${fell.length} fell, ${broughtBack} of theirs brought back (${movedOthers} units told another side in all)`,
  };
}

/** What a cohort's own ramp writes. */
const RAMP = ['split.created', 'split.raised', 'split.committed'];
