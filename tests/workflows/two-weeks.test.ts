import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exceptionClockId } from '../../domain/migration/exception-clock';
import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan } from '../../domain/plan/plan-schema';
import { resolveException } from '../../store/exception-actions';
import { readMarks } from '../../store/exception-clocks';
import { snoozeException, wakeException } from '../../store/exception-snooze';
import { until } from '../setup/until';
import { comingMonday, MovedClock, ZONE } from './moved-clock';

const HOUR = 3_600_000;
const QUEUE = 'payment-not-routed';
const BUSINESS = 'next-step-not-sent';
const MONDAY = comingMonday();

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;
const DAILY = [...WEEKDAYS, 'sat', 'sun'] as const;

/** Of the first week: care coordination by day on weekdays, support leads from 08:00 to 22:00 every day, clinical leads at any hour. */
function firstVersion(): Plan {
  const { plan } = loadPlan(readFileSync(join(__dirname, '../fixtures/plans/payment.yaml'), 'utf8'));
  const holiday = MONDAY.plus({ days: 2 }).toISODate() ?? '';
  plan.calendars = [
    {
      ...{ id: 'office', timeZone: ZONE, open: [{ id: 'hours', days: [...WEEKDAYS], from: '09:00', to: '17:00' }] },
      closed: [{ id: 'holiday', from: holiday, to: holiday }],
    },
  ];
  rota(plan, 'care-coordination', [{ id: 'day', days: [...WEEKDAYS], from: '08:00', to: '20:00' }]);
  rota(plan, 'support-leads', [{ id: 'day', days: [...DAILY], from: '08:00', to: '22:00' }]);
  const leads = { team: 'support-leads', after: 2 * HOUR };
  for (const queue of plan.queues) {
    if (queue.id === QUEUE) queue.escalation = [leads, { team: 'clinical-leads', after: 6 * HOUR }];
    if (queue.id === QUEUE) queue.sla = 24 * HOUR;
    if (queue.id !== BUSINESS) continue;
    queue.escalation = [leads];
    queue.businessTime = { calendar: 'office', within: '16bh' };
    queue.sla = 168 * HOUR;
  }
  return plan;
}

type Shift = NonNullable<Plan['owners'][number]['reach']>['shifts'][number];

function rota(plan: Plan, team: string, shifts: Shift[]): void {
  const owner = plan.owners.find(({ id }) => id === team);
  if (owner !== undefined) owner.reach = { rota: `line of ${team}`, timeZone: ZONE, shifts };
}

/** The queue goes to billing operations, whom somebody is there of at any hour, and support leads are there by night. */
function secondVersion(): Plan {
  const plan = firstVersion();
  for (const queue of plan.queues) if (queue.id === QUEUE) queue.owner = 'billing-operations';
  rota(plan, 'support-leads', [{ id: 'night', days: [...DAILY], from: '20:00', to: '08:00' }]);
  return plan;
}

/** By the name of a case: its number. */
const cases = new Map<string, string>();
let clock: MovedClock;

async function open(name: string, queue = QUEUE): Promise<void> {
  cases.set(name, await clock.open(queue));
}

function request(name: string): ReturnType<MovedClock['request']> {
  return clock.request(cases.get(name) ?? '');
}

async function snooze(name: string, end: string): Promise<void> {
  const put = { until: clock.moment(end).toMillis(), reason: 'waiting-for-patient' } as const;
  await snoozeException(clock.database.db, request(name), put);
  await clock.lookedAt(request(name).exception);
}

function evidence(): { step: number; reference: string }[] {
  return [1, 2, 3].map((step) => ({ step, reference: `ticket-${step}` }));
}

