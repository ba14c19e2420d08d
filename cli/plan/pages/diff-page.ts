import { dryRunPlan } from '../../../domain/plan/dry-run/dry-run-plan';
import type { DryRun } from '../../../domain/plan/dry-run/dry-run';
import { CONCERNS, type PlanChange } from '../../../domain/plan/diff/plan-change';
import type { Plan } from '../../../domain/plan/plan-schema';
import { judgePlanChange } from '../../../domain/plan/versions/judge-plan-change';
import { headingOf } from '../diff-screen';
import { diffPlans } from '../diff-plans';
import { DayWords } from '../dry-run/day-words';
import { code, inline, markdownTable, page } from './markdown';
import type { PageSubject, PlanPage } from './plan-page';

type Version = NonNullable<PageSubject['other']>;

/** What another version of the plan would change, and what that voids. */
export function diffPageTo(other: Version): PlanPage {
  return {
    file: 'diff.md',
    title: 'Another version',
    says: 'what another version of the plan would change for patients, gates and people; what is tightened or loosened; what that voids; whether a migration under way could take it, and who decides',
    write: ({ plan, hash, start }) => [{ name: 'diff.md', text: pageOf({ plan, hash }, other, start) }],
  };
}

function pageOf(before: Version, after: Version, start: Date | undefined): string {
  const { changes, reordered, approvalsStand } = diffPlans(before, after);
  return page(
    '# What another version would change',
    `Between the plan with the hash ${code(before.hash)} and the one with ${code(after.hash)}, as \`handoff plan diff\` tells it. What is tightened moves people more carefully, what is loosened less; what cannot be told for sure counts as loosened.`,
    ...CONCERNS.flatMap((concern) => {
      const rows = changes.filter(({ concerns }) => concerns === concern).map(row);
      return rows.length === 0
        ? []
        : [`## ${headingOf(concern)}`, markdownTable(['where', 'what', 'before', 'after', 'is'], rows)];
    }),
    ...(reordered.length === 0 ? [] : [`In another order, which has no meaning: ${codesOf(reordered)}.`]),
    '## What it voids',
    approvalsStand
      ? 'Nothing: it is the same plan, and what was approved stays approved.'
      : 'Every approval that was given on the version before: people approve a hash, and this is another one. A go, a step or a commit that waits for a decision is asked anew, on the new version. Nobody who has a side changes it, and no step starts over.',
    '## Whether a migration under way could take it',
    `Each cohort would go by it from its next step on. How that is judged: \`handoff plan propose --dry-run\`.`,
    underWay(before.plan, after.plan),
    ...dates(before.plan, after.plan, start),
  );
}

function row({ kind, where, what, path, before = '', after = '', direction }: PlanChange): string[] {
  return [
    inline(where === '' ? path : where),
    inline(kind === 'changed' ? what : `${what} ${kind}`.trim()),
    inline(before),
    inline(after),
    direction === 'other' ? '' : direction,
  ];
}

function codesOf(names: readonly string[]): string {
  return names.map(code).join(', ');
}

/** By the phase that is under way. */
function underWay(before: Plan, after: Plan): string {
  const phases = before.phases.map(({ id }) => id);
  return markdownTable(
    ['under way', 'it is', 'because'],
    [null, ...phases].map((live) => {
      const ended = live === null ? [] : phases.slice(0, phases.indexOf(live));
      const { refused, needs } = judgePlanChange(before, after, { ended, live });
      const who = `taken when 1 person of ${needs.roles.join(', ')} approves it${needs.fourEyes ? ', another person than who proposes it' : ''}`;
      const why = refused.map(({ path, message }) => `${code(path)}: ${inline(message)}`).join(' ');
      return [live === null ? 'nothing yet' : code(live), refused.length === 0 ? who : 'refused', why];
    }),
  );
}

/** When each phase is committed at the earliest, by either. */
function dates(before: Plan, after: Plan, start: Date | undefined): string[] {
  if (start === undefined) return [];
  const [one, other] = [dryRunPlan(before, start), dryRunPlan(after, start)];
  const words = new DayWords(one.timeZone);
  const commit = (run: DryRun, phase: string): string =>
    words.moment(run.phases.find((each) => each.phase === phase)?.commits ?? null);
  return [
    '## What it does to the dates',
    `At the earliest, begun on ${words.moment(start)} (${inline(one.timeZone)}), as [the dry run](dry-run.md) has them.`,
    markdownTable(
      ['', 'before', 'after'],
      [
        ...one.phases.map(({ phase }) => [`commit of ${code(phase)}`, commit(one, phase), commit(other, phase)]),
        ['end of the migration', words.lastDay(one.ends.migration), words.lastDay(other.ends.migration)],
      ],
    ),
  ];
}
