import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_ACTOR } from './connection';
import { JSON_FLAG, type JsonOption } from './io';

/** Options of every command that speaks to a running system. */
export interface SystemOptions extends JsonOption {
  as?: string;
  migration?: string;
}

export const jsonOption = (): Option => new Option(...JSON_FLAG);
export const asOption = (): Option =>
  new Option(
    '--as <actor>',
    `who speaks, of the actors of the system that 'npm start' runs here; ${DEFAULT_ACTOR} unless given`,
  );
export const migrationOption = (): Option =>
  new Option('--migration <id>', 'which migration; needed only where several are under way');

/** Reads a whole number. @throws InvalidArgumentError, which commander prints as a usage error */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

/** Reads a number of 1 or more. */
export function scale(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(number >= 1)) throw new InvalidArgumentError('Give a number of 1 or more.');
  return number;
}
