import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'invariants.md'), 'utf8');

function numbersIn(text: string): string[] {
  return [...text.matchAll(/\bI\d{1,2}\b/g)].map(([number]) => number);
}

/** In what tests are called: within quotes, after `it` or `describe`. */
function testedNumbers(): Set<string> {
  const files = readdirSync(join(ROOT, 'tests'), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(ROOT, 'tests', file), 'utf8'));
  const titles = texts.flatMap((text) => [...text.matchAll(/(?:describe|it)\b[^'`]*?['`]([^'`\n]+)['`]/g)]);
  return new Set(titles.flatMap(([, title = '']) => numbersIn(title)));
}

describe('docs/invariants.md', () => {
  const listed = [...PAGE.matchAll(/^\| (I\d{1,2}) \|/gm)].map(([, number = '']) => number);

  it('lists what tests are called by, and nothing that none is', () => {
    expect(listed.length).toBeGreaterThan(0);
    expect([...listed].sort()).toEqual([...testedNumbers()].sort());
  });

  it('says of every other number up to the last why there is none', () => {
    const all = Array.from({ length: 17 }, (_, at) => `I${at + 1}`);
    expect(new Set(numbersIn(PAGE))).toEqual(new Set(all));
  });
});
