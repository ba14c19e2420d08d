import type { Milliseconds } from '../../domain/time/duration';

/** Does one thing at a stack over HTTP. The status it answered; undefined where it is out of order or cannot be reached. Never throws. */
export async function visitStack(
  stackUrl: string,
  path: '/checkout' | '/withdrawals' | '/activities',
  body: unknown,
  timeout: Milliseconds,
): Promise<number | undefined> {
  try {
    const response = await fetch(new URL(path, stackUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
    await response.arrayBuffer();
    return response.status >= 500 ? undefined : response.status;
  } catch {
    return undefined;
  }
}
