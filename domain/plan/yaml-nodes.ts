import { isAlias, isMap, isScalar, type Alias, type ParsedNode, type YAMLMap } from 'yaml';
import type { LintCode } from './lint/lint-catalogue';
import { quoteName, type PlanPath } from './plan-problem';

/** Stands for what is written but could not be read, which is not the same as nothing; it fits no schema. */
export const UNREADABLE = Symbol('unreadable');

/** Where a value is written: offsets in the text. */
export interface Place {
  value: unknown;
  at: number;
  /** After its last character. */
  end: number;
  /** The name that the value has in its map. */
  name?: { at: number; end: number };
  /** By name or index; absent for a value that holds no others. */
  children?: Map<string | number, Place>;
  /** How many values it is, aliases written out. */
  size: number;
  /** Where the plan's own text has it, where the merge with a template gave it another path. */
  written?: PlanPath;
  /** The template that it comes from, where the plan's own text does not have it. */
  template?: string;
}

export interface NodeProblem {
  code: LintCode;
  offset: number;
  end: number;
  path: PlanPath;
  message: string;
}

/** Offsets in the text: where something begins, and after its last character. */
type Span = Pick<Place, 'at' | 'end'>;

export interface NodeLimits {
  /** Lists and maps inside each other. */
  depth: number;
  /** Values, each alias counted as all that it stands for. */
  values: number;
}

/**
 * Turns YAML nodes into plain values, with the place of each, and says what is wrong with the way they are written. What cannot
 * be read has the value UNREADABLE. A name given twice keeps its first value.
 */
export function readNodes(root: ParsedNode, limits: NodeLimits): { root: Place; problems: NodeProblem[] } {
  const reader = new NodeReader(limits);
  return { root: reader.read(root), problems: reader.problems };
}

class NodeReader {
  readonly problems: NodeProblem[] = [];
  /** `reading` while the anchor's own value is being read: an alias in there would never end. */
  private readonly anchors = new Map<string, Place | 'reading'>();
  private repeated = 0;
  /** Where the reader is: names and indexes from the root. */
  private readonly path: (string | number)[] = [];

  constructor(private readonly limits: NodeLimits) {}

  read(node: ParsedNode | null, fallback = 0): Place {
    if (node === null) return { value: null, at: fallback, end: fallback, size: 1 };
    const [at, end] = node.range;
    if (isAlias(node)) return this.readAlias(node.source, { at, end });
    if (node.tag !== undefined)
      this.report('WH014', { at, end }, "Leave out the tag (the word that starts with '!'); a plan needs none.");
    if (node.anchor !== undefined) this.anchors.set(node.anchor, 'reading');
    const place = this.readValue(node, { at, end });
    if (node.anchor !== undefined) this.anchors.set(node.anchor, place);
    return place;
  }

  private readValue(node: Exclude<ParsedNode, Alias.Parsed>, span: Span): Place {
    if (isScalar(node)) return { value: node.value, ...span, size: 1 };
    if (this.path.length >= this.limits.depth)
      return this.unreadable('WH004', span, 'This is nested too deeply for a plan.');
    if (isMap(node)) return this.readMap(node, span);
    const children = new Map<string | number, Place>();
    const items = node.items.map((item, index) => {
      const place = this.readUnder(index, item, span.at);
      children.set(index, place);
      return place;
    });
    return { value: items.map((item) => item.value), ...span, children, size: sizeOf(items) };
  }

  private readMap(node: YAMLMap.Parsed, span: Span): Place {
    const children = new Map<string | number, Place>();
    for (const { key, value } of node.items) {
      const [nameAt, nameEnd] = key.range;
      const named = { at: nameAt, end: nameEnd };
      const name = isScalar(key) ? key.value : undefined;
      if (typeof name !== 'string' || name === '__proto__') {
        this.report(
          'WH016',
          named,
          'Write a name before the colon: letters first, in quotes if it reads as a number, true, false or null.',
        );
      } else if (name === '<<') {
        this.report(
          'WH017',
          named,
          "Merge keys ('<<') are not part of a plan. Write the fields out, or use an alias for a whole value.",
        );
      } else if (children.has(name)) {
        this.report('WH015', named, `${quoteName(name)} is here twice. Keep one of them.`, [...this.path, name]);
      } else {
        children.set(name, { ...this.readUnder(name, value, nameAt), name: named });
      }
    }
    const value = Object.fromEntries([...children].map(([name, place]) => [name, place.value]));
    return { value, ...span, children, size: sizeOf(children.values()) };
  }

  private readUnder(step: string | number, node: ParsedNode | null, fallback: number): Place {
    this.path.push(step);
    const place = this.read(node, fallback);
    this.path.pop();
    return place;
  }

  private readAlias(name: string, span: Span): Place {
    const target = this.anchors.get(name);
    if (target === undefined)
      return this.unreadable('WH018', span, `There is no anchor '&' of this name before here: ${quoteName(name)}.`);
    if (target === 'reading')
      return this.unreadable('WH018', span, 'An alias may not stand inside the value that it repeats.');
    this.repeated += target.size;
    if (this.repeated > this.limits.values) {
      return this.unreadable(
        'WH019',
        span,
        `Aliases repeat more than ${this.limits.values} values. Write this plan with fewer of them.`,
      );
    }
    return target;
  }

  private unreadable(code: LintCode, span: Span, message: string): Place {
    this.report(code, span, message);
    return { value: UNREADABLE, ...span, size: 1 };
  }

  private report(code: LintCode, { at, end }: Span, message: string, path: PlanPath = [...this.path]): void {
    this.problems.push({ code, offset: at, end, path, message });
  }
}

function sizeOf(places: Iterable<Place>): number {
  let size = 1;
  for (const place of places) size += place.size;
  return size;
}
