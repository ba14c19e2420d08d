import fc from 'fast-check';
import { VICTIMS, type Victim } from './crash-system';

/** One migration's part in a round: when it is rolled back, in milliseconds after the kills may begin. */
export interface CrashPart {
  /** null: never. */
  rollbackAt: number | null;
  scope: 'phase' | 'cohort';
  /** Where people on target go when it is rolled back. */
  inFlight: 'bringBack' | 'finish';
}

/** What is killed while some migrations ramp, each with its time in milliseconds. */
export interface CrashScript {
  kills: readonly { victim: Victim; at: number }[];
  parts: readonly CrashPart[];
}

/** How long kills and rollbacks are spread over, in milliseconds. */
export const CRASHES_LAST = 3_000;

const part: fc.Arbitrary<CrashPart> = fc.record({
  rollbackAt: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: CRASHES_LAST }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  scope: fc.constantFrom('phase' as const, 'cohort' as const),
  inFlight: fc.constantFrom('bringBack' as const, 'finish' as const),
});

/** The round that a seed gives: always the same. */
export function crashScript(seed: number, histories: number): CrashScript {
  const kills = fc
    .uniqueArray(fc.constantFrom(...VICTIMS), { minLength: 1, maxLength: 3, size: 'max' })
    .chain((victims) =>
      fc.tuple(...victims.map((victim) => fc.integer({ min: 0, max: CRASHES_LAST }).map((at) => ({ victim, at })))),
    );
  const parts = fc.array(part, { minLength: histories, maxLength: histories, size: 'max' });
  const [script] = fc.sample(fc.record({ kills, parts }), { seed, numRuns: 1 });
  if (script === undefined) throw new Error('A seed gave nothing.');
  return script;
}
