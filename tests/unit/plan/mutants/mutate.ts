import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
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

type Values = Record<string | number, unknown>;

/** Every value of a document, lists and maps included, by its path. */
export function pathsOf(value: unknown, path: PlanPath = []): PlanPath[] {
  if (typeof value !== 'object' || value === null) return [path];
  const names: PlanPath = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const inner = names.flatMap((name) => pathsOf((value as Values)[name], [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}

export function patternOf(path: PlanPath): string {
  return formatPath(path).replace(/\[\d+\]/g, '[]');
}

/** A document as YAML, one value a line. */
export function written(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The plan with one operator at one path. Undefined where the operator has nothing to do there. */
export function mutate(document: unknown, operator: Operator, path: PlanPath): Mutant | undefined {
  const value = valueAt(document, path);
  const around = path.slice(0, -1);
  const made = (at: PlanPath, instead: string): Mutant => ({
    ...{ operator, path, pattern: patternOf(path), ...put(document, at, instead) },
    takesAway:
      operator === 'delete' || operator === 'unknownReference' || (operator === 'outOfRange' && Array.isArray(value)),
  });
  switch (operator) {
    case 'delete':
      return made(around, written(without(valueAt(document, around), path.at(-1) ?? '')));
    case 'duplicate':
      return made(around, twice(valueAt(document, around), path.at(-1) ?? ''));
    case 'retype':
      return made(path, written(retyped(value)));
    case 'outOfRange': {
      const changed = outOfRange(value);
      return changed === undefined || isDeepStrictEqual(changed, value) ? undefined : made(path, written(changed));
    }
    case 'unknownReference':
      if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9._-]*$/.test(value)) return undefined;
      return made(path, written(`${value.slice(0, 40)}zzzz`));
  }
}

function valueAt(document: unknown, path: PlanPath): unknown {
  return path.reduce<unknown>((value, step) => (value as Values)[step], document);
}

function without(value: unknown, name: string | number): unknown {
  if (Array.isArray(value)) return value.filter((_, index) => index !== name);
  return Object.fromEntries(Object.entries(value as Values).filter(([other]) => other !== name));
}

/** A list with an entry once more, or a map with a name once more: as text, since no value has a name twice. */
function twice(value: unknown, name: string | number): string {
  if (Array.isArray(value))
    return written(value.flatMap((item: unknown, index) => (index === name ? [item, item] : [item])));
  const again = 'namedTwice';
  const entries = Object.entries(value as Values).flatMap(([other, item]) =>
    other === name ? [[other, item] as const, [again, item] as const] : [[other, item] as const],
  );
  return written(Object.fromEntries(entries)).replace(new RegExp(`^${again}:`, 'm'), `${name}:`);
}

/** Writes a document with other text in place of one value, and says in which lines that stands. */
function put(document: unknown, at: PlanPath, instead: string): Pick<Mutant, 'text' | 'lines'> {
  const block = instead.trimEnd().split('\n');
  if (at.length === 0) return { text: instead, lines: { from: 1, to: block.length } };
  const mark = 'changedHere';
  const lines = written(replaced(document, at, mark)).split('\n');
  const index = lines.findIndex((line) => line.endsWith(` ${mark}`));
  const line = lines[index] ?? '';
  const named = !line.trimStart().startsWith(`- ${mark}`);
  const depth = named ? line.search(/[^\s-]/) : line.indexOf(mark);
  const nested = named && (block.length > 1 || /^(- |[\w.'"-]+:( |$))/.test(block[0] ?? ''));
  const shown = nested
    ? [line.slice(0, -mark.length - 1), ...block.map((part) => ' '.repeat(depth + 2) + part)]
    : [line.slice(0, -mark.length) + (block[0] ?? ''), ...block.slice(1).map((part) => ' '.repeat(depth) + part)];
  lines.splice(index, 1, ...shown);
  return { text: lines.join('\n'), lines: { from: index + 1, to: index + shown.length } };
}

function replaced(value: unknown, [step, ...rest]: PlanPath, instead: unknown): unknown {
  if (step === undefined) return instead;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === step ? replaced(item, rest, instead) : item));
  return { ...(value as Values), [step]: replaced((value as Values)[step], rest, instead) };
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