async function weekOne(): Promise<void> {
  await clock.goTo('1 Mon 10:00');
  for (const name of ['unseen', 'put off beyond its time', 'put off until it runs low', 'taken up again'])
    await open(name);
  await clock.goTo('1 Mon 12:00');
  await snooze('put off beyond its time', '1 Thu 09:00');
  await snooze('put off until it runs low', '1 Tue 07:00');
  await snooze('taken up again', '1 Thu 09:00');
  await clock.goTo('1 Mon 18:00');
  await wakeException(clock.database.db, request('taken up again'));
  await clock.lookedAt(request('taken up again').exception);
  await clock.goTo('1 Mon 22:00');
  await open('by night');
  await clock.goTo('1 Tue 13:00');
  await open('over the holiday', BUSINESS);
  await clock.goTo('1 Fri 10:00');
  await open('over the new version');
  await clock.goTo('1 Fri 18:00');
  await clock.takeOver(secondVersion());
}

/** No worker is there for three days; people work on, by the API. */
async function weekTwo(): Promise<void> {
  await clock.goTo('2 Mon 10:00');
  await open('open when it began');
  await open('resolved meanwhile');
  await clock.goTo('2 Mon 12:00');
  await clock.stopWorkers();
  await clock.goTo('2 Mon 13:00');
  await open('opened meanwhile, in business time', BUSINESS);
  await clock.goTo('2 Tue 09:00');
  await open('opened meanwhile');
  await clock.goTo('2 Tue 15:00');
  await resolveException(clock.database.db, request('resolved meanwhile'), evidence());
  await clock.goTo('2 Thu 10:00');
  await open('opened as it ended');
  await clock.goTo('2 Thu 12:00');
  await clock.startWorkers();
  await clock.goTo('3 Mon 00:00');
}

beforeAll(async () => {
  clock = await MovedClock.start(firstVersion(), MONDAY);
  await weekOne();
  await weekTwo();
}, 400_000);
afterAll(() => clock.stop(), 60_000);

/** What a clock did: what, for whom, when it was to be, and when it was done where that is another time; '-' where nobody hears of it. */
async function marks(name: string): Promise<string[]> {
  const done = await readMarks(clock.database.db, cases.get(name) ?? '');
  return done.map(({ kind, team, dueAt, doneAt, told }) => {
    const late = dueAt === doneAt ? '' : `, done ${clock.name(new Date(doneAt))}`;
    return `${told ? '' : '- '}${kind} ${team} ${clock.name(new Date(dueAt))}${late}`;
  });
}

interface Telling {
  kind: string;
  team: string;
  at: Date;
  outcome: string | null;
}

/** Who heard of a case, and when; '-' of what was over by then. */
async function told(name: string): Promise<string[]> {
  const { rows } = await clock.database.db.query<Telling & Record<string, unknown>>(
    `SELECT kind, team, tell_at AS at, outcome FROM exception_telling WHERE exception = $1 ORDER BY tell_at, step, team`,
    [cases.get(name)],
  );
  return rows.map(({ kind, team, at, outcome }) => {
    const over = { told: '', moot: '- ' }[outcome ?? ''] ?? 'untold ';
    return `${over}${kind} ${team} ${clock.name(at)}`;
  });
}

const BY_DAY = [
  'overdue care-coordination 1 Tue 10:00',
  'escalated support-leads 1 Tue 12:00',
  'escalated clinical-leads 1 Tue 16:00',
];

