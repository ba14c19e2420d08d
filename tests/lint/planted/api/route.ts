import express from 'express';
import { send } from '../activities/sender';
import { runStatement } from '../store/statement';
import type { phase } from '../workflows/phase';
import { configuration } from './config';

export type Phase = typeof phase;
export const route = [express, send, runStatement, configuration];
