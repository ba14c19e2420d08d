import type { Notice, Notifier } from '../../../activities/notify/notifier';
import type { Database } from '../../../store/database';

export interface RunningNotifier {
  /** A notifier as another worker process would have it: nothing in memory, the same database and the same way out. */
  another(): Notifier;
  db: Database;
  /** What reached people so far, in order. */
  told(): { kind: string; urgency: string; message?: string }[];
  /** Whether what reaches people carries the message, or says only what happened and where. */
  carriesMessages: boolean;
  stop: () => Promise<void>;
}

export function aNotice(over: Partial<Notice> = {}): Notice {
  return {
    onceKey: 'payment/everyone/7/limitCrossed',
    migration: 'spring-move',
    phase: 'payment',
    cohort: 'everyone',
    kind: 'limitCrossed',
    urgency: 'page',
    message: 'payment, everyone: kept 0.41 < 0.97 (n=212). Arrivals are back on legacy.',
    ...over,
  };
}

/** What every notifier does, whatever its way out. */
export function itBehavesLikeANotifier(start: () => Promise<RunningNotifier>): void {
  describe('behaves like a notifier', () => {
    let running: RunningNotifier;
    beforeEach(async () => {
      running = await start();
    });
    afterEach(() => running.stop());

    it('tells people what happened and how urgent it is', async () => {
      const notice = aNotice();
      await running.another().send(notice);
      expect(running.told()).toEqual([
        expect.objectContaining({
          kind: notice.kind,
          urgency: notice.urgency,
          ...(running.carriesMessages && { message: notice.message }),
        }),
      ]);
    });

    it('tells the same notice once, however often it is sent and by whichever worker', async () => {
      const first = running.another();
      await first.send(aNotice());
      await first.send(aNotice());
      await running.another().send(aNotice());
      expect(running.told()).toHaveLength(1);
    });

    it('tells what another migration, or another moment of this one, has to say', async () => {
      const notifier = running.another();
      await notifier.send(aNotice());
      await notifier.send(aNotice({ migration: 'autumn-move' }));
      await notifier.send(aNotice({ onceKey: 'payment/everyone/8/rolledBack', kind: 'rolledBack' }));
      expect(running.told().map(({ kind }) => kind)).toEqual(['limitCrossed', 'limitCrossed', 'rolledBack']);
    });

    it('tells of a whole migration, where there is neither phase nor cohort', async () => {
      await running.another().send(aNotice({ phase: null, cohort: null, urgency: 'info' }));
      expect(running.told()).toEqual([expect.objectContaining({ urgency: 'info' })]);
    });

    it('keeps each notice with the moment it was handed over', async () => {
      await running.another().send(aNotice());
      const { rows } = await running.db.query<{ once_key: string; message: string; delivered: boolean }>(
        'SELECT once_key, message, delivered_at >= created_at AS delivered FROM notice',
      );
      expect(rows).toEqual([{ once_key: aNotice().onceKey, message: aNotice().message, delivered: true }]);
    });
  });
}
