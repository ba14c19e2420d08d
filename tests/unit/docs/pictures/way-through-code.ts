import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..', '..');

/** What stands in a picture of a way through the code: a file of it, a table of Postgres, or somebody outside. */
export type Place = { file: string; does: string } | { table: string } | { outside: string };

/** One step of the way, and what in the code it rests on; without that it would be an opinion. */
export interface Hop {
  from: string;
  to: string;
  says?: string;
  /**
   * `import`: one file imports the other. `port`: both import that file, one to use it and one to be it. `name`: both files have the word: what
   * Temporal carries by name. `table`: the file's SQL has the table. `route`: the file serves it.
   * `exported`: the file gives that.
   */
  by: 'import' | { port: string } | { name: string } | 'table' | { route: string } | { exported: string };
}

export interface Way {
  places: Record<string, Place>;
  hops: readonly Hop[];
}

/** What of a way is not so in the code, in words; empty where all of it is. */
export function notInCode(way: Way): string[] {
  const lost = Object.values(way.places).flatMap((place) => {
    if ('file' in place) return existsSync(join(ROOT, place.file)) ? [] : [`${place.file} is not there`];
    if ('table' in place) return tables().includes(place.table) ? [] : [`there is no table ${place.table}`];
    return [];
  });
  return lost.length > 0 ? lost : way.hops.filter((hop) => !holds(way, hop)).map(({ from, to }) => `${from} to ${to}`);
}

function holds({ places }: Way, { from, to, by }: Hop): boolean {
  const ends = [places[from], places[to]];
  const files = ends.flatMap((place) => (place !== undefined && 'file' in place ? [place.file] : []));
  const [one = '', other = ''] = files;
  if (by === 'import') return imports(one).includes(other) || imports(other).includes(one);
  if (by === 'table') {
    const table = ends.flatMap((place) => (place !== undefined && 'table' in place ? [place.table] : []))[0] ?? '';
    return new RegExp(`\\b(INTO|UPDATE|FROM|JOIN) ${table}\\b`).test(read(one));
  }
  if ('port' in by) return files.length === 2 && files.every((file) => imports(file).includes(by.port));
  if ('name' in by) return files.length === 2 && files.every((file) => new RegExp(`\\b${by.name}\\b`).test(read(file)));
  if ('exported' in by) return new RegExp(`^export (const|function) ${by.exported}\\b`, 'm').test(read(one));
  return read(one).includes(`'${by.route}'`);
}

/** The way as Mermaid. */
export function drawWay({ places, hops }: Way): string {
  const nodes = Object.entries(places).map(([id, place]) => {
    if ('file' in place) return `    ${id}["${place.file}<br/>${place.does}"]`;
    if ('table' in place) return `    ${id}[("${place.table}")]`;
    return `    ${id}(["${place.outside}"])`;
  });
  const arrows = hops.map(({ from, to, says }) => `    ${from} -->${says === undefined ? '' : `|"${says}"|`} ${to}`);
  return ['flowchart TD', ...nodes, ...arrows].join('\n');
}

function imports(file: string): string[] {
  return [...read(file).matchAll(/from '(\.[^']+)'/g)].map(
    ([, path = '']) => `${normalize(join(dirname(file), path))}.ts`,
  );
}

function tables(): string[] {
  const schema = read('store/schema/0001-ground.sql');
  return [...schema.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name = '']) => name);
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
