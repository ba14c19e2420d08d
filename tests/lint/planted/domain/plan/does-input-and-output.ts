import { execFileSync } from 'node:child_process'; // planted: boundaries/dependencies
import { readFileSync } from 'node:fs'; // planted: boundaries/dependencies
import { get } from 'node:http'; // planted: boundaries/dependencies
import { connect } from 'node:net'; // planted: boundaries/dependencies
import { setTimeout as wait } from 'node:timers/promises'; // planted: boundaries/dependencies
import { statSync } from 'fs'; // planted: boundaries/dependencies
import express from 'express'; // planted: boundaries/dependencies
import { Pool } from 'pg'; // planted: boundaries/dependencies
import pino from 'pino'; // planted: boundaries/dependencies
import { proxyActivities } from '@temporalio/workflow'; // planted: boundaries/dependencies
import type { Client } from '@temporalio/client'; // planted: boundaries/dependencies
import { runStatement } from '../../store/statement'; // planted: boundaries/dependencies
import type { Sender } from '../../activities/port'; // planted: boundaries/dependencies
export { logLine } from '../../platform/log-line'; // planted: boundaries/dependencies

export type Impure = Client | Sender;
export const impure = [execFileSync, readFileSync, get, connect, wait, statSync, express, Pool, pino, proxyActivities];
export const alsoImpure = [runStatement];
export const lateImport = () => import('node:fs'); // planted: boundaries/dependencies
