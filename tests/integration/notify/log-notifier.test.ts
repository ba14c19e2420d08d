import { Writable } from 'node:stream';
import pino from 'pino';
import { LogNotifier } from '../../../activities/notify/log-notifier';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { aNotice, itBehavesLikeANotifier, type RunningNotifier } from './notifier-conformance';

interface LogLine {
  level: number;
  kind: string;
  urgency: string;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function start(): Promise<RunningNotifier & { lines: LogLine[] }> {
  const { db } = database;
  await db.query('TRUNCATE notice CASCADE');
  const lines: LogLine[] = [];
  const into = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as LogLine);
      done();
    },
  });
  const logger = pino({ level: 'debug' }, into);
  return {
    another: () => new LogNotifier(db, logger),
    db,
    lines,
    told: () => lines.map(({ kind, urgency }) => ({ kind, urgency })),
    carriesMessages: false,
    stop: () => Promise.resolve(),
  };
}

describe('LogNotifier', () => {
  itBehavesLikeANotifier(start);

  it('I15 logs where to look, and never a message that may hold what somebody typed', async () => {
    const running = await start();
    await running.another().send(aNotice({ message: 'Paused by engineer-1: the words of a person' }));
    const { migration, phase, cohort, onceKey } = aNotice();
    expect(running.lines).toEqual([expect.objectContaining({ migration, phase, cohort, onceKey })]);
    expect(JSON.stringify(running.lines)).not.toContain('words of a person');
    await running.stop();
  });

  it('warns where a person must act, and only then', async () => {
    const running = await start();
    await running.another().send(aNotice({ onceKey: 'a', urgency: 'page' }));
    await running.another().send(aNotice({ onceKey: 'b', urgency: 'info' }));
    expect(running.lines.map(({ level }) => level)).toEqual([pino.levels.values['warn'], pino.levels.values['info']]);
    await running.stop();
  });
});
