import { CONCERNS, type Concern, type PlanChange, type PlanDiff } from '../../domain/plan/diff/plan-change';
import { unreachable } from '../../domain/unreachable';
import type { DiffResult } from './diff-plans';

/** A value that is longer is cut: the path says where to read it. */
const LONGEST_VALUE = 100;
const SHORT_HASH = 12;

/** A comparison for people: what changes for patients, then gates, then people, and whether approvals stand. */
export function diffScreen({ before, after, approvalsStand, ...diff }: DiffResult): string {
  const standing = approvalsStand
    ? `The same plan, hash ${after.hash.slice(0, SHORT_HASH)}: what was approved stays approved.`
    : `Approvals given on ${before.hash.slice(0, SHORT_HASH)} do not stand for ${after.hash.slice(0, SHORT_HASH)}: it is another plan.`;
  return [...changeLines(diff), standing].join('\n');
}

/** The changes, by whom they concern, each on a line. */
export function changeLines({ changes, reordered }: PlanDiff): string[] {
  const groups = CONCERNS.flatMap((concern) => {
    const lines = changes.filter((change) => change.concerns === concern).map(line);
    return lines.length === 0 ? [] : [headingOf(concern), ...lines, ''];
  });
  if (reordered.length > 0) groups.push(`In another order, which has no meaning: ${reordered.join(', ')}.`, '');
  return groups;
}

/** What the changes of one concern stand under. */
export function headingOf(concern: Concern): string {
  switch (concern) {
    case 'patients':
      return 'For patients';
    case 'gates':
      return 'Gates, rollback rules, and what they are decided on';
    case 'people':
      return 'For people who work on it';
    default:
      return unreachable(concern);
  }
}

function line({ kind, where, what, before, after, direction, path }: PlanChange): string {
  const sign = { added: '+', removed: '-', changed: '~' }[kind];
  const place = where === '' ? path : what === '' ? where : `${where}: ${what}`;
  const values = [before, after].filter((value) => value !== undefined).map(cut);
  return `  ${sign} ${place}  ${values.join(' → ')}${direction === 'other' ? '' : `  (${direction})`}`;
}

function cut(value: string): string {
  return value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE - 1)}…`;
}
