import express from 'express';
import type { Status } from '../domain/phase/transition';
import { logLine } from '../platform/log-line';

export type Stage = Status;
export const patients = [express, logLine];
