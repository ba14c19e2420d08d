/**
 * What generated cases are drawn from: the same in each run, so that what one run finds the next one finds too. TEST_SEED gives another.
 * @throws Error where it is no whole number
 */
export const TEST_SEED = seedOf(process.env['TEST_SEED'] ?? '20261130');

function seedOf(text: string): number {
  const seed = Number(text);
  if (text === '' || !Number.isInteger(seed)) throw new Error('TEST_SEED is no whole number: write one, such as 7.');
  return seed;
}
