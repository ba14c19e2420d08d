import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planPages } from '../../../cli/plan/pages/plan-pages';
import { packageRoot } from '../../../platform/package-root';
import { examplePages } from '../../fixtures/example-pages';

/** Writes docs/telehealth anew: npm run docs:example */
async function main(): Promise<void> {
  const folder = join(packageRoot(), 'docs', 'telehealth');
  const pages = await planPages(examplePages());
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of pages) writeFileSync(join(folder, name), text);
}

void main();
