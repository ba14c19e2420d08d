import fc from 'fast-check';
import { parse, parseDocument, stringify } from 'yaml';
import { BadPlan } from '../../../domain/plan/bad-plan';
import { loadPlan } from '../../../domain/plan/load-plan';
import { PAYMENT } from './plan-texts';

/** The plan as it is written, comments and all. */
const WRITTEN = parseDocument(PAYMENT);

/** Loads, or fails as it should: with problems that each stand inside the text. */
function judge(text: string): 'good' | BadPlan {
  try {
    expect(loadPlan(text).hash).toMatch(/^[0-9a-f]{64}$/);
    return 'good';
  } catch (error) {
    if (!(error instanceof BadPlan)) throw error;
    const lines = text.split('\n');
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { line, column, path, message } of error.problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
      expect(message).toMatch(/^\S.*[.?]$/);
      expect(message.length).toBeLessThan(700);
      expect(`${path}${message}`).not.toMatch(/\p{Cc}|undefined|\[object|Symbol/u);
    }
    return error;
  }
}

describe('whatever the text, a plan loads or its problems are listed', () => {
  it('for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.lorem({ mode: 'sentences' })), (text) => {
        judge(text);
      }),
      { numRuns: 500 },
    );
  });

  it('for any YAML', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        judge(`apiVersion: warm-handoff/v1\nphases: ${JSON.stringify(value)}\n`);
        judge(stringify(value));
      }),
      { numRuns: 100 },
    );
  });

  it('for text of the characters that mean something to YAML', () => {
    const marks = fc.constantFrom(
      '-',
      ' ',
      ':',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&a',
      '*a',
      '!',
      '#',
      "'",
      '"',
      '|',
      '>',
      '?',
      '%',
      '<<',
      '~',
      '\t',
      'x',
      '1',
      '---',
      '...',
      '\r',
      '\uFEFF',
    );
    fc.assert(
      fc.property(fc.array(marks, { maxLength: 60 }), (parts) => {
        judge(parts.join(''));
      }),
      { numRuns: 1_000 },
    );
  });

  it('for a plan with a piece of its text cut out, doubled or moved', () => {
    fc.assert(
      fc.property(
        fc.nat(PAYMENT.length),
        fc.nat(200),
        fc.nat(PAYMENT.length),
        fc.constantFrom('cut', 'double', 'move'),
        (at, length, to, change) => {
          const piece = PAYMENT.slice(at, at + length);
          const rest = PAYMENT.slice(0, at) + PAYMENT.slice(at + length);
          const text =
            change === 'cut'
              ? rest
              : change === 'double'
                ? PAYMENT.slice(0, to) + piece + PAYMENT.slice(to)
                : rest.slice(0, to) + piece + rest.slice(to);
          judge(text);
        },
      ),
      { numRuns: 100 },
    );
  });

  const strange = fc.oneof(
    fc.constantFrom<unknown>(null, true, 0, -1, 1e300, '', 'TBD', [], {}, [null], '100%', '1s', 'constructor'),
    fc.jsonValue({ maxDepth: 2 }),
  );

  it('for a plan with any one of its values replaced by another', () => {
    const paths = pathsOf(parse(PAYMENT), []);
    fc.assert(
      fc.property(fc.nat(paths.length - 1), strange, (index, value) => {
        const document = WRITTEN.clone();
        const path = paths[index] ?? [];
        document.setIn(path, document.createNode(value));
        judge(document.toString({ lineWidth: 0 }));
      }),
      { numRuns: 100 },
    );
  });

  it('for a plan with any one of its values left out', () => {
    const paths = pathsOf(parse(PAYMENT), []);
    fc.assert(
      fc.property(fc.nat(paths.length - 1), (index) => {
        const document = WRITTEN.clone();
        document.deleteIn(paths[index] ?? []);
        judge(document.toString({ lineWidth: 0 }));
      }),
      { numRuns: 100 },
    );
  });
});

function pathsOf(value: unknown, path: (string | number)[]): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const children = Object.entries(value).flatMap(([name, item]) =>
    pathsOf(item, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return path.length === 0 ? children : [path, ...children];
}
