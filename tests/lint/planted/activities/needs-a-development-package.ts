import { sample } from 'fast-check';

export const samples = sample;
