import type { runStatement } from '../store/statement';

type Pool = Parameters<typeof runStatement>[0];

export async function isThere(pool: Pool): Promise<boolean> {
  await pool.query('SELECT 1');
  const { rows } = await pool.query('SELECT id FROM migration'); // planted: no-restricted-syntax
  return rows.length > 0;
}
