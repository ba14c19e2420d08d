import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DEFAULT_COLUMNS, type LogColumns } from '../../../cli/backtest/csv-log';
import { readLog } from '../../../cli/backtest/read-log';
import { CliFailure } from '../../../cli/cli-failure';
import { EXIT } from '../../../cli/exit-codes';
import type { LoggedEvent } from '../../../domain/backtest/backtest';
import { parseLogTime } from '../../../domain/backtest/log-time';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-log-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function read(
  path: string,
  columns: LogColumns = DEFAULT_COLUMNS,
): Promise<{ events: LoggedEvent[]; duplicates: number }> {
  const events: LoggedEvent[] = [];
  const { duplicates } = await readLog(path, columns, new AbortController().signal, (event) => events.push(event));
  return { events, duplicates };
}

async function refusal(path: string, columns?: LogColumns): Promise<CliFailure> {
  const error: unknown = await read(path, columns).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof CliFailure))
    throw new Error('The log was not refused as a command refuses.', { cause: error });
  return error;
}

const HEADER = 'case_id,activity,lifecycle,timestamp\n';
const ROW = '7,A_SUBMITTED,COMPLETE,2011-10-01T00:38:44.546+02:00\n';

describe('a log in CSV', () => {
  it('is read the same plain and packed, whatever the name; its lines give no sequence', async () => {
    const plain = await read(await write('log.csv', HEADER + ROW + ROW));
    expect(await read(await write('log.csv.gz', gzipSync(HEADER + ROW + ROW)))).toEqual(plain);
    expect(await read(await write('packed-all-the-same', gzipSync(HEADER + ROW + ROW)))).toEqual(plain);
    const event = { journey: '7', type: 'A_SUBMITTED.COMPLETE', time: Date.UTC(2011, 8, 30, 22, 38, 44, 546) };
    expect(plain.events).toEqual([
      { ...event, nanoseconds: 0, sequence: 0 },
      { ...event, nanoseconds: 0, sequence: 0 },
    ]);
  });

  it('keeps its order where it is not sorted, and its lines where there are blank ones and fields of several', async () => {
    const text = `\ufeff${HEADER}\r\n7,"A\nB",X,2012-01-02T00:00Z\r\n9,C,X,2012-01-01 00:00\r\n`;
    const { events } = await read(await write('lines.csv', text));
    expect(events).toEqual([
      { journey: '7', type: 'A\nB.X', time: Date.UTC(2012, 0, 2), nanoseconds: 0, sequence: 0 },
      { journey: '9', type: 'C.X', time: Date.UTC(2012, 0, 1), nanoseconds: 0, sequence: 0 },
    ]);
  });

  it('may name its columns otherwise', async () => {
    const path = await write('other.csv', 'When,Ticket,Step\n2012-03-01T10:00:00+0100,A,closed\n');
    const { events } = await read(path, { journey: 'Ticket', type: 'ticket/{Step}', time: 'When' });
    expect(events).toEqual([
      { journey: 'A', type: 'ticket/closed', time: Date.UTC(2012, 2, 1, 9), nanoseconds: 0, sequence: 0 },
    ]);
  });

  it.each([
    ['too few fields', `${HEADER}${ROW}7,A\n`, 'Line 3 of the event log has another number of fields'],
    ['too many fields', `${HEADER}7,A,B,C,2011-10-01T00:00Z\n`, 'Line 2 of the event log has another number of fields'],
    ['a quote left open', `${HEADER}${ROW}7,"A,B,2011-10-01T00:00Z\n${ROW}`, 'after line 3 is not closed'],
    ['a quote left open, and a mebibyte after it', `${HEADER}7,"${'A'.repeat(2 ** 21)}`, 'after line 2 is not closed'],
    [
      'a quote left open, far from the end',
      `${HEADER}${ROW.repeat(9)}7,"A\n${ROW.repeat(99)}`,
      'after line 11 is not closed',
    ],
    [
      'one left open, far down',
      `${HEADER}${ROW.repeat(9_000)}7,"A\n${ROW.repeat(99)}`,
      'after line 9002 is not closed',
    ],
    [
      'one left open after lines in quotes',
      `${HEADER}7,"A\nB",X,2012-01-02T00:00Z\n7,"A\n`,
      'after line 4 is not closed',
    ],
    [
      'a quote within a field',
      `${HEADER}7,Jane "x" yesterday,B,2011-10-01T00:00Z\n`,
      'Line 2 of the event log is not CSV: a quote stands',
    ],
    [
      'one such, far down',
      `${HEADER}${ROW.repeat(9_000)}7,Jane "x" A,B,2011-10-01T00:00Z\n`,
      'Line 9002 of the event log is not CSV: a quote',
    ],
    [
      'more after a quote',
      `${HEADER}${ROW}7,"Jane"yesterday,B,2011-10-01T00:00Z\n`,
      'Line 3 of the event log is not CSV: a field in quotes goes on',
    ],
    [
      'more after a quote and a blank',
      `${HEADER}${ROW}7,"Jane" yesterday,B,2011-10-01T00:00Z\n`,
      'Line 3 of the event log is not CSV: a field in quotes goes on',
    ],
    ['JSON in a list', '[{"journey":"Jane","type":"yesterday"}]', 'write JSON as one CloudEvent a line'],
    ['no case', `${HEADER}${ROW}\n,A,B,2011-10-01T00:00Z\n`, "Line 4 has no journey: its column 'case_id' is empty"],
    ['no time', `${HEADER}7,A,B,\n`, "Line 2 has no time that can be read: write column 'timestamp'"],
    ['a day that there is not', `${HEADER}7,A,B,2011-02-30T00:00:00Z\n`, 'Line 2 has no time'],
    ['words for a time', `${HEADER}7,A,B,yesterday\n`, 'Line 2 has no time'],
    ['columns that it lacks', 'a,lifecycle,b\n1,2,3\n', "no column 'case_id', 'timestamp', 'activity'"],
    ['a header alone', HEADER, 'no lines below its header'],
    ['nothing', '', 'is empty'],
    ['blanks alone', '\n\n  \n', 'no lines below its header'],
  ])('with %s is refused with its line, and none of its content', async (name, content, says) => {
    const { code, exitCode, message } = await refusal(await write('bad.csv', content));
    expect([name, code, exitCode]).toEqual([name, 'bad-event-log', EXIT.refused]);
    expect(message).toContain(says);
    expect(message).not.toMatch(/yesterday|SUBMITTED|AAA|Jane/);
  });

  it('needs a type that names a column', async () => {
    const path = await write('good.csv', HEADER + ROW);
    expect((await refusal(path, { ...DEFAULT_COLUMNS, type: 'activity' })).message).toContain('--type names no column');
  });
});

