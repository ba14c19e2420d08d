/** States of the benchmark's units, so that its cohorts matter. All of one length: a request is changed in place. */
export const STATES = ['CA', 'FL', 'NY', 'TX', 'WA'] as const;

/** The key of unit number `index`, the same in every process: a UUID that is as scattered as a random one, and never the same for two numbers. */
export function unitKey(index: number): string {
  const scattered = hex(scatter(index));
  const other = hex(scatter(index ^ 0x9e3779b9));
  return `sub_${scattered}-${other.slice(0, 4)}-4000-8000-00000000${other.slice(4)}`;
}

/** What a stack says of unit number `index`. */
export function contextOf(index: number): Record<'targetingKey' | 'state' | 'program' | 'relation', string> {
  return { targetingKey: unitKey(index), state: stateOf(index), program: 'weight', relation: 'new' };
}

export const UNIT_KEY_LENGTH = unitKey(0).length;

export function stateOf(index: number): string {
  return STATES[index % STATES.length] ?? STATES[0];
}

/** `unitKey`, written over another one in a request that is there already. */
export function writeUnitKey(request: Buffer, offset: number, index: number): void {
  const other = scatter(index ^ 0x9e3779b9);
  writeHex(request, offset + 4, scatter(index), 8);
  writeHex(request, offset + 13, other >>> 16, 4);
  writeHex(request, offset + UNIT_KEY_LENGTH - 4, other & 0xffff, 4);
}

/** Murmur3's finalizer: one to one on 32 bits, so no two numbers meet. */
function scatter(index: number): number {
  let bits = index >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}

function writeHex(request: Buffer, offset: number, bits: number, digits: number): void {
  let rest = bits;
  for (let at = offset + digits - 1; at >= offset; at -= 1) {
    const digit = rest & 15;
    request[at] = digit < 10 ? 48 + digit : 87 + digit;
    rest >>>= 4;
  }
}
