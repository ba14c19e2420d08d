import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../platform/package-root';

/** What the bundle is made of, under `dist/`. The activities' folders give types only. */
const INPUTS = ['workflows', 'domain'];

/**
 * Bundles the built workflows for Temporal's sandbox into `dist/workflow-bundle.js`, unless the bundle that is there came from
 * the same code.
 */
async function main(): Promise<void> {
  const dist = join(packageRoot(), 'dist');
  const bundle = join(dist, 'workflow-bundle.js');
  const stamp = join(dist, 'workflow-bundle.sha256');
  const inputs = hashOf(dist);
  if (existsSync(bundle) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return;
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(`${bundle}.new`, code);
  renameSync(`${bundle}.new`, bundle);
  writeFileSync(stamp, inputs);
}

function hashOf(dist: string): string {
  const hash = createHash('sha256');
  // The SDK's own code is part of the bundle.
  hash.update(readFileSync(join(packageRoot(), 'package-lock.json')));
  for (const folder of INPUTS) {
    const files = readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.js')).sort()) {
      const path = join(dist, folder, file);
      hash.update(`\0${relative(dist, path)}\0`).update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}

main().catch((error: unknown) => {
  process.stderr.write(`The workflows cannot be bundled: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
