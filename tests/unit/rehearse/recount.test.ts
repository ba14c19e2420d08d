import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recountDeadline } from '../../../cli/rehearse/recount/recount-deadline';
import { recountHandoff } from '../../../cli/rehearse/recount/recount-handoff';
import { recountLog } from '../../../cli/rehearse/recount/recount-log';
import type { Plan, PlanHandoff } from '../../../domain/plan/plan-schema';
import { loadPlan } from '../../../domain/plan/load-plan';
import { deriveKey } from '../../../sandbox/patients/derive-key';
import { DEFAULT_LOG_COLUMNS } from '../../../sandbox/recorded/event-log';

const HOUR = 3_600_000;

/** A handoff of a payment to a review, six hours unless it is said otherwise. */
function handoff(more: Partial<PlanHandoff> = {}): PlanHandoff {
  return {
    ...{
      id: 'h',
      phase: 'payment',
      start: 'paid',
      end: ['reviewed'],
      within: 6 * HOUR,
      unless: ['refunded'],
      severity: 'access',
      queue: 'q',
    },
    ...more,
  };
}

type Told = [type: string, hour: number, data?: Record<string, string>];

function recounted(of: PlanHandoff, told: Told[], calendars: Plan['calendars'] = []): unknown[] {
  const from = Date.parse('2027-11-24T12:00:00-05:00');
  const steps = told.map(([type, hour, data = {}]) => ({ type, at: from + hour * HOUR, data }));
  const { runs } = recountHandoff(of, steps, recountDeadline(of, { calendars }, of.within));
  return runs.map(({ outcome, deadlineAt, recovered, secondEnds }) => {
    const more = [recovered ? 'recovered' : '', secondEnds > 0 ? `${secondEnds} more` : ''].filter((one) => one !== '');
    return [outcome, (deadlineAt - from) / HOUR, ...more];
  });
}

describe('a handoff recounted by its definition (R50)', () => {
  it.each<[string, Partial<PlanHandoff>, Told[], unknown[]]>([
    [
      'is kept up to its deadline, that moment included',
      {},
      [
        ['paid', 0],
        ['reviewed', 6],
      ],
      [['kept', 6]],
    ],
    [
      'is missed past it, and recovered',
      {},
      [
        ['paid', 0],
        ['reviewed', 6.01],
      ],
      [['missed', 6, 'recovered']],
    ],
    [
      'starts anew once one is over',
      {},
      [
        ['paid', 0],
        ['paid', 7],
        ['refunded', 8],
      ],
      [
        ['missed', 6],
        ['released', 13],
      ],
    ],
    [
      'is not kept by an end that is not as it must be',
      { must: [{ id: 'licensed', field: 'licensedIn', equalsStart: 'state' }] },
      [
        ['paid', 0, { state: 'CA' }],
        ['reviewed', 1, { licensedIn: 'NY' }],
        ['reviewed', 2],
      ],
      [['missed', 6]],
    ],
    [
      'has the time that it has left when its clock goes on',
      { pausedWhile: [{ id: 'asked', from: 'asked', until: 'answered' }] },
      [
        ['paid', 0],
        ['asked', 4],
        ['answered', 14],
        ['reviewed', 16],
      ],
      [['kept', 16]],
    ],
    [
      'is neither kept nor missed while its clock stands',
      { pausedWhile: [{ id: 'asked', from: 'asked', until: 'answered' }] },
      [
        ['paid', 0],
        ['asked', 4],
      ],
      [['standing', 6]],
    ],
    [
      'needs an end for each, and says which came more than once',
      { forEach: { field: 'by', of: ['email', 'sms'] }, exactlyOnce: true },
      [
        ['paid', 0],
        ['reviewed', 1, { by: 'sms' }],
        ['reviewed', 2, { by: 'sms' }],
        ['reviewed', 3, { by: 'email' }],
      ],
      [['kept', 6, '1 more']],
    ],
    [
      'has open hours for business hours, over a holiday and a weekend',
      { businessTime: { within: '8bh', calendar: 'clinic' } },
      // Wednesday noon: five hours that day, none on Thanksgiving and the day after, three on Monday.
      [['paid', 0]],
      [['missed', 5 * 24]],
    ],
    [
      'has till the end of the second open day for two business days',
      { businessTime: { within: '2bd', calendar: 'clinic' } },
      [['paid', 0]],
      [['missed', 6 * 24 + 5]],
    ],
  ])('%s', (_, more, told, expected) => {
    expect(
      recounted(handoff(more), told, [
        {
          ...{ id: 'clinic', timeZone: 'America/New_York' },
          open: [{ id: 'days', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
          closed: [{ id: 'thanksgiving', from: '2027-11-25', to: '2027-11-26' }],
        },
      ]),
    ).toEqual(expected);
  });
});

describe('a recount of a log', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recount-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('counts each handoff once: kept, released or missed; and what was lost is as if it never happened', async () => {
    const { plan } = loadPlan(
      await readFile(join(__dirname, '..', '..', '..', 'examples', 'loan-funnel.yaml'), 'utf8'),
    );
    const path = join(folder, 'log.csv');
    const hour = (hours: number): string => new Date(Date.UTC(2011, 9, 1) + hours * 3_600_000).toISOString();
    const rows: [string, string, number][] = [
      ['kept', 'A_PREACCEPTED,COMPLETE', 0],
      ['kept', 'W_Completeren aanvraag,SCHEDULE', 8],
      ['late', 'A_PREACCEPTED,COMPLETE', 0.5],
      ['gone', 'A_PREACCEPTED,COMPLETE', 1],
      ['gone', 'A_DECLINED,COMPLETE', 2],
      ['lost', 'A_PREACCEPTED,COMPLETE', 3],
      ['lost', 'W_Completeren aanvraag,SCHEDULE', 4],
      ['late', 'W_Completeren aanvraag,SCHEDULE', 8.6],
      ['open', 'A_PREACCEPTED,COMPLETE', 9],
      ['open', 'A_PREACCEPTED,COMPLETE', 10],
      ['after', 'A_PREACCEPTED,COMPLETE', 25],
    ];
    const sorted = [...rows].sort((one, other) => one[2] - other[2]);
    const text = sorted.map(([id, activity, at]) => `${id},${activity},${hour(at)}`).join('\n');
    await writeFile(path, `case_id,activity,lifecycle,timestamp\n${text}\n`);
    const key = (caseId: string): string => deriveKey('application', 'a seed', caseId);
    const counts = await recountLog({
      plan,
      log: { path, columns: DEFAULT_LOG_COLUMNS, days: 1 },
      timeScale: 60,
      began: { replay: 0, migration: 0 },
      seed: 'a seed',
      prefix: 'application',
      lost: [{ journey: key('lost'), sequence: 1 }],
    });
    expect(counts.get('preaccepted-to-work-list')).toEqual({
      kept: 1,
      released: 1,
      missed: 3,
      missedBy: new Set([key('late'), key('lost'), key('open')]),
    });
  });
});
