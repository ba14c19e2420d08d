import { reachOf, tellingsOf, type TellingRules } from '../../../domain/queues/rota';
import type { DueMark } from '../../../domain/queues/sla-clock';

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;
const daily = (timeZone: string, from: string, to: string) => ({
  rota: 'the desk',
  timeZone,
  shifts: [{ id: 'day', days: [...WEEK], from, to }],
});
const OWNERS: TellingRules['owners'] = [
  { id: 'desk', reach: daily('America/New_York', '09:00', '17:00') },
  { id: 'early', reach: daily('Europe/London', '08:00', '16:00') },
  { id: 'late', reach: daily('America/Los_Angeles', '12:00', '22:00') },
  { id: 'always' },
];
const REAL = { startedAt: new Date('2027-03-01T00:00:00Z'), timeScale: 1 };
/** Wednesday, in New York. */
const AT_NOON = new Date('2027-03-03T17:00:00Z');
const AT_NIGHT = new Date('2027-03-04T02:00:00Z');
const ON_SATURDAY = new Date('2027-03-06T17:00:00Z');

function mark(kind: DueMark['kind'], step: number, team = 'desk'): DueMark {
  return { kind, step, team, at: AT_NOON, told: true };
}

function told(kind: DueMark['kind'], now: Date, escalation: string[] = [], step = 2, team = 'desk'): string[] {
  const rules: TellingRules = {
    owners: OWNERS,
    queue: { owner: 'desk', escalation: escalation.map((one) => ({ team: one })) },
    handoff: undefined,
  };
  return tellingsOf(rules, mark(kind, step, team), now, REAL).map(
    ({ team: one, tellAt }) => `${one} ${+tellAt === +now ? 'now' : tellAt.toISOString().slice(0, 16)}`,
  );
}

describe('R30 who is there', () => {
  it('is the shift of that moment, in its zone', () => {
    expect(reachOf('desk', OWNERS, AT_NOON, REAL)).toEqual({ team: 'desk', at: AT_NOON, isOn: true, shift: 'day' });
  });

  it('is the next shift, over a weekend, where nobody is', () => {
    const { isOn, at } = reachOf('desk', OWNERS, ON_SATURDAY, REAL);
    expect([isOn, at.toISOString()]).toEqual([false, '2027-03-08T14:00:00.000Z']);
  });

  it('is the team at any hour where the plan does not say', () => {
    expect(reachOf('always', OWNERS, AT_NIGHT, REAL).isOn).toBe(true);
  });

  it('goes by the time of the plan in a rehearsal', () => {
    const clock = { startedAt: ON_SATURDAY, timeScale: 1440 };
    const { isOn, at } = reachOf('desk', OWNERS, ON_SATURDAY, clock);
    // From Saturday noon to Monday at nine: 45 hours of the plan.
    expect([isOn, +at - +ON_SATURDAY]).toEqual([false, (45 * 3_600_000) / 1440]);
  });
});

describe('R30 who hears of a case', () => {
  it('is its owner, when it is new or runs late, once somebody is there', () => {
    expect(told('opened', AT_NOON, ['always'], 0)).toEqual(['desk now']);
    expect(told('warned', AT_NIGHT, ['always'], 1)).toEqual(['desk 2027-03-04T14:00']);
  });

  it('is whoever its handoff names, too', () => {
    const rules: TellingRules = {
      owners: OWNERS,
      queue: { owner: 'desk' },
      handoff: { severity: 'safety', recipients: ['always', 'desk'] },
    };
    expect(tellingsOf(rules, mark('opened', 0), AT_NOON, REAL)).toEqual([
      { team: 'desk', urgency: 'page', tellAt: AT_NOON },
      { team: 'always', urgency: 'page', tellAt: AT_NOON },
    ]);
  });

  it('is nobody but the owner of an overdue one, while the owner is there', () => {
    expect(told('overdue', AT_NOON, ['always'])).toEqual(['desk now']);
  });

  it('is at once the first team of the escalation that somebody is there of, where nobody of the owner is', () => {
    expect(told('overdue', AT_NIGHT, ['early', 'late', 'always'])).toEqual(['desk 2027-03-04T14:00', 'late now']);
  });

  it('is whoever is back first, where nobody is there at all', () => {
    expect(told('overdue', ON_SATURDAY, ['late', 'early'])).toEqual([
      'desk 2027-03-08T14:00',
      'early 2027-03-08T08:00',
    ]);
    expect(told('overdue', ON_SATURDAY, ['late'])).toEqual(['desk 2027-03-08T14:00']);
  });

  it('is, of an escalated one, the team that it goes to, or one after it', () => {
    expect(told('escalated', AT_NIGHT, ['early', 'always'], 3, 'early')).toEqual([
      'early 2027-03-04T08:00',
      'always now',
    ]);
    expect(told('escalated', AT_NIGHT, ['early', 'always'], 4, 'always')).toEqual(['always now']);
  });
});
