import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PlanTemplates } from '../domain/plan/templates/plan-templates';
import { packageRoot } from './package-root';

let read: PlanTemplates | undefined;

/** The templates that come with the product, each by its file's name: a plan says `extends: telehealth`. Read once a process. */
export function shippedTemplates(): PlanTemplates {
  read ??= readTemplates(join(packageRoot(), 'templates'));
  return read;
}

function readTemplates(folder: string): PlanTemplates {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return new Map(files.sort().map((file) => [basename(file, '.yaml'), readFileSync(join(folder, file), 'utf8')]));
}
