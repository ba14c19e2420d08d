import { types } from 'node:util';

/** What a log may hold of a failure: its class, its code and where it happened. Never its message, which may quote what was received (I15). */
export interface FailureDescription {
  name: string;
  /** A code of Node, gRPC or Postgres, where there is one. */
  code?: string;
  /** Where a constraint or a table of the database refused something. */
  constraint?: string;
  table?: string;
  frames: string[];
  cause?: FailureDescription;
}

export function describeFailure(error: unknown, depth = 0): FailureDescription {
  // Not instanceof: an error of Node's own may come from another realm.
  if (!types.isNativeError(error)) return { name: typeof error, frames: [] };
  const cause = depth < 3 && error.cause !== undefined ? describeFailure(error.cause, depth + 1) : undefined;
  return {
    name: error.name,
    ...shortCode('code', error),
    ...shortCode('constraint', error),
    ...shortCode('table', error),
    frames: framesOf(error),
    ...(cause === undefined ? {} : { cause }),
  };
}

function shortCode(key: 'code' | 'constraint' | 'table', error: Error): Partial<Record<typeof key, string>> {
  const value: unknown = key in error ? error[key as keyof Error] : undefined;
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^[A-Za-z0-9_]{1,63}$/.test(text) ? { [key]: text } : {};
}

function framesOf(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .map((line) => line.trim());
}
