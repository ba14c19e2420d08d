import * as everything from 'node:crypto'; // planted: no-restricted-syntax
import { createHash, randomUUID } from 'node:crypto'; // planted: no-restricted-syntax

export const hash = [createHash, randomUUID, everything];
export const now = () => Date.now(); // planted: no-restricted-syntax
export const today = () => new Date(); // planted: no-restricted-syntax
export const todayAsText = () => Date(); // planted: no-restricted-syntax
export const chance = () => Math.random(); // planted: no-restricted-syntax
export const later = (work: () => void) => setTimeout(work, 1_000); // planted: no-restricted-globals
export const often = (work: () => void) => setInterval(work, 1_000); // planted: no-restricted-globals
export const soon = (work: () => void) => setImmediate(work); // planted: no-restricted-globals
export const elapsed = () => performance.now(); // planted: no-restricted-globals
export const identity = () => crypto.randomUUID(); // planted: no-restricted-globals
export const answer = () => fetch('http://localhost'); // planted: no-restricted-globals
export const around = () => globalThis.Date; // planted: no-restricted-globals
export const mode = () => process.argv; // planted: no-restricted-globals
