import { PROBE_RESULTS, type Probe } from '../../../activities/preflight/probe';
import type { ReceivedRequest } from '../local-http-server';

/** A probe with the stack that it asks. */
export interface RunningProbe {
  probe: Probe;
  /** The longest that `probe` may take, in milliseconds. */
  timeout: number;
  /** Whether the stack is as the probe expects. */
  beHealthy(): void;
  beBroken(): void;
  /** Takes requests and never answers. */
  fallSilent(): void;
  /** Is not there at all. */
  goAway(): Promise<void>;
  /** Text that the stack puts into everything it answers. */
  canary: string;
  received(): readonly ReceivedRequest[];
  stop: () => Promise<void>;
}

/** What every probe does, whatever it asks. */
export function itBehavesLikeAProbe(start: () => Promise<RunningProbe>): void {
  describe('behaves like a probe', () => {
    let running: RunningProbe;
    beforeEach(async () => {
      running = await start();
    });
    afterEach(() => running.stop());

    it('passes a stack that is as expected, each time it asks', async () => {
      running.beHealthy();
      expect((await running.probe.run()).result).toBe('pass');
      expect((await running.probe.run()).result).toBe('pass');
    });

    it('fails one that is not, and passes it again once it is repaired', async () => {
      running.beBroken();
      expect((await running.probe.run()).result).toBe('fail');
      running.beHealthy();
      expect((await running.probe.run()).result).toBe('pass');
    });

    it('ends within its own timeout when the stack does not answer, and does not pass it', async () => {
      running.fallSilent();
      const began = performance.now();
      const { result, message } = await running.probe.run();
      // Timers of a busy machine run late.
      expect(performance.now() - began).toBeLessThan(running.timeout * 10);
      expect(PROBE_RESULTS).toContain(result);
      expect(result).not.toBe('pass');
      expect(message).toContain(`${running.timeout} ms`);
    });

    it('never throws: a stack that is not there is a finding', async () => {
      await running.goAway();
      const { result, message } = await running.probe.run();
      expect(result).not.toBe('pass');
      expect(message).not.toBe('');
    });

    it('changes nothing there', async () => {
      running.beHealthy();
      await running.probe.run();
      expect(running.received().length).toBeGreaterThan(0);
      expect(running.received().filter(({ method, body }) => !['GET', 'HEAD'].includes(method) || body !== '')).toEqual(
        [],
      );
    });

    it('repeats nothing of what it received', async () => {
      running.beHealthy();
      const passed = await running.probe.run();
      running.beBroken();
      const failed = await running.probe.run();
      expect(passed.message + failed.message).not.toContain(running.canary);
    });
  });
}
