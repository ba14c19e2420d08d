import { Agent, request } from 'node:http';
import { batchOf } from './event-stream';

/** Events to send: numbers from `first` on, so many a batch, so many batches under way. */
export interface EventLoad {
  port: number;
  token: string;
  first: number;
  count: number;
  batch: number;
  underWay: number;
}

export interface EventLoadResult {
  /** From the first batch to the last answer. */
  seconds: number;
  stored: number;
  duplicates: number;
  refused: number;
  /** Batches that were told to come again (503), and were sent again. */
  again: number;
  /** Of one batch, in milliseconds. */
  p50: number;
  p99: number;
  /** Microseconds of CPU of this process. */
  ownCpu: number;
}

/** Sends them all, each batch until it is taken. @throws Error on an answer that says neither */
export async function sendEvents(load: EventLoad): Promise<EventLoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.underWay });
  const result = { stored: 0, duplicates: 0, refused: 0, again: 0 };
  const waits: number[] = [];
  let next = load.first;
  const end = load.first + load.count;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const sendOn = async (): Promise<void> => {
    while (next < end) {
      const first = next;
      next = Math.min(end, next + load.batch);
      const body = Buffer.from(batchOf(first, next - first, new Date().toISOString()));
      const sentAt = performance.now();
      let answer = await post(agent, load, body);
      for (; answer.status === 503; answer = await post(agent, load, body)) {
        result.again += 1;
        await new Promise((resolve) => setTimeout(resolve, 1_000 * answer.retryAfter));
      }
      waits.push(performance.now() - sentAt);
      if (answer.status !== 200) throw new Error(`A batch was answered with ${answer.status}: ${answer.text}`);
      const counts = JSON.parse(answer.text) as { stored: number; duplicates: number; refused: unknown[] };
      result.stored += counts.stored;
      result.duplicates += counts.duplicates;
      result.refused += counts.refused.length;
    }
  };
  await Promise.all(Array.from({ length: load.underWay }, sendOn));
  const seconds = (performance.now() - began) / 1_000;
  agent.destroy();
  const { user, system } = process.cpuUsage(cpu);
  waits.sort((one, other) => one - other);
  const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
  return { ...result, seconds, p50: at(0.5), p99: at(0.99), ownCpu: user + system };
}

interface Answer {
  status: number;
  /** Seconds; of a 503. */
  retryAfter: number;
  text: string;
}

function post(agent: Agent, { port, token }: EventLoad, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sending = request(
      {
        ...{ agent, port, host: '127.0.0.1', path: '/v1/events', method: 'POST' },
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/cloudevents-batch+json',
          'Content-Length': body.length,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, retryAfter: Number(response.headers['retry-after'] ?? 1), text });
        });
        response.on('error', reject);
      },
    );
    sending.on('error', reject);
    sending.end(body);
  });
}
