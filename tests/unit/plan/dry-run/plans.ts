import { loadPlan } from '../../../../domain/plan/load-plan';
import type { Plan, PlanCalendar, PlanPhase } from '../../../../domain/plan/plan-schema';
import { PAYMENT } from '../plan-texts';

const { plan } = loadPlan(PAYMENT);
const [PHASE] = plan.phases;
if (PHASE === undefined) throw new Error('The plan has a phase.');

export const DAY = 86_400_000;

/** Tuesday to Thursday, 9 to 15 in New York; closed on Thanksgiving of 2027 and on the last two days of each month. */
export const RELEASE_HOURS: PlanCalendar = {
  id: 'release-hours',
  timeZone: 'America/New_York',
  open: [{ id: 'midweek', days: ['tue', 'wed', 'thu'], from: '09:00', to: '15:00' }],
  closed: [
    { id: 'thanksgiving', from: '2027-11-25', to: '2027-11-28' },
    { id: 'month-end', lastDaysOfMonth: 2 },
  ],
};

/** A plan of phases that are those of the payment plan but for what is given, by one calendar or by none. */
export function planOf(phases: Partial<PlanPhase>[], calendar?: PlanCalendar, rest: Partial<Plan> = {}): Plan {
  return {
    ...plan,
    ...(calendar && { calendars: [calendar], advance: { calendar: calendar.id, rollback: 'always' } }),
    phases: phases.map((phase, index) => ({ ...(PHASE as PlanPhase), id: `phase-${index + 1}`, ...phase })),
    ...rest,
  };
}

/** One cohort of whom so many arrive a day. */
export function everyone(volume?: number): PlanPhase['cohorts'] {
  return [{ id: 'everyone', when: {}, ...(volume !== undefined && { volume }) }];
}
