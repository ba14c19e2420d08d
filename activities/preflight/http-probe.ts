import { request } from 'undici';
import type { Milliseconds } from '../../domain/time/duration';
import type { Probe, ProbeFinding } from './probe';

export interface HttpProbeOptions {
  /** http or https. */
  url: string;
  expectStatus: number;
  /** For the whole exchange. */
  timeout: Milliseconds;
}

/** Of an answer's body, read so that the other end can finish; beyond it, and beyond the timeout, the connection is cut. */
const IGNORED_BYTES = 65_536;

/** Failures of the asking machine, which say nothing about the stack. */
const OWN_FAILURES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL', 'ENETDOWN', 'EAI_AGAIN']);

/**
 * One GET. `pass` on the expected status and no other: a redirect is not followed, it counts as the status it is. A stack that
 * refuses, breaks off, cannot be found or does not answer in time is a `fail`, since a patient would meet the same;
 * `unknown` is left for what kept this machine from asking.
 */
export class HttpProbe implements Probe {
  constructor(private readonly options: HttpProbeOptions) {}

  async run(): Promise<ProbeFinding> {
    const { url, expectStatus, timeout } = this.options;
    const signal = AbortSignal.timeout(timeout);
    try {
      // A patient comes with a new connection too.
      const response = await request(url, { headers: { 'user-agent': 'warm-handoff-probe' }, reset: true, signal });
      await response.body.dump({ limit: IGNORED_BYTES }).catch(() => undefined);
      return {
        result: response.statusCode === expectStatus ? 'pass' : 'fail',
        message: `expected ${expectStatus}, got ${response.statusCode}`,
      };
    } catch (error) {
      if (signal.aborted)
        return { result: 'fail', message: `expected ${expectStatus}, got no answer within ${timeout} ms` };
      const code = errorCode(error);
      return OWN_FAILURES.has(code)
        ? { result: 'unknown', message: `could not ask from this machine (${code})` }
        : { result: 'fail', message: `expected ${expectStatus}, could not reach it (${code})` };
    }
  }
}

/** Node's code of a failed exchange (`ECONNREFUSED`); of the first attempt where a name has several addresses. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'no code';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'errors' in error && Array.isArray(error.errors) ? errorCode(error.errors[0]) : 'no code';
}
