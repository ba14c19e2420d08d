import { createHash } from 'node:crypto';
import type { Verdict } from './verdict';

/** What somebody sees of a gate: which one, at which epoch of its split, with which verdict, for which numbers. */
export interface SeenVerdict {
  phase: string;
  cohort: string;
  gate: string;
  epoch: number;
  verdict: Verdict;
  message: string;
}

/** Stands for exactly what was seen, 64 hexadecimal digits: one outcome more makes another. */
export function evidenceHash({ phase, cohort, gate, epoch, verdict, message }: SeenVerdict): string {
  return createHash('sha256')
    .update(JSON.stringify([phase, cohort, gate, epoch, verdict, message]))
    .digest('hex');
}
