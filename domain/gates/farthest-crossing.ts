import { SEVERITIES, type Severity } from '../plan/journey';
import type { RollbackRule } from '../plan/plan-schema';
import { unreachable } from '../unreachable';

/** From the action that goes farthest: each is done with by one before it. A pause stops arrivals; a step back lets some through. */
const FARTHEST_FIRST = ['migration', 'phase', 'cohort', 'pause', 'step'] as const;

interface CrossedGate {
  id: string;
  severity: Severity;
}

/**
 * Of gates of one phase whose limits are crossed at one look, the one that is acted on: whose agreed action goes farthest, so that none of
 * what was agreed is left out; then the one that costs patients most. The order in which a plan lists them says nothing.
 */
export function farthestCrossing<Finding extends { gate: CrossedGate }>(
  crossed: readonly Finding[],
  rules: readonly RollbackRule[],
): Finding | undefined {
  const reach = ({ gate }: Finding): number =>
    FARTHEST_FIRST.indexOf(reachOf(rules.find((rule) => rule.gate === gate.id)));
  return [...crossed].sort(
    (one, other) =>
      reach(one) - reach(other) ||
      SEVERITIES.indexOf(one.gate.severity) - SEVERITIES.indexOf(other.gate.severity) ||
      (one.gate.id < other.gate.id ? -1 : 1),
  )[0];
}

/** What is done of itself; a gate without a rule, which no plan has, pauses. */
function reachOf(rule: RollbackRule | undefined): (typeof FARTHEST_FIRST)[number] {
  if (rule === undefined) return 'pause';
  switch (rule.action.kind) {
    case 'pause':
      return 'pause';
    case 'rollback':
      return rule.action.scope;
    default:
      return unreachable(rule.action);
  }
}
