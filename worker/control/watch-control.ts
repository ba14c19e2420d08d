import type { Registry } from 'prom-client';
import { systemClock } from '../../platform/system-clock';
import { countSignals, showControl } from './control-metrics';
import { type ControlWatch, type ControlWatchOptions, startControlWatch } from './control-watch';
import { type DeadManReceiver, DeadManSignal } from './dead-man-signal';

type Seen = Pick<ControlWatchOptions, 'db' | 'control' | 'polling' | 'logger'>;

/** So that a signal is late by a third of its interval at most. */
const LOOKS_A_SIGNAL = 3;
const LONGEST_BETWEEN_LOOKS = 2_000;

/**
 * Looks at control, shows it to those who scrape, and tells the receiver where one is given. A receiver that is away costs a look some
 * seconds, and nobody else anything.
 */
export function watchControl(
  receiver: DeadManReceiver | undefined,
  { registry, ...seen }: Seen & { registry: Registry },
): ControlWatch {
  const onSignal = countSignals(registry, () => systemClock.now().getTime() / 1_000);
  const signal = receiver && new DeadManSignal({ ...receiver, clock: systemClock, logger: seen.logger, onSignal });
  const watch = startControlWatch({
    ...seen,
    ...(signal && { onLook: (finding) => signal.tell(finding) }),
    every: Math.min(LONGEST_BETWEEN_LOOKS, (receiver?.every ?? Infinity) / LOOKS_A_SIGNAL),
  });
  showControl(registry, () => watch.latest());
  return watch;
}