/** For each case what its clock has to do, each once and in order, and who hears of it. */
const EXPECTED: Record<string, { marks: string[]; told: string[] }> = {
  unseen: {
    marks: ['opened care-coordination 1 Mon 10:00', 'warned care-coordination 1 Tue 04:00', ...BY_DAY],
    told: ['opened care-coordination 1 Mon 10:00', 'warned care-coordination 1 Tue 08:00', ...BY_DAY],
  },
  'put off beyond its time': {
    marks: ['opened care-coordination 1 Mon 10:00', '- warned care-coordination 1 Tue 10:00', ...BY_DAY],
    told: ['opened care-coordination 1 Mon 10:00', ...BY_DAY],
  },
  'put off until it runs low': {
    marks: ['opened care-coordination 1 Mon 10:00', 'warned care-coordination 1 Tue 07:00', ...BY_DAY],
    told: ['opened care-coordination 1 Mon 10:00', 'warned care-coordination 1 Tue 08:00', ...BY_DAY],
  },
  'taken up again': {
    marks: ['opened care-coordination 1 Mon 10:00', 'warned care-coordination 1 Tue 04:00', ...BY_DAY],
    told: ['opened care-coordination 1 Mon 10:00', 'warned care-coordination 1 Tue 08:00', ...BY_DAY],
  },
  // Whoever is not there hears of it when their shift begins; at once whoever comes after them and is there.
  'by night': {
    marks: [
      'opened care-coordination 1 Mon 22:00',
      'warned care-coordination 1 Tue 16:00',
      'overdue care-coordination 1 Tue 22:00',
      'escalated support-leads 1 Wed 00:00',
      'escalated clinical-leads 1 Wed 04:00',
    ],
    told: [
      'opened care-coordination 1 Tue 08:00',
      'warned care-coordination 1 Tue 16:00',
      'overdue clinical-leads 1 Tue 22:00',
      'escalated clinical-leads 1 Wed 00:00',
      'escalated clinical-leads 1 Wed 04:00',
      'overdue care-coordination 1 Wed 08:00',
      'escalated support-leads 1 Wed 08:00',
    ],
  },
  // Sixteen hours of the office: four on Tuesday, none on Wednesday, eight on Thursday, four on Friday.
  'over the holiday': {
    marks: [
      'opened care-coordination 1 Tue 13:00',
      'warned care-coordination 1 Thu 17:00',
      'overdue care-coordination 1 Fri 13:00',
      'escalated support-leads 1 Fri 15:00',
    ],
    told: [
      'opened care-coordination 1 Tue 13:00',
      'warned care-coordination 1 Thu 17:00',
      'overdue care-coordination 1 Fri 13:00',
      'escalated support-leads 1 Fri 15:00',
    ],
  },
  'over the new version': {
    marks: [
      'opened care-coordination 1 Fri 10:00',
      'warned billing-operations 1 Sat 04:00',
      'overdue billing-operations 1 Sat 10:00',
      'escalated support-leads 1 Sat 12:00',
      'escalated clinical-leads 1 Sat 16:00',
    ],
    told: [
      'opened care-coordination 1 Fri 10:00',
      'warned billing-operations 1 Sat 04:00',
      'overdue billing-operations 1 Sat 10:00',
      'escalated clinical-leads 1 Sat 12:00',
      'escalated clinical-leads 1 Sat 16:00',
      'escalated support-leads 1 Sat 20:00',
    ],
  },
  'open when it began': {
    marks: [
      'opened billing-operations 2 Mon 10:00',
      '- warned billing-operations 2 Tue 04:00, done 2 Thu 12:00',
      'overdue billing-operations 2 Tue 10:00, done 2 Thu 12:00',
      'escalated support-leads 2 Tue 12:00, done 2 Thu 12:00',
      'escalated clinical-leads 2 Tue 16:00, done 2 Thu 12:00',
    ],
    told: [
      'opened billing-operations 2 Mon 10:00',
      'overdue billing-operations 2 Thu 12:00',
      '- escalated clinical-leads 2 Thu 12:00',
      'escalated clinical-leads 2 Thu 12:00',
      'escalated support-leads 2 Thu 20:00',
    ],
  },
  'resolved meanwhile': {
    marks: ['opened billing-operations 2 Mon 10:00'],
    told: ['opened billing-operations 2 Mon 10:00'],
  },
  'opened meanwhile': {
    marks: [
      'opened billing-operations 2 Tue 09:00, done 2 Thu 12:00',
      '- warned billing-operations 2 Wed 03:00, done 2 Thu 12:00',
      'overdue billing-operations 2 Wed 09:00, done 2 Thu 12:00',
      'escalated support-leads 2 Wed 11:00, done 2 Thu 12:00',
      'escalated clinical-leads 2 Wed 15:00, done 2 Thu 12:00',
    ],
    told: [
      '- opened billing-operations 2 Thu 12:00',
      'overdue billing-operations 2 Thu 12:00',
      '- escalated clinical-leads 2 Thu 12:00',
      'escalated clinical-leads 2 Thu 12:00',
      'escalated support-leads 2 Thu 20:00',
    ],
  },
  'opened meanwhile, in business time': {
    marks: [
      'opened care-coordination 2 Mon 13:00, done 2 Thu 12:00',
      '- warned care-coordination 2 Tue 17:00, done 2 Thu 12:00',
      'overdue care-coordination 2 Wed 13:00, done 2 Thu 12:00',
      'escalated support-leads 2 Wed 15:00, done 2 Thu 12:00',
    ],
    told: [
      '- opened care-coordination 2 Thu 12:00',
      'overdue care-coordination 2 Thu 12:00',
      'escalated support-leads 2 Thu 20:00',
    ],
  },
  'opened as it ended': {
    marks: [
      'opened billing-operations 2 Thu 10:00, done 2 Thu 12:00',
      'warned billing-operations 2 Fri 04:00',
      'overdue billing-operations 2 Fri 10:00',
      'escalated support-leads 2 Fri 12:00',
      'escalated clinical-leads 2 Fri 16:00',
    ],
    told: [
      'opened billing-operations 2 Thu 12:00',
      'warned billing-operations 2 Fri 04:00',
      'overdue billing-operations 2 Fri 10:00',
      'escalated clinical-leads 2 Fri 12:00',
      'escalated clinical-leads 2 Fri 16:00',
      'escalated support-leads 2 Fri 20:00',
    ],
  },
};

