import { StringDecoder } from 'node:string_decoder';

/** The longest line that is read whole: as long as the longest event that the API takes. */
export const LONGEST_LINE = 1 << 20;

/** The lines of a text in UTF-8, one after the other. What comes after a line that is longer than the longest is left out: refuse it. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).replace(/^\ufeff/, '').split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    // Long enough to be refused by its length, whatever follows.
    if (rest.length > LONGEST_LINE) break;
  }
  yield rest;
}