describe('a log’s file', () => {
  it('that is not there or no file is said to be so', async () => {
    expect(await refusal(join(folder, 'nowhere.csv'))).toMatchObject({ code: 'no-event-log', exitCode: EXIT.usage });
    expect(await refusal(folder)).toMatchObject({ code: 'no-event-log', exitCode: EXIT.usage });
  });

  it('that is cut off or no gzip at all is refused', async () => {
    const cut = await write('cut.csv.gz', gzipSync(HEADER + ROW.repeat(500)).subarray(0, 80));
    expect((await refusal(cut)).message).toContain('damaged');
    expect((await refusal(await write('fake.csv.gz', HEADER + ROW))).message).toContain('not gzip');
  });
});

describe('a log of CloudEvents', () => {
  const event = (more: Record<string, unknown>): string =>
    JSON.stringify({
      ...{ specversion: '1.0', id: 'one', source: '/legacy/billing', type: 'payment.succeeded' },
      ...{ journey: 'ep_0000000000000001', time: '2026-01-31T09:30:00.000Z', ...more },
    });

  const AT = { time: Date.UTC(2026, 0, 31, 9, 30), nanoseconds: 0 };

  it('is read one a line, plain or packed, each source and id once', async () => {
    const text = [event({ sequence: '4' }), '', event({}), event({ id: 'two', type: 'payment.failed' })].join('\n');
    const expected = {
      duplicates: 1,
      events: [
        { journey: 'ep_0000000000000001', type: 'payment.succeeded', ...AT, sequence: 4 },
        { journey: 'ep_0000000000000001', type: 'payment.failed', ...AT, sequence: 0 },
      ],
    };
    expect(await read(await write('events.ndjson', text))).toEqual(expected);
    expect(await read(await write('events.ndjson.gz', gzipSync(`\ufeff${text}\n`)))).toEqual(expected);
  });

  it.each([
    ['no JSON', `${event({})}\n{ what is this`, 'Line 2 is not a JSON object'],
    ['a list', `${event({})}\n[]`, 'Line 2 is not a JSON object'],
    ['no journey', event({ journey: undefined }), "Line 1 has no attribute 'journey'"],
    ['no id', event({ id: 7 }), "Line 1 has no attribute 'id'"],
    ['no time', event({ time: 'yesterday' }), 'Line 1 has no time'],
    ['a bad sequence', event({ sequence: 'first' }), "Line 1 has no 'sequence'"],
    ['a line without an end', event({ data: 'x'.repeat(2 ** 21) }), 'Line 1 is longer'],
  ])('with %s is refused with its line', async (_, content, says) => {
    const { code, message } = await refusal(await write('bad.ndjson', content));
    expect(code).toBe('bad-event-log');
    expect(message).toContain(says);
    expect(message).not.toMatch(/yesterday|what is this/);
  });
});

describe('a time finer than a millisecond', () => {
  it.each([
    ['CSV', `${HEADER}7,A,X,2012-01-02 00:00:00.1234567\n`],
    ['CloudEvents', '{"id":"1","source":"/s","type":"A","journey":"7","time":"2012-01-02T00:00:00.1234567Z"}'],
  ])('keeps its digits in %s', async (_, text) => {
    const { events } = await read(await write('fine.log', text));
    expect(events).toMatchObject([{ time: Date.UTC(2012, 0, 2, 0, 0, 0, 123), nanoseconds: 456_700 }]);
  });
});

describe('a time as logs write it', () => {
  it.each([
    ['2011-10-01T00:38:44.546+02:00', Date.UTC(2011, 8, 30, 22, 38, 44, 546)],
    ['2011-10-01 00:38:44.5469', Date.UTC(2011, 9, 1, 0, 38, 44, 546)],
    ['2011-10-01 00:38 -0500', Date.UTC(2011, 9, 1, 5, 38)],
    ['2011-10-01T00:38:44+02', Date.UTC(2011, 8, 30, 22, 38, 44)],
    ['2011-10-01T00:38z', Date.UTC(2011, 9, 1, 0, 38)],
    ['2011-10-01', undefined],
    ['01.10.2011 00:38', undefined],
    ['1317429524', undefined],
  ])('%s', (text, time) => {
    expect(parseLogTime(text)).toBe(time);
  });
});
