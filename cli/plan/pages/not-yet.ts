import { NOT_CARRIED_OUT } from '../../../domain/plan/not-carried-out';

/** Stands behind what a plan declares and this release does not act on, by its code; empty where it does. */
export function notYet(code: string): string {
  if (!Object.hasOwn(NOT_CARRIED_OUT, code)) return '';
  return `Declared, and not carried out by this release ([${code}](README.md#what-this-release-does-not-carry-out)).`;
}

/** The same inside a table: the code alone. */
export function mark(code: string): string {
  return Object.hasOwn(NOT_CARRIED_OUT, code) ? ` (${code})` : '';
}
