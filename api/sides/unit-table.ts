import { randomInt } from 'node:crypto';

/** Of a unit's key: see domain/sides/key-grammar. */
const LONGEST_KEY = 69;
/**
 * One record after another, so that a question touches two places in memory and not one for each of its parts: in words of four bytes the next record of
 * its chain, its phase and its number; then a byte each for the length of its key and whether it was asked for; then the key's characters.
 */
const RECORD = 84;
const WORDS = RECORD / 4;
const [NEXT, PHASE, VALUE] = [0, 1, 2];
const [LENGTH, ASKED, KEY] = [12, 13, 14];
const ASCII = /^[\x21-\x7e]+$/;
const NONE = 0;
const FEWEST_CHAINS = 1_024;

/**
 * A number for each of many units, at most `capacity` of them: whichever was not asked for lately makes room (by a hand that goes round and gives
 * whoever was asked for since its last visit another turn).
 *
 * Kept outside of the heap, in some 90 bytes a unit, since a million strings in it cost three times as much: those that made room stay until a
 * collection that is put off the longer, the more there is. Pages that nothing was written to take no memory.
 */
export class UnitTable {
  private readonly words: Uint32Array;
  private readonly bytes: Buffer;
  /** By hash, the first record of a chain, as records are counted in chains: from 1. */
  private readonly first: Uint32Array;
  /**
   * How many chains there are; twice as many as units, until there are as many as there will ever be. They grow one by one (linear hashing): few
   * units are found in little memory, and no question waits for all of them to be sorted anew.
   */
  private chains = FEWEST_CHAINS;
  /** The power of two that chains have grown from. */
  private base = FEWEST_CHAINS;
  private readonly free: number[] = [];
  private used = 0;
  private hand = 0;

  /** @param seed keeps whoever chooses keys from choosing one chain for all of them */
  constructor(
    private readonly capacity: number,
    private readonly seed = randomInt(2 ** 32),
  ) {
    this.words = new Uint32Array(WORDS * capacity);
    this.bytes = Buffer.from(this.words.buffer);
    this.first = new Uint32Array(Math.max(FEWEST_CHAINS, 2 * capacity));
  }

  get size(): number {
    return this.used - this.free.length;
  }

  get(phase: number, unit: string): number | undefined {
    const at = this.find(phase, unit, this.chainOf(phase, unit));
    if (at === undefined) return undefined;
    this.bytes[at * RECORD + ASKED] = 1;
    return this.words[at * WORDS + VALUE];
  }

  /** A key that is not within the grammar is not kept. */
  set(phase: number, unit: string, value: number): void {
    if (unit.length > LONGEST_KEY || !ASCII.test(unit)) return;
    const chain = this.chainOf(phase, unit);
    const known = this.find(phase, unit, chain);
    const at = known ?? this.room();
    this.words[at * WORDS + VALUE] = value;
    if (known !== undefined) return;
    this.fill(at, phase, unit);
    this.link(at, chain);
    if (2 * this.size > this.chains && this.chains < this.first.length) this.addChain();
  }

  private fill(at: number, phase: number, unit: string): void {
    const record = at * RECORD;
    // Until the hand comes by: a flood of units that nobody asks for again takes nobody's place who is.
    this.bytes[record + ASKED] = 0;
    this.bytes[record + LENGTH] = unit.length;
    this.bytes.write(unit, record + KEY, 'latin1');
    this.words[at * WORDS + PHASE] = phase;
  }

  private link(at: number, chain: number): void {
    this.words[at * WORDS + NEXT] = this.first[chain] ?? NONE;
    this.first[chain] = at + 1;
  }

  /** One chain more takes its records from the one that had them. */
  private addChain(): void {
    const from = this.chains - this.base;
    let link = this.first[from] ?? NONE;
    this.first[from] = NONE;
    this.chains += 1;
    while (link !== NONE) {
      const at = link - 1;
      link = this.after(at);
      this.link(at, this.chainOf(this.words[at * WORDS + PHASE] ?? 0, this.keyOf(at)));
    }
    if (this.chains === 2 * this.base) this.base = this.chains;
  }

  private keyOf(at: number): string {
    const key = at * RECORD + KEY;
    return this.bytes.toString('latin1', key, key + (this.bytes[key - KEY + LENGTH] ?? 0));
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
    for (let link = this.first[chain] ?? NONE; link !== NONE; link = this.after(link - 1)) {
      if (this.words[(link - 1) * WORDS + PHASE] === phase && this.holds(link - 1, unit)) return link - 1;
    }
    return undefined;
  }

  private holds(at: number, unit: string): boolean {
    const { bytes } = this;
    const key = at * RECORD + KEY;
    if (bytes[key - KEY + LENGTH] !== unit.length) return false;
    // From the end: keys of one kind begin alike.
    for (let from = unit.length - 1; from >= 0; from -= 1) {
      if (bytes[key + from] !== unit.charCodeAt(from)) return false;
    }
    return true;
  }

  private after(at: number): number {
    return this.words[at * WORDS + NEXT] ?? NONE;
  }

  /** A record that nobody has: never used, given back, or taken from whoever was not asked for in a whole turn of the hand. */
  private room(): number {
    const given = this.free.pop();
    if (given !== undefined) return given;
    if (this.used < this.capacity) return (this.used += 1) - 1;
    while (this.bytes[this.hand * RECORD + ASKED] === 1) {
      this.bytes[this.hand * RECORD + ASKED] = 0;
      this.hand = (this.hand + 1) % this.capacity;
    }
    const at = this.hand;
    this.hand = (at + 1) % this.capacity;
    this.unlink(at);
    return at;
  }

  private unlink(at: number): void {
    const chain = this.chainOf(this.words[at * WORDS + PHASE] ?? 0, this.keyOf(at));
    const after = this.after(at);
    if (this.first[chain] === at + 1) {
      this.first[chain] = after;
      return;
    }
    for (let link = this.first[chain] ?? NONE; link !== NONE; link = this.after(link - 1)) {
      if (this.after(link - 1) !== at + 1) continue;
      this.words[(link - 1) * WORDS + NEXT] = after;
      return;
    }
  }

  /** FNV-1a, and Murmur3's finalizer, so that the low bits depend on all of them. */
  private chainOf(phase: number, unit: string): number {
    let hash = this.seed ^ Math.imul(phase, 0x9e3779b1);
    for (let at = 0; at < unit.length; at += 1) hash = Math.imul(hash ^ unit.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    const chain = (hash ^ (hash >>> 16)) & (2 * this.base - 1);
    return chain < this.chains ? chain : chain - this.base;
  }
}
