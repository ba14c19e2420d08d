import { proxy } from '../adapters/proxy';
import { readPlan } from '../domain/plan/plan';
import { runStatement } from '../store/statement';
import type { phase } from '../workflows/phase';

export type Phase = typeof phase;

export async function send(text: string): Promise<typeof runStatement> {
  await proxy.send(readPlan(text).hash);
  return runStatement;
}
