import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import type { EventArchive } from '../../domain/status/event-archives';

const ENDING = /\.ndjson\.gz$/;

const manifestSchema = z.object({
  file: z.string().regex(/^[a-z0-9_]{1,63}\.ndjson\.gz$/),
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
  events: z.number().int().nonnegative(),
  migrations: z.record(z.string(), z.number().int().nonnegative()),
});
type Manifest = z.infer<typeof manifestSchema>;

/** What became of one file. It is what was written where there are no problems. */
export interface VerifiedArchive {
  /** As its manifest calls it; undefined without one. */
  file: string | undefined;
  problems: string[];
  /** What the file holds. */
  found: Found | undefined;
}

interface Found {
  sha256: string;
  bytes: number;
  events: number;
  migrations: Record<string, number>;
}

/**
 * Reads a file of the archive to its end, a line at a time, and compares it with the manifest beside it, and with what the system wrote down of it where that
 * is given. Problems repeat nothing of what is in the file.
 */
export async function verifyArchive(path: string, recorded?: readonly EventArchive[]): Promise<VerifiedArchive> {
  const manifest = ENDING.test(path) ? await readManifest(path.replace(ENDING, '.manifest.json')) : undefined;
  if (manifest === undefined) {
    const problem =
      'It has no manifest beside it that can be read, so nothing says what it must hold. A file without one is none.';
    return { file: undefined, problems: [problem], found: undefined };
  }
  const { file } = manifest;
  const problems: string[] = [];
  if (!path.endsWith(file)) problems.push('Its manifest is of another file.');
  const reading = new Reading(manifest);
  const found = await reading.read(path);
  problems.push(...reading.problems);
  if (found !== undefined) problems.push(...differences(found, manifest, 'its manifest'));
  if (recorded !== undefined) {
    const record = recorded.find((one) => one.file === file);
    if (record === undefined) problems.push('The system wrote down no archive of that name.');
    else problems.push(...differences(found ?? manifest, record, 'the system'));
  }
  return { file, problems, found };
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

class Reading {
  readonly problems: string[] = [];
  private events = 0;
  private readonly migrations: Record<string, number> = {};
  private malformed = 0;
  private outside = 0;

  constructor(private readonly manifest: Manifest) {}

  async read(path: string): Promise<Found | undefined> {
    const hash = createHash('sha256');
    let bytes = 0;
    const packed = new PassThrough();
    const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    try {
      const unpacked = createGunzip();
      const lines = this.readLines(unpacked);
      await Promise.all([pipeline(createReadStream(path), counted, packed), pipeline(packed, unpacked), lines]);
    } catch (error) {
      const gone = (error as { code?: unknown }).code === 'ENOENT';
      this.problems.push(gone ? 'It is not there.' : 'It cannot be read to its end: it is cut off, or no gzip.');
      return undefined;
    }
    if (this.malformed > 0) this.problems.push(`Of its lines ${this.malformed} are no events.`);
    if (this.outside > 0) this.problems.push(`Of its events ${this.outside} came in another month.`);
    const { events, migrations } = this;
    return { sha256: hash.digest('hex'), bytes, events, migrations };
  }

  private async readLines(from: NodeJS.ReadableStream): Promise<void> {
    for await (const line of createInterface({ input: from, crlfDelay: Infinity })) {
      this.events += 1;
      const event = eventOf(line);
      if (event === undefined) {
        this.malformed += 1;
        continue;
      }
      this.migrations[event.migration] = (this.migrations[event.migration] ?? 0) + 1;
      const { from: begin, to } = this.manifest;
      if ((begin !== null && event.at < Date.parse(begin)) || event.at >= Date.parse(to)) this.outside += 1;
    }
  }
}

function eventOf(line: string): { migration: string; at: number } | undefined {
  try {
    const { migration, received_at: received } = JSON.parse(line) as Record<string, unknown>;
    const at = typeof received === 'string' ? Date.parse(received) : Number.NaN;
    return typeof migration === 'string' && !Number.isNaN(at) ? { migration, at } : undefined;
  } catch {
    return undefined;
  }
}

type Counted = Pick<EventArchive, 'sha256' | 'bytes' | 'events' | 'migrations'>;

function differences(found: Counted, said: Counted, by: string): string[] {
  const { sha256, bytes, events } = found;
  const ids = [...Object.keys(found.migrations), ...Object.keys(said.migrations)];
  const differ = ids.some((id) => found.migrations[id] !== said.migrations[id]);
  return [
    ...(sha256 === said.sha256 ? [] : [`Its sha256 is another than ${by} says.`]),
    ...(bytes === said.bytes ? [] : [`It has ${bytes} bytes; ${by} says ${said.bytes}.`]),
    ...(events === said.events ? [] : [`It holds ${events} events; ${by} says ${said.events}.`]),
    ...(differ ? [`Of some migration it holds another number of events than ${by} says.`] : []),
  ];
}
