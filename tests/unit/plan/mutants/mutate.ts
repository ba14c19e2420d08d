import { isDeepStrictEqual } from 'node:util';
import { isCollection, isPair, isScalar, parseDocument, type Document } from 'yaml';
import { formatPath, type PlanPath } from '../../../../domain/plan/plan-problem';

export const OPERATORS = ['delete', 'duplicate', 'retype', 'outOfRange', 'unknownReference'] as const;
export type Operator = (typeof OPERATORS)[number];

/** A plan with one thing changed. */
export interface Mutant {
  operator: Operator;
  path: PlanPath;
  /** The path without the places in lists, which many share: `phases[].gates[].rule.atLeast`. */
  pattern: string;
  text: string;
  /** Whether something is gone that other parts of the plan may name: there it is missed. */
  takesAway: boolean;
  /** The lines that the change is in, 1-based, the last one included. What is deleted was in what is around it. */
  lines: { from: number; to: number };
}

/** Every value of a document, lists and maps included, by its path. */
export function pathsOf(value: unknown, path: PlanPath = []): PlanPath[] {
  if (typeof value !== 'object' || value === null) return [path];
  const names: PlanPath = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const inner = names.flatMap((name) => pathsOf((value as Record<string | number, unknown>)[name], [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}

export function patternOf(path: PlanPath): string {
  return formatPath(path).replace(/\[\d+\]/g, '[]');
}

/**
 * The plan with one operator at one path, as text of one value a line. Undefined where the operator has nothing to do there.
 *
 * @param text YAML without aliases and without anything that a writer chooses: as `stringify` writes it
 */
export function mutate(text: string, operator: Operator, path: PlanPath): Mutant | undefined {
  const document = parseDocument(text);
  const value = (document.getIn(path, true) as { toJSON(): unknown } | undefined)?.toJSON();
  const around = path.slice(0, -1);
  const last = path.at(-1);
  let at = path;
  switch (operator) {
    case 'delete':
      document.deleteIn(path);
      at = around;
      break;
    case 'duplicate': {
      if (typeof last !== 'number') return namedTwice(text, path);
      const list = document.getIn(around, true);
      if (!isCollection(list)) return undefined;
      list.items.splice(last + 1, 0, document.createNode(value) as never);
      at = around;
      break;
    }
    case 'retype':
      document.setIn(path, document.createNode(retyped(value)));
      break;
    case 'outOfRange': {
      const changed = outOfRange(value);
      if (changed === undefined || isDeepStrictEqual(changed, value)) return undefined;
      document.setIn(path, document.createNode(changed));
      break;
    }
    case 'unknownReference':
      if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9._-]*$/.test(value)) return undefined;
      document.setIn(path, `${value.slice(0, 40)}zzzz`);
      break;
  }
  const written = document.toString({ lineWidth: 0 });
  const takesAway = operator === 'delete' || operator === 'unknownReference' || Array.isArray(value);
  return { operator, path, pattern: patternOf(path), text: written, takesAway, lines: linesOf(written, at) };
}

/** A name of a map, with its value, once more. */
function namedTwice(text: string, path: PlanPath): Mutant | undefined {
  const document = parseDocument(text);
  const map = document.getIn(path.slice(0, -1), true);
  if (!isCollection(map) && path.length > 1) return undefined;
  const items = (isCollection(map) ? map : document.contents) as { items: unknown[] };
  const index = items.items.findIndex((item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1));
  const pair = items.items[index];
  if (!isPair(pair)) return undefined;
  items.items.splice(index + 1, 0, pair);
  const written = document.toString({ lineWidth: 0 });
  return {
    operator: 'duplicate',
    path,
    pattern: patternOf(path),
    text: written,
    takesAway: false,
    lines: linesOf(written, path.slice(0, -1)),
  };
}

function retyped(value: unknown): unknown {
  if (Array.isArray(value)) return { a: 'list' };
  if (typeof value === 'object' && value !== null) return ['a map'];
  return { instead: 'of it' };
}

function outOfRange(value: unknown): unknown {
  if (typeof value === 'number') return -1_000_000;
  if (typeof value === 'boolean') return 2;
  if (Array.isArray(value)) return [];
  if (typeof value !== 'string') return undefined;
  if (/^\d+(\.\d+)?%$/.test(value)) return '1000%';
  if (/^\d+(ms|s|m|h|d|w)$/.test(value)) return '900d';
  if (/^\d+(bh|bd)$/.test(value)) return '0bd';
  return 'x'.repeat(2_000);
}

function linesOf(text: string, path: PlanPath): Mutant['lines'] {
  const document: Document.Parsed = parseDocument(text, { uniqueKeys: false });
  const node =
    path.length === 0 ? document.contents : (document.getIn(path, true) as { range?: [number, number, number] });
  const [from, to] = node?.range ?? [0, text.length];
  const line = (offset: number): number => text.slice(0, offset).split('\n').length;
  // The name of a map or list stands on the line before it.
  const named = path.length > 0 && typeof path.at(-1) === 'string' && isCollection(node) ? 1 : 0;
  return { from: line(from) - named, to: line(Math.max(from, to - 1)) };
}
