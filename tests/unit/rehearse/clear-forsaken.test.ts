import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearForsaken, TEMPORARY_PREFIX } from '../../../cli/rehearse/clear-forsaken';
import { identify } from '../../../platform/process-identity';

describe('what killed rehearsals left', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'forsaken-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  async function home(name: string, supervisor?: object): Promise<string> {
    const folder = join(parent, name);
    await mkdir(folder);
    if (supervisor !== undefined)
      await writeFile(join(folder, 'run.json'), JSON.stringify({ supervisor, processes: {} }));
    return folder;
  }

  it('is removed; a rehearsal under way, one that just starts, and other folders stay', async () => {
    const gone = await home(`${TEMPORARY_PREFIX}gone`, { pid: 2 ** 22 + 1, started: 'never' });
    const reused = await home(`${TEMPORARY_PREFIX}reused`, { pid: process.pid, started: 'long ago' });
    const running = await home(`${TEMPORARY_PREFIX}running`, identify(process.pid));
    const starting = await home(`${TEMPORARY_PREFIX}starting`);
    const other = await home('other', { pid: 2 ** 22 + 1, started: 'never' });
    expect(await clearForsaken(parent)).toBe(2);
    expect([gone, reused, running, starting, other].map((folder) => existsSync(folder))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});
