import { isDeepStrictEqual } from 'node:util';
import { Document, parse, Scalar, visit } from 'yaml';
import { NotWritable } from './not-writable';

/**
 * A value as YAML on one line, quoted where YAML needs it: read again it is the same value, whatever is in its text.
 *
 * @throws NotWritable where YAML has no way to say it
 */
export function flow(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_, scalar) => {
      // Text of several lines stays on one: a line of its own would stand outside of its entry.
      if (typeof scalar.value === 'string' && /\s/.test(scalar.value.replaceAll(' ', ''))) {
        scalar.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  const written = document
    .toString({
      collectionStyle: 'flow',
      lineWidth: 0,
      blockQuote: false,
      doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
    })
    .trim();
  if (!/[\n\r]/.test(written) && isDeepStrictEqual(parse(written), plain(value))) return written;
  throw new NotWritable();
}

/** Without what is not there: YAML says nothing of it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
