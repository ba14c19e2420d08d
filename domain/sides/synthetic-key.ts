import type { Side } from './side';

/**
 * Keys of synthetic patients are UUIDs of version 8 (RFC 9562: of one's own making) that begin alike, so that whoever meets one knows it for what it is, without
 * asking anybody. No key that is drawn by chance is of this version.
 */
const SYNTHETIC = /_7e577e57-7e57-8([12])[0-9a-f]{2}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SIDE_OF: Readonly<Record<string, Side>> = { '1': 'legacy', '2': 'target' };

/**
 * The key of a synthetic patient who goes through that side.
 * @param prefix as the plan declares it for the units of the phase
 * @param random 16 bytes, drawn anew for each
 */
export function syntheticKey(prefix: string, side: Side, random: Uint8Array): string {
  const hex = Buffer.from(random).toString('hex');
  const variant = '89ab'[(random[3] ?? 0) & 3] ?? '8';
  return `${prefix}_7e577e57-7e57-8${side === 'legacy' ? '1' : '2'}${hex.slice(0, 2)}-${variant}${hex.slice(8, 11)}-${hex.slice(12, 24)}`;
}

/** The side that a synthetic patient goes through; undefined for every other key. It has no placement: its key says it all. */
export function syntheticSide(key: string): Side | undefined {
  const [, side] = SYNTHETIC.exec(key) ?? [];
  return side === undefined ? undefined : SIDE_OF[side];
}

/** Whether one of the keys is of a synthetic patient: what names it is no evidence of any other. */
export function namesSynthetic(keys: Iterable<string>): boolean {
  for (const key of keys) if (syntheticSide(key) !== undefined) return true;
  return false;
}
