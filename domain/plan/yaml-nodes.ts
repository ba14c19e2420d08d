import { isAlias, isMap, isScalar, type Alias, type ParsedNode, type YAMLMap } from 'yaml';
import { quoteName, type PlanPath } from './plan-problem';

/** Stands for what is written but could not be read, which is not the same as nothing; it fits no schema. */
export const UNREADABLE = Symbol('unreadable');

/** Where a value is written: offsets in the text. */
export interface Place {
  value: unknown;
  at: number;
  /** Offset of the name that the value has in its map. */
  name?: number;
  /** By name or index; absent for a value that holds no others. */
  children?: Map<string | number, Place>;
  /** How many values it is, aliases written out. */
  size: number;
}

export interface NodeProblem {
  offset: number;
  path: PlanPath;
  message: string;
}

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
  return { root: reader.read(root, []), problems: reader.problems };
}

class NodeReader {
  readonly problems: NodeProblem[] = [];
  /** `reading` while the anchor's own value is being read: an alias in there would never end. */
  private readonly anchors = new Map<string, Place | 'reading'>();
  private repeated = 0;

  constructor(private readonly limits: NodeLimits) {}

  read(node: ParsedNode | null, path: PlanPath, fallback = 0): Place {
    if (node === null) return { value: null, at: fallback, size: 1 };
    const at = node.range[0];
    if (isAlias(node)) return this.readAlias(node.source, at, path);
    if (node.tag !== undefined)
      this.report(at, path, "Leave out the tag (the word that starts with '!'); a plan needs none.");
    if (node.anchor !== undefined) this.anchors.set(node.anchor, 'reading');
    const place = this.readValue(node, at, path);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, place);
    return place;
  }

  private readValue(node: Exclude<ParsedNode, Alias.Parsed>, at: number, path: PlanPath): Place {
    if (isScalar(node)) return { value: node.value, at, size: 1 };
    if (path.length >= this.limits.depth) return this.unreadable(at, path, 'This is nested too deeply for a plan.');
    if (isMap(node)) return this.readMap(node, at, path);
    const children = new Map<string | number, Place>();
    const items = node.items.map((item, index) => {
      const place = this.read(item, [...path, index], at);
      children.set(index, place);
      return place;
    });
    return { value: items.map((item) => item.value), at, children, size: sizeOf(items) };
  }

  private readMap(node: YAMLMap.Parsed, at: number, path: PlanPath): Place {
    const children = new Map<string | number, Place>();
    for (const { key, value } of node.items) {
      const nameAt = key.range[0];
      const name = isScalar(key) ? key.value : undefined;
      if (typeof name !== 'string' || name === '__proto__') {
        this.report(
          nameAt,
          path,
          'Write a name before the colon: letters first, in quotes if it reads as a number, true, false or null.',
        );
      } else if (name === '<<') {
        this.report(
          nameAt,
          path,
          "Merge keys ('<<') are not part of a plan. Write the fields out, or use an alias for a whole value.",
        );
      } else if (children.has(name)) {
        this.report(nameAt, [...path, name], `${quoteName(name)} is here twice. Keep one of them.`);
      } else {
        children.set(name, { ...this.read(value, [...path, name], nameAt), name: nameAt });
      }
    }
    const value = Object.fromEntries([...children].map(([name, place]) => [name, place.value]));
    return { value, at, children, size: sizeOf(children.values()) };
  }

  private readAlias(name: string, at: number, path: PlanPath): Place {
    const target = this.anchors.get(name);
    if (target === undefined)
      return this.unreadable(at, path, `There is no anchor '&' of this name before here: ${quoteName(name)}.`);
    if (target === 'reading')
      return this.unreadable(at, path, 'An alias may not stand inside the value that it repeats.');
    this.repeated += target.size;
    if (this.repeated > this.limits.values) {
      return this.unreadable(
        at,
        path,
        `Aliases repeat more than ${this.limits.values} values. Write this plan with fewer of them.`,
      );
    }
    return target;
  }

  private unreadable(offset: number, path: PlanPath, message: string): Place {
    this.report(offset, path, message);
    return { value: UNREADABLE, at: offset, size: 1 };
  }

  private report(offset: number, path: PlanPath, message: string): void {
    this.problems.push({ offset, path, message });
  }
}

function sizeOf(places: Iterable<Place>): number {
  let size = 1;
  for (const place of places) size += place.size;
  return size;
}
