import { randomInt } from 'node:crypto';

/** Of a unit's key: see domain/sides/key-grammar. */
const LONGEST_KEY = 69;
/** Its length, then its characters. */
const RECORD = 72;
const ASCII = /^[\x21-\x7e]+$/;
const NONE = 0;

/**
 * A number for each of many units, at most `capacity` of them: whichever was not asked for lately makes room (by a hand that goes round and gives
 * whoever was asked for since its last visit another turn).
 *
 * Kept outside of the heap, in some 90 bytes a unit, since a million strings in it cost three times as much: those that made room stay until a
 * collection that is put off the longer, the more there is. Pages that nothing was written to take no memory.
 */
export class UnitTable {
  private readonly records: Buffer;
  private readonly phases: Uint32Array;
  private readonly values: Uint32Array;
  private readonly asked: Uint8Array;
  /** By hash, the first record of a chain, and by record the next; counted from 1. */
  private readonly first: Uint32Array;
  private readonly next: Uint32Array;
  private readonly mask: number;
  private readonly free: number[] = [];
  private used = 0;
  private hand = 0;

  /** @param seed keeps whoever chooses keys from choosing one chain for all of them */
  constructor(
    private readonly capacity: number,
    private readonly seed = randomInt(2 ** 32),
  ) {
    const chains = 2 ** Math.ceil(Math.log2(2 * capacity));
    this.records = Buffer.alloc(RECORD * capacity);
    this.phases = new Uint32Array(capacity);
    this.values = new Uint32Array(capacity);
    this.asked = new Uint8Array(capacity);
    this.first = new Uint32Array(chains);
    this.next = new Uint32Array(capacity);
    this.mask = chains - 1;
  }

  get size(): number {
    return this.used - this.free.length;
  }

  get(phase: number, unit: string): number | undefined {
    const at = this.find(phase, unit, this.chainOf(phase, unit));
    if (at === undefined) return undefined;
    this.asked[at] = 1;
    return this.values[at];
  }

  /** A key that is not within the grammar is not kept. */
  set(phase: number, unit: string, value: number): void {
    if (unit.length > LONGEST_KEY || !ASCII.test(unit)) return;
    const chain = this.chainOf(phase, unit);
    const known = this.find(phase, unit, chain);
    const at = known ?? this.room();
    this.values[at] = value;
    if (known !== undefined) return;
    // Until the hand comes by: a flood of units that nobody asks for again takes nobody's place who is.
    this.asked[at] = 0;
    this.records[at * RECORD] = unit.length;
    this.records.write(unit, at * RECORD + 1, 'latin1');
    this.phases[at] = phase;
    this.next[at] = this.first[chain] ?? NONE;
    this.first[chain] = at + 1;
  }

  delete(phase: number, unit: string): void {
    const at = this.find(phase, unit, this.chainOf(phase, unit));
    if (at === undefined) return;
    this.unlink(at);
    this.free.push(at);
  }

  clear(): void {
    this.first.fill(NONE);
    this.used = this.hand = this.free.length = 0;
  }

  private find(phase: number, unit: string, chain: number): number | undefined {
    for (let link = this.first[chain] ?? NONE; link !== NONE; link = this.next[link - 1] ?? NONE) {
      if (this.phases[link - 1] === phase && this.holds(link - 1, unit)) return link - 1;
    }
    return undefined;
  }

  private holds(at: number, unit: string): boolean {
    const { records } = this;
    const record = at * RECORD;
    if (records[record] !== unit.length) return false;
    // From the end: keys of one kind begin alike.
    for (let from = unit.length; from > 0; from -= 1) {
      if (records[record + from] !== unit.charCodeAt(from - 1)) return false;
    }
    return true;
  }

  /** A record that nobody has: never used, given back, or taken from whoever was not asked for in a whole turn of the hand. */
  private room(): number {
    const given = this.free.pop();
    if (given !== undefined) return given;
    if (this.used < this.capacity) return (this.used += 1) - 1;
    while (this.asked[this.hand] === 1) {
      this.asked[this.hand] = 0;
      this.hand = (this.hand + 1) % this.capacity;
    }
    const at = this.hand;
    this.hand = (at + 1) % this.capacity;
    this.unlink(at);
    return at;
  }

  private unlink(at: number): void {
    const record = at * RECORD;
    const unit = this.records.toString('latin1', record + 1, record + 1 + (this.records[record] ?? 0));
    const chain = this.chainOf(this.phases[at] ?? 0, unit);
    const after = this.next[at] ?? NONE;
    if (this.first[chain] === at + 1) {
      this.first[chain] = after;
      return;
    }
    for (let link = this.first[chain] ?? NONE; link !== NONE; link = this.next[link - 1] ?? NONE) {
      if (this.next[link - 1] !== at + 1) continue;
      this.next[link - 1] = after;
      return;
    }
  }

  /** FNV-1a, and Murmur3's finalizer, so that the low bits depend on all of them. */
  private chainOf(phase: number, unit: string): number {
    let hash = this.seed ^ Math.imul(phase, 0x9e3779b1);
    for (let at = 0; at < unit.length; at += 1) hash = Math.imul(hash ^ unit.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & this.mask;
  }
}
