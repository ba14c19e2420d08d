import { cpus } from 'node:os';
import { processTreeCpu } from './process-tree-cpu';

/** How busy the machine is with what is not ours, since this was made. */
export class MachineUse {
  private readonly before = MachineUse.now();

  /** Percent of all cores that other programs used. */
  get others(): number {
    const { all, busy, ours } = MachineUse.now();
    const whole = all - this.before.all;
    const others = busy - this.before.busy - (ours - this.before.ours);
    return whole === 0 ? 0 : (100 * Math.max(0, others)) / whole;
  }

  /** In microseconds of CPU. */
  private static now(): { all: number; busy: number; ours: number } {
    let all = 0;
    let busy = 0;
    for (const { times } of cpus()) {
      const working = times.user + times.nice + times.sys + times.irq;
      busy += working * 1_000;
      all += (working + times.idle) * 1_000;
    }
    return { all, busy, ours: processTreeCpu(process.pid) };
  }
}
