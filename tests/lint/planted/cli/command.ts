import { Command } from 'commander';
import type { Configuration } from '../api/config';
import { readPlan } from '../domain/plan/plan';

export type Answer = Configuration;
export const command = [Command, readPlan];
