import { setImmediate } from 'node:timers/promises';
import { TellingBeside } from '../../../activities/gates/telling-beside';
import type { Notice } from '../../../activities/notify/notifier';

const NOTICE: Notice = {
  ...{ onceKey: 'payment/everyone/held', migration: 'm', phase: 'payment', cohort: 'everyone' },
  ...{ kind: 'heldTooLong', urgency: 'page', message: 'The step waits.' },
};

describe('telling people beside the looks at a step', () => {
  it('tries again until it is told, ever more rarely, with the words of the first time, and then never again', async () => {
    const attempts: number[] = [];
    const words = new Set<string>();
    let look = 0;
    const failures: unknown[] = [];
    const telling = new TellingBeside(
      ({ message }) => {
        attempts.push(look);
        words.add(message);
        return attempts.length < 4 ? Promise.reject(new Error('away')) : Promise.resolve();
      },
      (error) => failures.push(error),
    );
    for (look = 0; look < 40; look += 1) {
      telling.tell({ ...NOTICE, message: `The step waits, look ${look}.` });
      await setImmediate();
    }
    expect(attempts).toEqual([0, 2, 5, 10]);
    expect([...words]).toEqual(['The step waits, look 0.']);
    expect(failures).toHaveLength(3);
  });

  it('sends no second one while the first is under way, and holds up no other', async () => {
    const sent: string[] = [];
    const telling = new TellingBeside(({ onceKey }) => {
      sent.push(onceKey);
      return onceKey === 'hangs' ? new Promise(() => undefined) : Promise.resolve();
    });
    for (let look = 0; look < 3; look += 1) {
      telling.tell({ ...NOTICE, onceKey: 'hangs' });
      telling.tell({ ...NOTICE, onceKey: 'goes' });
      await setImmediate();
    }
    expect(sent).toEqual(['hangs', 'goes']);
  });
});
