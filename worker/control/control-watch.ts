import type { ControlProof } from '../../activities/gates/control-proof';
import { judgeControl, type ControlGap } from '../../domain/control/judge-control';
import type { Milliseconds } from '../../domain/time/duration';
import { describeFailure } from '../../platform/describe-failure';
import { inTime } from '../../platform/in-time';
import type { Logger } from '../../platform/logger';
import { noteControlCheck, readControl } from '../../store/control-check';
import type { Queryable } from '../../store/database';
import { repeatUntilStopped, type Repeating } from '../repeat-until-stopped';

/** What one look at control found. */
export interface ControlFinding {
  /** Empty: control is whole. */
  gaps: readonly ControlGap[];
  /** How long ago any worker found it whole; undefined where nobody knows. */
  wholeAgo: Milliseconds | undefined;
}

export interface ControlWatchOptions {
  db: Queryable;
  control: ControlProof;
  /** Whether this process takes up tasks. */
  polling: () => boolean;
  logger: Logger;
  /** Told of each look, whole or not. Must not throw, and must end by itself. */
  onLook?: (finding: ControlFinding) => Promise<void>;
  /** Between two looks. */
  every?: Milliseconds;
  /** How long Postgres may take for one look: a database that answers later is none that people can act by. */
  within?: Milliseconds;
}

export interface ControlWatch extends Repeating {
  /** What the last look found; undefined where there was none, or none of late: then nobody can say. */
  latest(): ControlFinding | undefined;
}

const EVERY: Milliseconds = 2_000;
const WITHIN: Milliseconds = 3_000;
/** A finding is worth nothing when it is older than this: the process may have been paused. */
const KEEPS_FOR: Milliseconds = 15_000;

/** Looks again and again whether control is whole. Nothing that it meets ends it, and nothing else waits for it. */
export function startControlWatch(options: ControlWatchOptions): ControlWatch {
  const { logger, onLook, every = EVERY } = options;
  let latest: { finding: ControlFinding; at: number } | undefined;
  let before: string | undefined;
  const looking = repeatUntilStopped(
    async () => {
      const finding = await look(options);
      latest = { finding, at: performance.now() };
      const now = finding.gaps.join(' ');
      if (now !== before) {
        before = now;
        if (now === '') logger.info('control is whole');
        else logger.warn({ gaps: finding.gaps }, 'control is not whole');
      }
      await onLook?.(finding);
      return every;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'control could not be looked at; trying again');
    },
  );
  return {
    latest: () => (latest === undefined || performance.now() - latest.at > KEEPS_FOR ? undefined : latest.finding),
    stop: () => looking.stop(),
  };
}

async function look({ db, control, polling, within = WITHIN }: ControlWatchOptions): Promise<ControlFinding> {
  const read = await inTime(
    (async () => {
      const { now, stored } = await readControl(db);
      const provenAt = control.provenAt();
      const temporalSilentFor = provenAt === undefined ? undefined : now.getTime() - provenAt.getTime();
      const gaps = judgeControl({ polling: polling(), temporalSilentFor, stored });
      return { gaps, wholeAgo: await noteControlCheck(db, gaps.length === 0) };
    })().catch(() => undefined),
    within,
    undefined,
  );
  return read ?? { gaps: judgeControl({ polling: polling() }), wholeAgo: undefined };
}
