import { createHash } from 'node:crypto';

/** Gives numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/**
 * The same sequence of numbers for the same seed, on every machine: xoshiro128** (Blackman and Vigna, 2018, public domain),
 * its state taken from the seed's sha256. Not for secrets.
 */
export function seededRandom(seed: string): Random {
  const digest = createHash('sha256').update(seed).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)) as [number, number, number, number];
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result / 2 ** 32;
  };
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** One of the choices, each as likely as the next. */
export function pick<Choice>(random: Random, choices: readonly [Choice, ...Choice[]]): Choice {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

/** A number from `low` to `high`, each as likely as the next. */
export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}
