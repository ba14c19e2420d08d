import { spawn } from 'node:child_process';
import { runStatement } from '../store/statement';

export const startSystem = [spawn, runStatement];
