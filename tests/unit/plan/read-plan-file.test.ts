import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlanFile } from '../../../cli/plan/read-plan-file';

describe('the file of a plan', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plan-file-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is read, and is never waited for where it is a named pipe or a folder', async () => {
    const [plan, pipe] = [join(folder, 'plan.yaml'), join(folder, 'pipe')];
    writeFileSync(plan, 'migration: first\n');
    execFileSync('mkfifo', [pipe]);
    expect(await readPlanFile(plan)).toBe('migration: first\n');
    for (const none of [pipe, folder]) {
      await expect(readPlanFile(none)).rejects.toMatchObject({ code: 'no-plan-file' });
    }
  });
});
