import { randomInt } from 'node:crypto';

/** The seed that HISTORIES_SEED gives, or a fresh one; printed, so that it can be given again. */
export function freshSeed(what: string): number {
  const given = process.env['HISTORIES_SEED'];
  const seed = given === undefined || given === '' ? randomInt(2 ** 31) : Number(given);
  process.stdout.write(`${what}: seed ${seed}\n`);
  return seed;
}
