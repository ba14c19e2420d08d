import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { packageRoot } from '../../platform/package-root';

/** The workflows as one bundle, made once a run and only where a source changed: it saves seconds in every file that starts a worker. */
export async function workflowBundle(): Promise<string> {
  const root = packageRoot();
  const cache = join(root, 'node_modules', '.cache', 'warm-handoff');
  const path = join(cache, `workflows-${hashOfSources(root)}.js`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', 'index.ts'),
    logger: { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  writeFileSync(`${path}.${process.pid}`, code);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}

function hashOfSources(root: string): string {
  const hash = createHash('sha256');
  for (const folder of ['workflows', 'domain']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (file.endsWith('.ts')) hash.update(file).update(readFileSync(join(root, folder, file)));
    }
  }
  hash.update(readFileSync(join(root, 'package-lock.json')));
  return hash.digest('hex').slice(0, 16);
}

function ignore(): void {
  // The bundler's progress is of no interest to a test run.
}
