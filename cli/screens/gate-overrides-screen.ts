import type { GateOverride } from '../../domain/status/gate-override';
import { unreachable } from '../../domain/unreachable';
import { VERDICT_WORDS } from './cohort-lines';
import { table } from './table';

export function gateOverridesScreen({ overrides }: { overrides: readonly GateOverride[] }): string {
  if (overrides.length === 0) return 'No gate is overridden, and nobody asks for it.';
  return table(
    ['#OVERRIDE', 'PHASE', 'COHORT', 'GATE', 'OF', '#EPOCH', 'STATE', 'ASKED BY', 'CONFIRMED BY', 'WHY'],
    overrides.map((one) => [
      ...[one.id, one.phase, one.cohort, one.gate, VERDICT_WORDS[one.verdict], String(one.epoch)],
      ...[stateWords(one), one.askedBy, one.confirmedBy ?? '', one.reason],
    ]),
  );
}

/** One override, and what comes next. */
export function gateOverrideScreen({ override }: { override: GateOverride }): string {
  const { id, phase, cohort, gate, epoch, verdict, message, reason, askedBy } = override;
  return [
    `override ${id}: gate ${gate} of ${phase} / ${cohort}, at epoch ${epoch}`,
    `seen: ${VERDICT_WORDS[verdict]}, ${message}`,
    `asked by ${askedBy}: ${reason}`,
    nextOf(override, `handoff gate confirm ${id} --verdict ${quoted(VERDICT_WORDS[verdict])}`),
  ].join('\n');
}

/** As one argument of a command. */
export function quoted(words: string): string {
  return words.includes(' ') ? `"${words}"` : words;
}

function nextOf({ id, state, verdict, confirmedBy, withdrawnBy }: GateOverride, confirm: string): string {
  switch (state) {
    case 'asked':
      return `Nothing is overridden yet. Somebody else looks at it and confirms it with '${confirm}', or withdraws it with 'handoff gate withdraw ${id}'.`;
    case 'confirmed':
      return (
        `Confirmed by ${confirmedBy ?? ''}. Until the split changes, the gate neither holds the step nor rolls back; it is looked at and shown all the same.` +
        (verdict === 'limitCrossed' ? '' : ' Should its limit be crossed, it rolls back as agreed.')
      );
    case 'withdrawn':
      return `Withdrawn by ${withdrawnBy ?? ''}: it overrides nothing.`;
    case 'ended':
      return 'Ended, since the split changed: it overrides nothing.';
    default:
      return unreachable(state);
  }
}

export function stateWords({ state, withdrawnBy }: Pick<GateOverride, 'state' | 'withdrawnBy'>): string {
  return state === 'withdrawn'
    ? `withdrawn by ${withdrawnBy ?? ''}`
    : state === 'asked'
      ? 'waits for a second person'
      : state;
}
