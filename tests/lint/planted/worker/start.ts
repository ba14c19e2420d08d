import { NativeConnection } from '@temporalio/worker';
import { send } from '../activities/sender';
import { runStatement } from '../store/statement';
import type { phase } from '../workflows/phase';

export type Phase = typeof phase;
export const start = [NativeConnection, send, runStatement];
