import jsonata from 'jsonata';
import { HookRefused } from './hook-refusal';

/**
 * What an expression may call: what reads and compares. Nothing that looks at the clock or at chance, that evaluates text, that repeats, or that makes
 * long text of short one.
 */
const FUNCTIONS = new Set([
  ...['string', 'length', 'substring', 'substringBefore', 'substringAfter', 'uppercase', 'lowercase', 'trim'],
  ...['contains', 'split', 'join', 'number', 'abs', 'floor', 'ceil', 'round', 'sum', 'max', 'min', 'average'],
  ...['boolean', 'not', 'exists', 'count', 'append', 'reverse', 'distinct', 'keys', 'lookup', 'merge', 'type'],
  ...['toMillis', 'fromMillis'],
]);

/** Parts of the language that cannot run without end, whatever the payload. Loops, lambdas, ranges, patterns and searches at any depth are not among them. */
const PARTS = new Set([
  ...['path', 'name', 'string', 'number', 'value', 'wildcard', 'binary', 'unary', 'condition', 'block', 'variable'],
  ...['function', 'filter', 'index', 'sort'],
]);

const LONGEST = 500;
const BOUNDS = { timeout: 100, stack: 200, sequence: 10_000 } as const;

interface Node {
  type?: unknown;
  value?: unknown;
  position?: unknown;
  procedure?: Node;
  [name: string]: unknown;
}

/** What is wrong with an expression, to mend; undefined where nothing is. */
export function expressionFault(text: string): string | undefined {
  if (text.length > LONGEST) return `Write ${LONGEST} characters at most.`;
  let root: Node;
  try {
    root = jsonata(text, BOUNDS).ast() as unknown as Node;
  } catch (error) {
    const { position } = error as { position?: unknown };
    const where = typeof position === 'number' ? ` near its sign ${Math.max(1, position)}` : '';
    return `This is no JSONata expression: it cannot be read${where}. Write a path, such as data.object.status, or see docs/hooks.md.`;
  }
  return faultOf(root);
}

function faultOf(node: unknown): string | undefined {
  if (Array.isArray(node)) return first(node.map(faultOf));
  if (typeof node !== 'object' || node === null) return undefined;
  const { type, value } = node as Node;
  if (typeof type === 'string') {
    if (!PARTS.has(type))
      return NOT_TAKEN[type] ?? 'This part of JSONata is not taken here. Write a path with conditions.';
    if (type === 'binary' && value === '..') return NOT_TAKEN['range'];
    if (type === 'function') {
      const called = (node as Node).procedure?.value;
      if (typeof called !== 'string' || !FUNCTIONS.has(called))
        return `An expression may call ${[...FUNCTIONS].map((name) => `$${name}`).join(', ')}, and nothing else.`;
      return faultOf((node as Node)['arguments']) ?? stagesFault(node as Node);
    }
    if (type === 'variable' && value !== '' && value !== '$')
      return 'An expression has no variables but $ and $$. Write the path to the value.';
  }
  return first(
    Object.entries(node)
      .filter(([name]) => name !== 'procedure')
      .map(([, inner]) => faultOf(inner)),
  );
}

function stagesFault(node: Node): string | undefined {
  return first(['predicate', 'stages', 'group'].map((name) => faultOf(node[name])));
}

const NOT_TAKEN: Readonly<Record<string, string>> = {
  regex: 'Patterns are not taken: one can run for hours. Compare with = or in, or use $contains with text.',
  lambda: 'Functions of your own are not taken. Write a path with conditions.',
  descendant: "'**' is not taken: it looks through all of a payload. Write the path.",
  parent: "'%' is not taken. Write the path from the top: $$.name",
  transform: 'Nothing of a payload is changed. Write a path with conditions.',
  bind: 'An expression has no variables. Write the path where it is needed.',
  partial: 'Functions of your own are not taken. Write a path with conditions.',
  range: "Ranges ('..') are not taken. Write what is meant.",
  apply: "'~>' is not taken. Write the call around its value: $lowercase(name)",
};

function first(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}

/** A plan's expression, read once. */
export class Expression {
  private readonly read: jsonata.Expression;

  /** @param text one that lint found nothing wrong with */
  constructor(readonly text: string) {
    const fault = expressionFault(text);
    if (fault !== undefined) throw new TypeError(fault);
    this.read = jsonata(text, BOUNDS);
  }

  /** What it says of a payload; undefined where there is nothing. @throws HookRefused where it runs too long, or fails on what is there */
  async evaluate(input: unknown): Promise<unknown> {
    try {
      const result: unknown = await this.read.evaluate(input);
      return result ?? undefined;
    } catch {
      // Its own message quotes what it failed on.
      throw new HookRefused(
        'hook-expression-failed',
        'An expression of the hook fails on this payload, or takes too long. Try the payload with `handoff hooks test`.',
      );
    }
  }

  /** The paths that it reads, as far as they are written out: `data.object.status`. */
  get paths(): string[] {
    const found: string[] = [];
    collect(this.read.ast(), '', found);
    return found;
  }
}

function collect(node: unknown, at: string, found: string[]): void {
  if (Array.isArray(node)) {
    for (const inner of node) collect(inner, at, found);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { type, value, steps } = node as Node;
  if (type === 'path' && Array.isArray(steps)) {
    let path = at;
    for (const step of steps as Node[]) {
      if (step.type === 'name' && typeof step.value === 'string')
        path = path === '' ? step.value : `${path}.${step.value}`;
      else collect(step, path, found);
      for (const name of ['stages', 'predicate']) collect(step[name], path, found);
    }
    found.push(path);
    return;
  }
  if (type === 'name' && typeof value === 'string') found.push(at === '' ? value : `${at}.${value}`);
  for (const [name, inner] of Object.entries(node)) if (name !== 'procedure') collect(inner, at, found);
}
