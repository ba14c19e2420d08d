import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { SplitKey } from '../../activities/traffic/traffic-router';
import { answerAgent, type AgentAnswer } from '../../domain/sides/answer-agent';
import type { Milliseconds } from '../../domain/time/duration';
import { describeFailure } from '../../platform/describe-failure';
import { inTime } from '../../platform/in-time';
import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import { readSplitForAgent } from '../../store/outward-routes';

export interface AgentServerOptions {
  db: Database;
  host: string;
  port: number;
  logger: Logger;
  /** Monotonic, in milliseconds. */
  elapsed?: () => Milliseconds;
}

export interface AgentServer {
  port: number;
  stop(): Promise<void>;
}

/** What a proxy sends: `<migration>/<phase>/<cohort>`, and the end of the line. */
const QUESTION = /^([A-Za-z0-9.-]{1,128})\/([A-Za-z0-9-]{1,64})\/([A-Za-z0-9-]{1,64})\r?\n/;
const LONGEST_QUESTION = 300;
const PATIENCE: Milliseconds = 2_000;
/** A proxy that gets no answer keeps on as before, and asks for no longer than from one check to the next: a Postgres that is slower is away. */
const READ_WITHIN: Milliseconds = 500;
/** Splits whose last answer is remembered for an outage; far more than there are. */
const REMEMBERED = 10_000;

/** The last answer, and until when it may be given without Postgres, by the monotonic clock. */
interface Remembered {
  answer: AgentAnswer;
  until: Milliseconds;
}

interface Memory {
  answers: Map<string, Remembered>;
  /** Under way. */
  readings: Map<string, Promise<AgentAnswer>>;
}

/**
 * Answers the agent checks of HAProxy: whether target may take anybody new, by the split's lease, with every worker dead. Without Postgres the
 * last answer holds for as long as the lease that it was read with. No token: it tells nothing but this word, and changes nothing.
 */
export async function startAgentServer(options: AgentServerOptions): Promise<AgentServer> {
  const memory: Memory = { answers: new Map(), readings: new Map() };
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    serve(socket, (key) => answerFor(options, memory, key));
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of open) socket.destroy();
      }),
  };
}

function serve(socket: Socket, answer: (key: SplitKey) => Promise<AgentAnswer>): void {
  let asked = '';
  let answered = false;
  socket.setEncoding('utf8');
  socket.setTimeout(PATIENCE, () => {
    socket.destroy();
  });
  // A proxy that goes away in the middle asks again.
  socket.on('error', () => undefined);
  socket.on('data', (text: string) => {
    if (answered) return;
    asked += text;
    const [, migration, phase, cohort] = QUESTION.exec(asked) ?? [];
    if (migration === undefined || phase === undefined || cohort === undefined) {
      // An answer would be believed; what nobody can read gets none.
      if (asked.length > LONGEST_QUESTION || asked.includes('\n')) socket.destroy();
      return;
    }
    answered = true;
    answer({ migration, phase, cohort }).then(
      (word) => socket.end(`${word}\n`),
      () => socket.destroy(),
    );
  });
}

const BY_MEMORY = 'a proxy was answered by what is remembered of its split';

async function answerFor(options: AgentServerOptions, memory: Memory, key: SplitKey): Promise<AgentAnswer> {
  const { logger, elapsed = monotonic } = options;
  const name = nameOf(key);
  try {
    // One reading at a time for a split: those who ask while Postgres hangs take no connection each.
    let reading = memory.readings.get(name);
    if (reading === undefined && memory.readings.size < REMEMBERED) {
      reading = read(options, memory, key).finally(() => memory.readings.delete(name));
      memory.readings.set(name, reading);
    }
    const answer = reading === undefined ? undefined : await inTime(reading, READ_WITHIN, undefined);
    if (answer !== undefined) return answer;
    logger.warn({ ...key, after: READ_WITHIN }, BY_MEMORY);
  } catch (error) {
    logger.warn({ ...key, failure: describeFailure(error) }, BY_MEMORY);
  }
  const last = memory.answers.get(name);
  if (last?.answer === 'maint') return 'maint';
  return last !== undefined && elapsed() < last.until ? last.answer : 'drain';
}

async function read(
  { db, elapsed = monotonic }: AgentServerOptions,
  { answers }: Memory,
  key: SplitKey,
): Promise<AgentAnswer> {
  const name = nameOf(key);
  const askedAt = elapsed();
  const split = await readSplitForAgent(db, key);
  const answer = answerAgent(split);
  if (split !== undefined && (answers.has(name) || answers.size < REMEMBERED)) {
    const until = split.mode === 'committed' ? Number.POSITIVE_INFINITY : askedAt + split.leaseLeft;
    answers.set(name, { answer, until });
  }
  return answer;
}

function nameOf({ migration, phase, cohort }: SplitKey): string {
  return [migration, phase, cohort].join('/');
}

function monotonic(): Milliseconds {
  return performance.now();
}

function listen(server: Server, { host, port }: AgentServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
