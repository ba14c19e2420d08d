import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { z } from 'zod';
import { parseTimestamp } from '../../domain/events/rfc3339';
import type { BothSides } from '../../domain/gates/sequential/outcomes';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import type { CliIo } from '../io';
import { linesOf, LONGEST_LINE } from '../lines-of';

/** Outcomes of one run that matured in one interval. */
export interface OutcomeInterval extends BothSides {
  run: string;
  /** As written. */
  t: string;
}

const LARGEST = 1_000_000_000;
const LONGEST_RUN = 200;

const sideSchema = z.strictObject({ n: z.int().min(0).max(LARGEST), kept: z.int().min(0).max(LARGEST) });
const lineSchema = z.strictObject({
  run: z.string().min(1).max(LONGEST_RUN),
  t: z.string(),
  legacy: sideSchema,
  target: sideSchema,
});

const EXAMPLE = '{"run":"a","t":"2026-01-31T09:30:00Z","legacy":{"n":40,"kept":24},"target":{"n":10,"kept":6}}';

/** A line of the stream cannot be judged. Says which and what to do; quotes nothing of it, which may hold anything. */
class BadStream extends CliFailure {
  constructor(line: number, fault: string) {
    super('bad-stream', EXIT.refused, `Line ${line} of the stream ${fault} Nothing was judged from this line on.`);
  }
}

/**
 * Reads outcomes, one JSON object a line, `-` for standard input. A line at a time, so that a stream of any length takes no more memory than its
 * runs' names and times.
 * @throws CliFailure `no-stream`; `bad-stream` at the first line that is not as it must be, with the line
 */
export async function* readOutcomes(path: string, io: CliIo): AsyncGenerator<OutcomeInterval, void> {
  const last = new Map<string, number>();
  let line = 0;
  let read = 0;
  for await (const text of linesOf(bytesOf(path, io))) {
    line += 1;
    if (text.trim() === '') continue;
    const { run, t, legacy, target } = parseLine(text, line);
    const at = parseTimestamp(t);
    if (at === undefined) {
      throw new BadStream(line, "has no time that can be read: write 't' as 2026-01-31T09:30:00Z, with its zone.");
    }
    if (at < (last.get(run) ?? -Infinity)) {
      throw new BadStream(
        line,
        "goes back in time within its run. Sort each run by 't', or give what is another run another name.",
      );
    }
    last.set(run, at);
    read += 1;
    yield { run, t, legacy: outcomes(legacy), target: outcomes(target) };
  }
  if (read === 0) {
    throw new CliFailure('bad-stream', EXIT.refused, `The stream is empty. Write one JSON object a line: ${EXAMPLE}`);
  }
}

type Line = z.output<typeof lineSchema>;

function outcomes({ n, kept }: Line['target']): BothSides['target'] {
  return { kept, missed: n - kept };
}

function parseLine(text: string, line: number): Line {
  if (text.length > LONGEST_LINE)
    throw new BadStream(line, `is longer than 1 MiB. Write one JSON object a line: ${EXAMPLE}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says quotes the text.
    throw new BadStream(line, `is not JSON. Write one object a line: ${EXAMPLE}`);
  }
  const { success, data, error } = lineSchema.safeParse(value);
  if (!success) throw new BadStream(line, faultOf(error.issues));
  for (const side of ['legacy', 'target'] as const) {
    if (data[side].kept > data[side].n) {
      throw new BadStream(
        line,
        `has more kept than there were on ${side}. Write 'n' as all outcomes of the interval, kept and missed.`,
      );
    }
  }
  return data;
}

function faultOf(issues: readonly z.core.$ZodIssue[]): string {
  const [issue] = issues;
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    return path === ''
      ? "has a field that is not known. Write 'run', 't', 'legacy' and 'target', and nothing else."
      : `has a field in '${path}' that is not known. Write 'n' and 'kept' there, and nothing else.`;
  }
  switch (path) {
    case '':
      return `is not a JSON object. Write one a line: ${EXAMPLE}`;
    case 'run':
      return `has no 'run' that is text of 1 to ${LONGEST_RUN} characters. Give each run a name.`;
    case 't':
      return "has no 't' that is text. Write when the interval ended, such as 2026-01-31T09:30:00Z.";
    case 'legacy':
    case 'target':
      return `has no '${path}' that is an object. Write it as {"n":40,"kept":24}, with 0 and 0 where nothing matured.`;
    default:
      return `has no '${path}' that is a whole number from 0 to ${LARGEST}. Write counts of the interval, no rates and no totals so far.`;
  }
}

async function* bytesOf(path: string, io: CliIo): AsyncGenerator<Buffer, void> {
  if (path === '-') {
    yield* io.stdin ?? (addAbortSignal(io.signal, process.stdin) as AsyncIterable<Buffer>);
    return;
  }
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 18, signal: io.signal }) as AsyncIterable<Buffer>;
  } catch (error) {
    if (io.signal.aborted) throw error;
    throw new CliFailure(
      'no-stream',
      EXIT.usage,
      "The stream cannot be read. Check --stream, and that it is a file; '-' is standard input.",
    );
  }
}
