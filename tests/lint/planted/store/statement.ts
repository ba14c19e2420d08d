import type { Pool } from 'pg';
import type { Sender } from '../activities/port';
import { readPlan } from '../domain/plan/plan';
import { logLine } from '../platform/log-line';

export interface Row {
  sender: Sender;
}

export async function runStatement(pool: Pool, text: string): Promise<void> {
  logLine('held');
  await pool.query('SELECT $1', [readPlan(text).hash]);
}
