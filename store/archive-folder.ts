import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** What a file of the archive holds. */
export interface WrittenFile {
  /** Its name in the folder. */
  file: string;
  /** Of the file as it lies there. */
  sha256: string;
  bytes: number;
  events: number;
}

interface Period {
  partition: string;
  from: string | null;
  to: string;
}

/** A folder of NDJSON, gzip, one file a month, each with a manifest of what it must hold. */
export class ArchiveFolder {
  constructor(private readonly path: string) {}

  /**
   * Writes a month, one line an event, and its manifest; all of it is on disk when this resolves. One that was begun before is written over: a file without its
   * manifest is none.
   */
  async write(
    month: Period,
    migrations: Readonly<Record<string, number>>,
    lines: AsyncIterable<string>,
  ): Promise<WrittenFile> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const file = `${month.partition}.ndjson.gz`;
    const hash = createHash('sha256');
    let bytes = 0;
    let events = 0;
    const counted = async function* (): AsyncIterable<string> {
      for await (const line of lines) {
        events += 1;
        yield `${line}\n`;
      }
    };
    await this.put(file, async (handle) => {
      await pipeline(Readable.from(counted()), createGzip(), async (packed: AsyncIterable<Buffer>) => {
        for await (const chunk of packed) {
          hash.update(chunk);
          bytes += chunk.length;
          await handle.writeFile(chunk);
        }
      });
    });
    const written = { file, sha256: hash.digest('hex'), bytes, events };
    await this.put(`${month.partition}.manifest.json`, async (handle) => {
      await handle.writeFile(`${JSON.stringify({ ...month, ...written, migrations }, undefined, 2)}\n`);
    });
    return written;
  }

  /** Under its name only when all of it is on disk. */
  private async put(name: string, fill: (handle: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
    const part = join(this.path, `${name}.part`);
    const handle = await open(part, 'w', 0o600);
    try {
      await fill(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, join(this.path, name));
    const folder = await open(this.path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
