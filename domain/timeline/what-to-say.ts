import type { PatientStanding } from '../status/patient-standing';

/**
 * What whoever has the patient on the line may say, in sentences of codes and times: where they are, what comes next and by when, and whether somebody
 * works on it already. Nothing of it is a promise of the product's: it repeats what the plan declares and what is open.
 */
export function whatToSay({
  episodes,
  nextSteps,
  cases,
}: Pick<PatientStanding, 'episodes' | 'nextSteps' | 'cases'>): string[] {
  const [episode] = episodes;
  const said: string[] = [];
  if (episode?.stage !== null && episode?.stage !== undefined) {
    said.push(`They are at '${episode.stage}'${episode.stageSince === null ? '' : ` since ${episode.stageSince}`}.`);
  }
  const [next] = nextSteps;
  if (next !== undefined) {
    const by = next.overdue ? `was due by ${next.dueAt} and has not come` : `is due by ${next.dueAt}`;
    const owner = next.owner === null ? '' : ` with ${next.owner}`;
    said.push(`Next is ${next.expects.join(' or ')}: it ${by}${owner}, on ${next.side}.`);
  } else if (cases.length === 0 && episode !== undefined) {
    said.push('Nothing is waited for, and nobody works on a case of theirs.');
  }
  const [first] = cases;
  if (first !== undefined) {
    const more = cases.length === 1 ? '' : ` (and ${cases.length - 1} more)`;
    said.push(
      `${first.owner} ${first.overdue ? 'should have answered' : 'will answer'} by ${first.dueAt}: case ${first.id} in ${first.queue}${more}.`,
    );
  }
  return said;
}
