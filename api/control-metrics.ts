import { Gauge, type Registry } from 'prom-client';
import { readLastWhole } from '../store/control-check';
import type { Queryable } from '../store/database';

/**
 * Shows when any worker last found control whole, so that whoever scrapes the API alone sees it go, also where no worker is left to say so.
 * Without a value while Postgres is away: nobody knows then.
 */
export function showLastWhole(registry: Registry, db: Queryable): void {
  new Gauge({
    name: 'handoff_control_last_whole_timestamp_seconds',
    help: 'When a worker last found control whole, in seconds since 1970; 0 where none ever has, no value while Postgres is away.',
    registers: [registry],
    async collect() {
      this.reset();
      const at = await readLastWhole(db).catch(() => null);
      if (at === null) this.remove();
      else this.set((at?.getTime() ?? 0) / 1_000);
    },
  });
}
