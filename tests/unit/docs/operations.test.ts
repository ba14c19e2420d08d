import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const PROCESSES = ['api', 'worker', 'store', 'supervisor', 'sandbox', 'cli'];
const CONFIGURATIONS = ['platform/service-environment.ts', ...PROCESSES.map((folder) => `${folder}/config.ts`)];
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/architecture.md',
  'docs/invariants.md',
  'docs/operations.md',
];

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('docs/operations.md', () => {
  const operations = read('docs/operations.md');

  it.each(CONFIGURATIONS)('names every variable that %s reads', (file) => {
    const variables = [...read(file).matchAll(/^\s+([A-Z][A-Z0-9]*_[A-Z0-9_]+):|environment\['([A-Z0-9_]+)'\]/gm)];
    expect(variables.length).toBeGreaterThan(0);
    const names = [...new Set(variables.map(([, declared, taken]) => declared ?? taken))];
    expect(names.filter((name) => !operations.includes(`\`${name}\``))).toEqual([]);
  });

  it('names every metric, and none that there is not', () => {
    const sources = ['platform', 'api', 'worker'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => read(join(folder, file))),
    );
    const named = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))];
    const counted = named(sources.join('\n'), /(?:name:|NAME =) '(handoff_[a-z_]+)'/g);
    expect(counted.length).toBeGreaterThan(0);
    expect(named(operations, /^\| `(handoff_[a-z_]+)`/gm).sort()).toEqual(counted.sort());
  });
});

describe('the documents', () => {
  it.each(DOCUMENTS.filter((file) => existsSync(join(ROOT, file))))(
    '%s points only at files that are there',
    (file) => {
      const text = read(file);
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => join(dirname(file), path));
      const named = [
        ...text.matchAll(
          /`((?:domain|workflows|activities|store|api|worker|platform|tests|docs|examples|\.ci)\/[\w./-]+)`/g,
        ),
      ];
      const paths = [...links, ...named.map(([, path = '']) => path)];
      expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    },
  );
});
