// Every package that is installed must have a licence that lets a product under Apache-2.0 be shipped with it.
// usage: node .ci/licences.mjs [--list]
import { readFileSync } from 'node:fs';

const PERMISSIVE = new Set([
  ...['MIT', 'MIT-0', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Unlicense'],
  ...['CC0-1.0', 'CC-BY-4.0', 'Python-2.0', 'PostgreSQL', 'Zlib', 'WTFPL'],
]);

/** Declared in the package's LICENSE file alone, which somebody read. */
const READ_BY_HAND = {
  unionfs: 'Unlicense',
  '@openfeature/ofrep-core': 'Apache-2.0',
  '@openfeature/ofrep-provider': 'Apache-2.0',
  khroma: 'MIT',
};

/** Whether an SPDX expression leaves a permissive choice: each side of an AND, either side of an OR. */
function permits(expression) {
  const text = expression.replace(/^\((.*)\)$/, '$1');
  if (text.includes(' AND ')) return text.split(' AND ').every(permits);
  if (text.includes(' OR ')) return text.split(' OR ').some(permits);
  return PERMISSIVE.has(text.trim());
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const byLicence = new Map();
for (const [path, { license, link }] of Object.entries(packages)) {
  if (path === '' || link) continue;
  const name = path.replace(/^.*node_modules\//, '');
  const licence = license ?? READ_BY_HAND[name] ?? 'none declared';
  byLicence.set(licence, [...(byLicence.get(licence) ?? []), name]);
}

const refused = [...byLicence].filter(([licence]) => !permits(licence));
for (const [licence, names] of [...byLicence].sort()) {
  console.log(
    `${String(names.length).padStart(5)}  ${licence}${process.argv.includes('--list') ? `: ${names.join(', ')}` : ''}`,
  );
}
for (const [licence, names] of refused) console.error(`Not known to be permissive: ${licence}: ${names.join(', ')}`);
process.exit(refused.length === 0 ? 0 : 1);
