import type { HandoffRule } from '../domain/handoffs/handoff-rule';
import type { JourneyEvent, Occurrence } from '../domain/handoffs/match-handoffs';
import type { EventReference, ExceptionWhy } from '../domain/status/exception-page';
import { compress } from '../domain/time/time-scale';
import type { MissedHandoff, SecondEnd } from './exceptions';
import type { MigrationPlan } from './migration-plans';
import type { OccurrenceToWrite, WrittenRow } from './occurrence-rows';

/** Which event it is, besides what a matcher reads. */
interface NamedEvent extends JourneyEvent {
  source: string;
  id: string;
}

interface Matched {
  of: MigrationPlan;
  rule: HandoffRule;
  /** What tells it from others of its journey, where it is correlated by something else. */
  apartBy?: string | undefined;
}

export function referenceTo(event: NamedEvent | null): EventReference | null {
  if (event === null) return null;
  const { source, id, type, time } = event;
  return { source, id, type, at: new Date(time).toISOString() };
}

/** R50: what is known of why it was missed, beyond that nothing came; null where nothing did. */
export function whyMissed({ refused, lacking }: Occurrence<NamedEvent>): ExceptionWhy | null {
  const end = referenceTo(refused?.end ?? null);
  const why: ExceptionWhy = {
    ...(refused !== null && end !== null && { failed: { condition: refused.condition, end } }),
    ...(lacking.length > 0 && { lacking: [...lacking] }),
  };
  return Object.keys(why).length === 0 ? null : why;
}

/** The case of a missed handoff; none where it opens no case. */
export function toMissed({ of, rule, apartBy }: Matched, row: OccurrenceToWrite, occurrence: string): MissedHandoff[] {
  if (rule.queue === undefined) return [];
  const { recoveredAt, recoveredBy, why } = row;
  return [{ ...whoseItIs(row), ...queueOf(of, rule.queue), occurrence, recoveredAt, recoveredBy, why, apartBy }];
}

/** The case of each of these ends, which came once more; none where the handoff opens no cases. */
export function secondEndsOf(
  { of, rule }: Matched,
  row: WhoseItIs,
  occurrence: string,
  ends: readonly NamedEvent[],
): SecondEnd[] {
  const { queue } = rule;
  if (queue === undefined) return [];
  return ends.flatMap((event) => {
    const end = referenceTo(event);
    return end === null ? [] : [{ ...whoseItIs(row), ...queueOf(of, queue), occurrence, end }];
  });
}

type WhoseItIs = Pick<
  WrittenRow,
  'migration' | 'handoff' | 'phase' | 'cohort' | 'side' | 'toSide' | 'journey' | 'subject'
>;

function whoseItIs({ migration, handoff, phase, cohort, side, toSide, journey, subject }: WhoseItIs): WhoseItIs {
  return { migration, handoff, phase, cohort, side, toSide, journey, subject };
}

/** Where a handoff's cases are worked on, by the plan in force. */
function queueOf(
  { plan, planHash, timeScale }: MigrationPlan,
  declared: string,
): Pick<MissedHandoff, 'planHash' | 'queue' | 'owner' | 'sla'> {
  const queue = plan.queues.find(({ id }) => id === declared);
  if (queue === undefined) throw new Error('A handoff of the plan names a queue that the plan lacks.');
  return { planHash, queue: queue.id, owner: queue.owner, sla: compress(queue.sla, timeScale) };
}
