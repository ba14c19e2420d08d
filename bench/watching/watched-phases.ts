import { setTimeout as delay } from 'node:timers/promises';
import { bucketOf } from '../../domain/sides/bucket';
import type { Side } from '../../domain/sides/side';
import type { Database } from '../../store/database';
import { copyIn } from '../decisions/copy-in';
import { unitKey } from '../load/unit-keys';
import { PHASE, TIME_SCALE, watchedPlan } from './watched-plan';
import type { WatchedSystem } from './watched-system';

/** Commands under way at once. */
const AT_ONCE = 8;
const COMES_WITHIN_MS = 240_000;
const ROWS_AT_ONCE = 2_000;

/** Migrations of one phase each, all of one plan, as people drive them over HTTP. */
export class WatchedPhases {
  readonly migrations: readonly string[];

  constructor(
    private readonly system: Pick<WatchedSystem, 'apiPort' | 'tokens' | 'databaseUrl'>,
    private readonly db: Database,
    count: number,
  ) {
    this.migrations = Array.from({ length: count }, (_, index) => `watched-${String(index).padStart(4, '0')}`);
  }

  /** Each is started by one person and let go by two others, until its first step is watched. */
  async start(): Promise<void> {
    const plan = watchedPlan();
    await this.each((id) => this.post('release-manager-1', '/v1/migrations', { plan, id, timeScale: TIME_SCALE }));
    await this.comeTo('awaitingGoNoGo');
    await this.each(async (id) => {
      const path = `/v1/migrations/${id}/phases/${PHASE}/approve`;
      await this.post('release-manager-2', path, {});
      await this.post('clinical-lead-1', path, {});
    });
    await this.comeTo('watching');
  }

  /** How many are watched now. */
  async watching(): Promise<number> {
    return this.countOf('watching');
  }

  /**
   * Places the units of so many journeys, each in the migration of its turn, as asking for their sides would have placed them.
   * @returns their sides
   */
  async place(journeys: number): Promise<readonly Side[]> {
    const { rows } = await this.db.query<{ id: string; salt: string; share: number; epoch: string; cohort: string }>(
      `SELECT m.id, m.salt, s.share, s.epoch::text AS epoch, s.cohort
         FROM migration m JOIN split s ON s.migration = m.id WHERE m.id = ANY ($1) ORDER BY m.id`,
      [this.migrations],
    );
    if (rows.length !== this.migrations.length) throw new Error('There is one split for each migration.');
    const sides: Side[] = [];
    const line = (journey: number): string => {
      const of = rows[journey % rows.length];
      if (of === undefined) return '';
      const unit = unitKey(journey);
      const side = bucketOf(of.salt, unit) < of.share ? 'target' : 'legacy';
      sides.push(side);
      return `${of.id}\t${PHASE}\t${unit}\t${of.cohort}\t${side}\t${of.epoch}\n`;
    };
    await copyIn(
      this.system.databaseUrl,
      'placement',
      'migration, phase, unit, cohort, side, epoch',
      chunks(journeys, line),
    );
    return sides;
  }

  private async comeTo(status: string): Promise<void> {
    const deadline = Date.now() + COMES_WITHIN_MS;
    while ((await this.countOf(status)) < this.migrations.length) {
      if (Date.now() > deadline) throw new Error(`Not every phase came to ${status}.`);
      await delay(250);
    }
  }

  private async countOf(status: string): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM cohort_run WHERE migration = ANY ($1) AND run ->> 'status' = $2`,
      [this.migrations, status],
    );
    return rows[0]?.count ?? 0;
  }

  private async each(act: (migration: string) => Promise<void>): Promise<void> {
    const waiting = this.migrations.values();
    const next = async (): Promise<void> => {
      for (const migration of waiting) await act(migration);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  /** Again and again where it is told to come again. */
  private async post(actor: string, path: string, body: object): Promise<void> {
    const { apiPort, tokens } = this.system;
    const deadline = Date.now() + COMES_WITHIN_MS;
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${apiPort}${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${tokens[actor] ?? ''}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (response.ok) return;
      if (response.status !== 503 || Date.now() > deadline)
        throw new Error(`${path} was answered ${response.status}: ${text}`);
      await delay(1_000);
    }
  }
}

function* chunks(count: number, line: (index: number) => string): Iterable<string> {
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const rows = Array.from({ length: Math.min(ROWS_AT_ONCE, count - from) }, (_, index) => line(from + index));
    yield rows.join('');
  }
}
