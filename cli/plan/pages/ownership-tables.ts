import { STAGE_TITLES } from '../../../domain/plan/graph/journey-map';
import { STAGES } from '../../../domain/plan/journey';
import type { OwnershipRow, Plan } from '../../../domain/plan/plan-schema';
import { formatDuration } from '../../../domain/time/duration';
import { code, inline, markdownTable } from './markdown';

const SYNC: Record<OwnershipRow['sync'], string> = {
  fromOwner: 'from its owner; turns round when it is handed over',
  legacyToTarget: 'from legacy to target',
  targetToLegacy: 'from target to legacy',
  none: 'not copied',
};

const CONFLICT: Record<OwnershipRow['conflict'], string> = {
  ownerWins: "the owner's value counts",
  latestWins: 'the latest value counts',
  byHand: 'people decide',
};

/** Each datum in each stage: who owns it, and by whose commit that changes. */
export function ownerMatrix({ ownership = [] }: Plan): string {
  const data = [...new Set(ownership.map(({ datum }) => datum))];
  return markdownTable(
    ['datum', ...STAGES.map((stage) => STAGE_TITLES[stage])],
    data.map((datum) => [
      code(datum),
      ...STAGES.map((stage) => {
        const row = ownership.find((one) => one.datum === datum && (one.stages?.includes(stage) ?? true));
        return row === undefined ? '' : ownerWords(row);
      }),
    ]),
  );
}

function ownerWords({ owner, handedOverBy }: OwnershipRow): string {
  if (owner.legacy === owner.target) return code(owner.legacy);
  return `${code(owner.legacy)} until ${handedOverBy ?? 'it'} is committed, then ${code(owner.target)}`;
}

export function ownershipTable({ ownership = [] }: Plan): string {
  return markdownTable(
    [
      'datum',
      'stages',
      'owner before',
      'owner after',
      'handed over by',
      'may write as well',
      'copied',
      'in a conflict',
      'decides',
    ],
    ownership.map(({ datum, stages, owner, handedOverBy, secondaryWriter, sync, conflict, escalation }) => [
      code(datum),
      stages === undefined ? 'every stage' : stages.join(', '),
      code(owner.legacy),
      code(owner.target),
      handedOverBy === undefined ? '' : `the commit of ${handedOverBy}`,
      secondaryWriter === undefined ? '' : code(secondaryWriter),
      SYNC[sync],
      CONFLICT[conflict],
      code(escalation),
    ]),
  );
}

export function tailTable({ ownership = [] }: Plan): string {
  return markdownTable(
    ['what is still owed', 'datum', 'only this may still be written, by', 'who answers for it', 'until'],
    ownership.flatMap(({ datum, handedOverBy, tails = [] }) =>
      tails.map(({ id, what, writer, owner, ends }) => [
        `${code(id)}: ${inline(what)}`,
        code(datum),
        code(writer),
        code(owner),
        `${formatDuration(ends)} after the commit${handedOverBy === undefined ? '' : ` of ${handedOverBy}`}`,
      ]),
    ),
  );
}
