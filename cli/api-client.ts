import { randomUUID } from 'node:crypto';
import { CliFailure } from './cli-failure';
import { findConnection, type Connection } from './connection';
import { EXIT, exitCodeFor } from './exit-codes';
import type { CliIo } from './io';

const ANSWER_WITHIN = 35_000;

interface ProblemAnswer {
  code: string;
  detail: string;
  problems?: unknown[];
  correlationId?: string;
}

/** Speaks to the API as one actor. Every failure is a CliFailure that says what to do. */
export class ApiClient {
  constructor(
    private readonly connection: Connection,
    private readonly signal: AbortSignal,
  ) {}

  static async connect(io: CliIo, as?: string): Promise<ApiClient> {
    return new ApiClient(await findConnection(io.env, as), io.signal);
  }

  async get<Answer>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Promise<Answer> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    return this.ask<Answer>('GET', search.size === 0 ? path : `${path}?${search.toString()}`);
  }

  /** Sends a command with a key of its own: where the connection breaks, it is not carried out twice. */
  async post<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.ask<Answer>('POST', path, JSON.stringify(body), {
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID(),
    });
  }

  private async ask<Answer>(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.connection.url}${path}`, {
        method,
        body,
        headers: { Authorization: `Bearer ${this.connection.token}`, Accept: 'application/json', ...headers },
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(ANSWER_WITHIN)]),
      });
      text = await response.text();
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw new CliFailure(
        'no-system',
        EXIT.notReachable,
        `Nothing answers at ${this.connection.url}. Start the system with 'npm start', or check HANDOFF_URL.`,
      );
    }
    const answer = parseJson(text);
    if (response.ok && answer !== undefined) return answer as Answer;
    if (isProblem(answer)) {
      const trace = answer.correlationId === undefined ? '' : ` (correlation id ${answer.correlationId})`;
      throw new CliFailure(answer.code, exitCodeFor(response.status), `${answer.detail}${trace}`, answer.problems);
    }
    throw new CliFailure(
      'not-this-api',
      EXIT.notReachable,
      `What answers at ${this.connection.url} is not this product's API (HTTP ${response.status}). Check HANDOFF_URL.`,
    );
  }
}

function isProblem(answer: unknown): answer is ProblemAnswer {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'detail' in answer;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
