import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A part of the source tree, by the lint's own rules. */
export interface Part {
  files: string[];
  values: string[];
  types?: string[];
}

/** The parts as eslint.config.mjs has them: an ES module, so another process reads it. */
export function readParts(): Record<string, Part> {
  const configuration = pathToFileURL(join(__dirname, '..', '..', '..', '..', 'eslint.config.mjs')).href;
  const script = `const { PARTS } = await import('${configuration}'); process.stdout.write(JSON.stringify(PARTS));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  return JSON.parse(printed) as Record<string, Part>;
}

/** Pure rules and plumbing, which every part may import: drawn as what all stand on, or the picture is all arrows. */
const GROUND = ['domain', 'phase-rules', 'platform'];

/** Who may import whom, as Mermaid: drawn through, values; broken, types alone. */
export function drawParts(parts: Readonly<Record<string, Part>>): string {
  const nodes = Object.entries(parts).map(([part, { files }]) => `    ${part}["${folderOf(files)}"]`);
  const arrows = Object.entries(parts).flatMap(([part, { values, types = [] }]) => [
    ...values.filter((other) => other !== part && isDrawn(part, other)).map((other) => `    ${part} --> ${other}`),
    ...types
      .filter((other) => !values.includes(other) && isDrawn(part, other))
      .map((other) => `    ${part} -.-> ${other}`),
  ]);
  return ['flowchart TD', ...nodes, ...arrows].join('\n');
}

/** Of what nearly all may import, only where somebody may not, or may take less, is worth an arrow. */
function isDrawn(part: string, other: string): boolean {
  return !GROUND.includes(other) || GROUND.includes(part) || part === 'workflows';
}

function folderOf(files: readonly string[]): string {
  return files.map((pattern) => pattern.replace(/\*\*\/\*$/, '')).join('<br/>');
}

/** The parts that may not import all of the ground's values: the picture's text says that all others may. */
export function withoutGround(parts: Readonly<Record<string, Part>>): string[] {
  return Object.entries(parts)
    .filter(([part, { values }]) => !GROUND.includes(part) && GROUND.some((ground) => !values.includes(ground)))
    .map(([part]) => part);
}
