/** Names and indexes from a payload's root to a value. */
export type PayloadPath = readonly (string | number)[];

/** What is looked at in one payload, so that what is dropped can be told apart. */
export type TakenPaths = Set<string>;

/**
 * A vendor's payload, read by names that it has of its own: never by one that every object answers to. Notes what was looked at; everything else is
 * dropped.
 */
export class Payload {
  constructor(
    readonly value: unknown,
    private readonly taken: TakenPaths = new Set(),
    private readonly at: PayloadPath = [],
  ) {}

  get(...path: PayloadPath): unknown {
    this.note(path);
    return valueAt(this.value, path);
  }

  /** Looks without taking: to choose by, or to see what there is. */
  peek(...path: PayloadPath): unknown {
    return valueAt(this.value, path);
  }

  /** Text that is not empty; a number as its digits. */
  text(...path: PayloadPath): string | undefined {
    return textOf(this.get(...path));
  }

  /** What stands there, to be read by itself; its takings are noted with those of the whole. */
  under(...path: PayloadPath): Payload {
    return new Payload(valueAt(this.value, path), this.taken, [...this.at, ...path]);
  }

  /** The parts of a list, each to be read by itself; none where it is no list. */
  each(...path: PayloadPath): Payload[] {
    const list = valueAt(this.value, path);
    return Array.isArray(list) ? list.map((_, index) => this.under(...path, index)) : [];
  }

  /** The names that a map has there. */
  names(...path: PayloadPath): string[] {
    const map = valueAt(this.value, path);
    return isMap(map) ? Object.keys(map) : [];
  }

  /** The paths that were looked at, as `data.object.status`; indexes are left out. */
  get takenPaths(): ReadonlySet<string> {
    return this.taken;
  }

  /** That something was looked at in another way than by `get`. */
  note(path: PayloadPath): void {
    this.taken.add(pathText([...this.at, ...path]));
  }
}

export function pathText(path: PayloadPath): string {
  return path.filter((step) => typeof step === 'string').join('.');
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

function valueAt(value: unknown, path: PayloadPath): unknown {
  let at = value;
  for (const step of path) {
    if (Array.isArray(at) && typeof step === 'number') at = (at as unknown[])[step];
    else if (isMap(at) && Object.hasOwn(at, step)) at = at[step];
    else return undefined;
  }
  return at;
}

/** The paths of everything that a payload says, one for each value that is no map and no list; indexes are left out. */
export function leafPaths(value: unknown, at: PayloadPath = [], found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) {
    for (const inner of value) leafPaths(inner, at, found);
  } else if (isMap(value)) {
    for (const [name, inner] of Object.entries(value)) leafPaths(inner, [...at, name], found);
  } else if (value !== null && value !== '') found.add(pathText(at));
  return found;
}
