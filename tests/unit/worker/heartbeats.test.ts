import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { withHeartbeats } from '../../../activities/heartbeats';

describe('an activity that may take minutes', () => {
  it('tells that its worker lives for as long as it runs, and no longer', async () => {
    const environment = new MockActivityEnvironment();
    let beats = 0;
    environment.on('heartbeat', () => (beats += 1));
    const { mend } = withHeartbeats({
      mend: async (answer: string) => {
        while (beats < 2) await delay(10);
        return answer;
      },
    });
    expect(await environment.run(mend, 'mended')).toBe('mended');
    const until = beats;
    await delay(1_500);
    expect(beats).toBe(until);
  });

  it('fails as it failed, and tells nothing after that', async () => {
    const environment = new MockActivityEnvironment();
    let beats = 0;
    environment.on('heartbeat', () => (beats += 1));
    const { mend } = withHeartbeats({ mend: () => Promise.reject(new Error('no')) });
    await expect(environment.run(mend)).rejects.toThrow('no');
    await delay(1_500);
    expect(beats).toBe(0);
  });
});
