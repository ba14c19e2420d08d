import { createHash } from 'node:crypto';
import { INDEX, type PageFile } from './plan-page';

/** Last line of the index, not shown to who reads it as a page: each file of the folder with what it was when it was written. */
const LIST = /\n<!-- handoff plan pages: ([^\n]*) -->\s*$/;
const ENTRY = /^([A-Za-z-]{1,60}\.(?:md|svg|csv))=([0-9a-f]{16})$/;

/** The same files, with the list of them at the end of the index: so a later run knows what it wrote and nobody has touched since. */
export function withList(files: readonly PageFile[]): PageFile[] {
  const entries = files.map(({ name, text }) => `${name}=${digestOf(text)}`);
  return files.map((file) =>
    file.name === INDEX ? { ...file, text: `${file.text}\n<!-- handoff plan pages: ${entries.join(' ')} -->\n` } : file,
  );
}

/** The files that an index lists, each with its digest; none where it is not such an index. */
export function listOf(index: string): ReadonlyMap<string, string> {
  const entries = LIST.exec(index)?.[1]?.split(' ') ?? [];
  return new Map(
    entries.flatMap((entry) => {
      const [, name, digest] = ENTRY.exec(entry) ?? [];
      return name === undefined || digest === undefined ? [] : [[name, digest] as const];
    }),
  );
}

/** Of a page as it is written; of the index, without its list. Line ends say nothing: git may write others. */
export function digestOf(text: string): string {
  const said = text.replace(/\r/g, '').replace(LIST, '');
  return createHash('sha256').update(said, 'utf8').digest('hex').slice(0, 16);
}
