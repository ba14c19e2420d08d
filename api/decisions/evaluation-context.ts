import { InvalidContext } from '../../domain/sides/invalid-context';
import { KeyOutsideGrammar, prefixOf } from '../../domain/sides/key-grammar';
import type { Side } from '../../domain/sides/side';
import { syntheticSide } from '../../domain/sides/synthetic-key';
import { UNIT_KINDS, type UnitKind } from '../../domain/sides/units';
import type { Plan } from '../../domain/plan/plan-schema';
import { MalformedEvaluation, TargetingKeyMissing } from './evaluation-failure';

/** What a stack says about whom it asks for. Of it, only keys and the attributes that a plan declares are ever looked at; nothing is kept. */
export interface EvaluationContext {
  /** Within the grammar of keys. */
  targetingKey: string;
  attributes: Readonly<Record<string, unknown>>;
}

/**
 * The context of an evaluation request.
 * @throws MalformedEvaluation, InvalidContext, TargetingKeyMissing, KeyOutsideGrammar
 */
export function readContext(body: unknown): EvaluationContext {
  const context = uncheckedContext(body);
  if (prefixOf(context.targetingKey) === undefined) throw new KeyOutsideGrammar("The context's targetingKey");
  return context;
}

/**
 * The same, whose targeting key may be outside of the grammar: for whoever only looks for a key that was within it before.
 * @throws MalformedEvaluation, InvalidContext, TargetingKeyMissing
 */
export function uncheckedContext(body: unknown): EvaluationContext {
  if (!isRecord(body)) throw new MalformedEvaluation();
  const context = body['context'];
  if (context === undefined || context === null) throw new TargetingKeyMissing();
  if (!isRecord(context)) throw new InvalidContext("Send 'context' as a JSON object.");
  const targetingKey = Object.hasOwn(context, 'targetingKey') ? context['targetingKey'] : undefined;
  if (typeof targetingKey !== 'string' || targetingKey === '') throw new TargetingKeyMissing();
  return { targetingKey, attributes: context };
}

/**
 * The key that a phase's unit is known by: the targeting key where it has that unit's prefix, else the attribute that is named after the
 * unit (`visitor`, `episode`, …), so that one context serves phases of different units. undefined where there is neither.
 * @throws KeyOutsideGrammar where that attribute is no key of that kind
 */
export function unitKeyIn(context: EvaluationContext, kind: UnitKind, prefixes: Plan['keys']): string | undefined {
  const prefix = prefixes[kind];
  if (prefix === undefined) return undefined;
  const { targetingKey } = context;
  if (targetingKey.startsWith(prefix) && targetingKey.startsWith('_', prefix.length)) return targetingKey;
  const named = Object.hasOwn(context.attributes, kind) ? context.attributes[kind] : undefined;
  if (named === undefined || named === null) return undefined;
  if (typeof named !== 'string' || prefixOf(named) !== prefix) {
    throw new KeyOutsideGrammar(`The context's attribute '${kind}'`, prefix);
  }
  return named;
}

/** The side that a synthetic patient goes through, where one of the keys sent is of one. */
export function syntheticSideIn({ targetingKey, attributes }: EvaluationContext): Side | undefined {
  const ofTargetingKey = syntheticSide(targetingKey);
  if (ofTargetingKey !== undefined) return ofTargetingKey;
  for (const kind of UNIT_KINDS) {
    const named = Object.hasOwn(attributes, kind) ? attributes[kind] : undefined;
    const side = typeof named === 'string' ? syntheticSide(named) : undefined;
    if (side !== undefined) return side;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
