import pino from 'pino';
import { LogNotifier } from '../../../activities/notify/log-notifier';
import { NotDelivered } from '../../../activities/notify/not-delivered';
import type { Notice, Notifier } from '../../../activities/notify/notifier';
import { startLimboTeller } from '../../../worker/limbo-teller';
import type { Repeating } from '../../../worker/repeat-until-stopped';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { joinProcess } from '../sides/joined-process';
import { startMigration } from '../sides/started-migration';

const logger = pino({ level: 'silent' });

describe('the page about an API process in limbo', () => {
  let database: TestDatabase;
  const tellers: Repeating[] = [];
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await Promise.all(tellers.splice(0).map((teller) => teller.stop()));
    await database.drop();
  });

  function start(notifier: Notifier = new LogNotifier(database.db, logger)): void {
    tellers.push(startLimboTeller({ db: database.db, notifier, logger, lookEvery: 10 }));
  }
  const told = async (): Promise<Notice[]> => {
    const { rows } = await database.db.query<Notice & Record<string, unknown>>(
      `SELECT migration, kind, urgency, message FROM notice ORDER BY migration, id`,
    );
    return rows;
  };

  it('goes out after a minute, once a live migration, whatever number of workers look', async () => {
    await startMigration(database.db, { id: 'first' });
    await startMigration(database.db, { id: 'second' });
    await joinProcess(database.db, { id: 'api-7', name: 'host-c', leaseLeft: -61_000, keepsJournal: true });
    await joinProcess(database.db, { id: 'restarting', leaseLeft: -20_000, keepsJournal: true });
    await joinProcess(database.db, { id: 'lapsed', leaseLeft: -90_000 });
    start();
    start();
    await until('both pages', async () => (await told()).length >= 2);
    await joinProcess(database.db, { id: 'another', leaseLeft: -61_000, keepsJournal: true });
    await until('the pages of another one', async () => (await told()).length >= 4);
    const notices = await told();
    expect(notices.map(({ migration }) => migration)).toEqual(['first', 'first', 'second', 'second']);
    expect(notices[0]).toMatchObject({ kind: 'processInLimbo', urgency: 'page' });
    expect(notices[0]?.message).toMatch(/^The API process api-7 \(host-c\) has not been heard of since /);
  });

  it('goes out anew when the process was back in between', async () => {
    await startMigration(database.db);
    await joinProcess(database.db, { id: 'api-7', leaseLeft: -61_000, keepsJournal: true });
    start();
    await until('the first page', async () => (await told()).length === 1);
    await joinProcess(database.db, { id: 'api-7', leaseLeft: -60_500, keepsJournal: true });
    await until('the second page', async () => (await told()).length === 2);
  });

  it('is tried again where it could not be handed over', async () => {
    await startMigration(database.db);
    await joinProcess(database.db, { id: 'api-7', leaseLeft: -61_000, keepsJournal: true });
    const within = new LogNotifier(database.db, logger);
    let tries = 0;
    start({
      send: (notice) => {
        tries += 1;
        return tries === 1 ? Promise.reject(new NotDelivered('answered 503')) : within.send(notice);
      },
    });
    await until('the page', async () => (await told()).length === 1);
  });
});