describe('R30, I8 two weeks of SLA time, with shifts, another rota, a holiday, snoozes, and three days without a worker', () => {
  it.each(Object.keys(EXPECTED))('does each thing once, in order, at its time: %s', async (name) => {
    expect(await marks(name)).toEqual(EXPECTED[name]?.marks);
  });

  it.each(Object.keys(EXPECTED))('tells whoever is there, each step once: %s', async (name) => {
    expect(await told(name)).toEqual(EXPECTED[name]?.told);
  });

  it('tells of an outage in one notice a team, with a count', async () => {
    const { rows } = await clock.database.db.query<{ notices: number; message: string }>(
      `SELECT count(DISTINCT n.id)::int AS notices, min(n.message) AS message FROM exception_telling t JOIN notice n ON n.id = t.notice
        WHERE t.exception = ANY ($1::bigint[]) AND t.kind = 'overdue'`,
      [[cases.get('open when it began'), cases.get('opened meanwhile')]],
    );
    expect(rows).toEqual([
      { notices: 1, message: expect.stringMatching(/^Case \d+ and 1 more in queue .+ are overdue/) as string },
    ]);
  });

  it('I13 writes each of them into the audit log once', async () => {
    const { rows } = await clock.database.db.query<{ done: string }>(
      `SELECT (evidence->>'exception') || ' ' || action || ' ' || (evidence->>'team') AS done FROM audit
        WHERE migration = $1 AND actor = 'system:clock' ORDER BY 1`,
      [clock.migration],
    );
    const expected = Object.entries(EXPECTED).flatMap(([name, { marks: done }]) =>
      done
        .map((mark) => mark.replace(/^- /, '').split(' '))
        .filter(([kind]) => kind !== 'opened')
        .map(([kind, team]) => `${cases.get(name) ?? ''} exception.${kind ?? ''} ${team ?? ''}`),
    );
    expect(rows.map(({ done }) => done).sort()).toEqual(expected.sort());
  });

  it('ends the clock of what was resolved, and no other', async () => {
    const status = async (exception: string): Promise<string> =>
      (await clock.client.workflow.getHandle(exceptionClockId(clock.migration, exception)).describe()).status.name;
    await until('its clock to end', async () => (await status(cases.get('resolved meanwhile') ?? '')) === 'COMPLETED');
    for (const [name, exception] of cases)
      if (name !== 'resolved meanwhile') expect(await status(exception)).toBe('RUNNING');
  });
});
