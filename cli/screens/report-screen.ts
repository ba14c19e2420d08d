import type { RollbackReport } from '../../api/migrations/rollback-preview';
import { actionText } from './preview-screen';
import { table } from './table';

type Reported = RollbackReport['rollbacks'][number];

/** What the last rollback of each cohort did: what was done of its list, who was where before and after, and what it leaves for people. */
export function reportScreen({ phase, rollbacks }: RollbackReport): string {
  if (rollbacks.length === 0) return `No cohort of ${phase} was rolled back.`;
  return rollbacks.map(cohortBlock).join('\n\n');
}

function cohortBlock({ cohort, rollback, actions, inFlight }: Reported): string {
  const { scope, by, because, startedAt, trafficBackAt, failures } = rollback;
  const back = trafficBackAt === undefined ? 'arrivals are not on legacy yet' : `arrivals back since ${trafficBackAt}`;
  return [
    `${cohort}, rollback of the ${scope} by ${by}, ${startedAt}: ${because}`,
    `  ${back}; ${failures === undefined ? 'under way' : 'done'}`,
    ...actions.map(({ action, done, moved }, index) => {
      const count = moved === null ? '' : ` (${moved} so far)`;
      return `  ${index + 1}. ${done ? 'done' : 'to do'}: ${actionText(action)}${done && moved !== null ? ` (${moved} moved)` : count}`;
    }),
    ...(inFlight.length === 0 ? [] : countsTable(inFlight)),
    ...(failures ?? []).map((failure) => `  left for people: ${failure}`),
  ].join('\n');
}

function countsTable(inFlight: Reported['inFlight']): string[] {
  const drawn = table(
    ['IN FLIGHT', '#BEFORE', '', '#ON TARGET', '#BACK', '#WAIT'],
    inFlight.map(({ milestone, before, broughtBack, waiting, onTarget }) => [
      milestone ?? 'short of every milestone',
      ...[String(before), '→', String(onTarget), String(broughtBack), String(waiting)],
    ]),
  );
  return drawn.split('\n').map((line) => `  ${line}`);
}
