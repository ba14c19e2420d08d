import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  BadEventLog,
  DEFAULT_LOG_COLUMNS,
  readEventLog,
  toEventType,
  type LogColumns,
  type LoggedActivity,
} from '../../../sandbox/recorded/event-log';
import { surveyLog } from '../../../sandbox/recorded/survey-log';

const HEADER = 'case_id,activity,lifecycle,timestamp\n';
const ROWS =
  '7,A_SUBMITTED,COMPLETE,2011-10-01T00:38:44.546+02:00\n' +
  '7,W_Completeren aanvraag,SCHEDULE,2011-10-01T00:38:44.880+02:00\n' +
  '9,A_SUBMITTED,COMPLETE,2011-10-02T00:38:44.546+02:00\n' +
  '7,A_DECLINED,COMPLETE,2011-10-03T08:00:00+02:00\n';

describe('an event log', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-log-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function write(name: string, content: string | Buffer): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  async function read(path: string, columns: LogColumns = DEFAULT_LOG_COLUMNS): Promise<LoggedActivity[]> {
    const activities: LoggedActivity[] = [];
    for await (const activity of readEventLog(path, columns)) activities.push(activity);
    return activities;
  }

  async function refusal(path: string, columns?: LogColumns): Promise<string> {
    const error: unknown = await read(path, columns).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (!(error instanceof BadEventLog)) throw new Error('The log was not refused.');
    return error.message;
  }

  it('is read the same plain and packed, with types in the grammar of events and times to the millisecond', async () => {
    const plain = await read(await write('plain.csv', HEADER + ROWS));
    const packed = await read(await write('packed.csv.gz', gzipSync(HEADER + ROWS)));
    expect(packed).toEqual(plain);
    expect(plain[1]).toEqual({
      caseId: '7',
      type: 'W_Completeren-aanvraag.SCHEDULE',
      at: Date.UTC(2011, 8, 30, 22, 38, 44, 880),
    });
    expect(plain).toHaveLength(4);
  });

  it('may name its columns otherwise, and write times without a zone', async () => {
    const path = await write('other.csv', '\ufeffTicket,Step,When\nA,"Résolu, fermé",2012-03-01 10:00\n');
    expect(await read(path, { journey: 'Ticket', type: 'ticket.{Step}', time: 'When' })).toEqual([
      { caseId: 'A', type: 'ticket.Resolu-ferme', at: Date.UTC(2012, 2, 1, 10) },
    ]);
  });

  it('is put right where rows of a minute are out of order, as real logs have them, and those of one moment stay as they stand', async () => {
    const text = `${HEADER}1,A,X,2011-10-01T00:00:30Z\n2,A,X,2011-10-01T00:00:00Z\n2,B,X,2011-10-01T00:00:30Z\n1,B,X,2011-10-01T00:05:00Z\n`;
    const activities = await read(await write('disorder.csv', text));
    expect(activities.map(({ caseId, type }) => caseId + type)).toEqual(['2A.X', '1A.X', '2B.X', '1B.X']);
  });

  it('is left as soon as nobody reads on, without a failure', async () => {
    // Two minutes from row to row, so that the first is ripe at once; and cut, so that whoever reads to the end hears of it.
    const rows = Array.from(
      { length: 20_000 },
      (_, n) => `${randomUUID()},A_SUBMITTED,COMPLETE,${new Date(n * 120_000).toISOString()}\n`,
    );
    const whole = gzipSync(HEADER + rows.join(''));
    const path = await write('long.csv.gz', whole.subarray(0, whole.length - 1_000));
    for await (const activity of readEventLog(path, DEFAULT_LOG_COLUMNS)) {
      expect(activity.at).toBe(0);
      break;
    }
    expect(await refusal(path)).toMatch('damaged');
  });

  it.each([
    ['no file', () => Promise.resolve(join(folder, 'nowhere.csv')), 'no event log at that path'],
    ['a folder', () => Promise.resolve(folder), 'not a file that can be read'],
    ['an empty file', () => write('empty.csv', ''), 'no rows'],
    ['a header alone', () => write('header.csv', HEADER), 'no rows'],
    ['a .gz that is none', () => write('fake.csv.gz', HEADER + ROWS), 'not gzip'],
    ['a cut .gz', () => write('cut.csv.gz', gzipSync(HEADER + ROWS.repeat(9)).subarray(0, 60)), 'damaged'],
    [
      'columns that it lacks',
      () => write('columns.csv', 'a,lifecycle,b\n1,2,3\n'),
      "'case_id', 'timestamp', 'activity'",
    ],
    ['a broken row', () => write('broken.csv', `${HEADER + ROWS}7,X\n`), 'row after row 5'],
    ['a time that is none', () => write('time.csv', `${HEADER}7,A,B,yesterday\n`), 'Row 2 has no time'],
    ['a case without a name', () => write('case.csv', `${HEADER},A,B,2011-10-01T00:00:00Z\n`), 'Row 2 has no case'],
    [
      'a type that is none',
      () => write('type.csv', `${HEADER}7,1,B,2011-10-01T00:00:00Z\n`),
      'Row 2 gives no event type',
    ],
    [
      'rows out of order',
      () => write('order.csv', `${HEADER + ROWS}7,A,B,2011-10-01T00:00:00Z\n`),
      'Row 6 is over a minute earlier',
    ],
  ])('with %s is refused with what to do, and none of its content', async (_, make, says) => {
    const message = await refusal(await make());
    expect(message).toContain(says);
    expect(message).not.toMatch(/yesterday|SUBMITTED/);
  });

  it('is counted apart from any replay, its last day left open', async () => {
    const survey = await surveyLog(await write('survey.csv', HEADER + ROWS), DEFAULT_LOG_COLUMNS, 2);
    expect(survey).toMatchObject({ events: 3, cases: 2, wentOn: true });
    expect(survey.types.get('A_SUBMITTED.COMPLETE')).toBe(2);
  });

  it('turns any text into an event type that plans can declare', () => {
    expect(toEventType('Beoordelen  fraude/é.START')).toBe('Beoordelen-fraude-e.START');
  });
});
