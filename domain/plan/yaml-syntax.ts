import { visit, type Document, type ErrorCode } from 'yaml';
import type { LintCode } from './lint/lint-catalogue';

/** The part of the library's error that counts here. */
interface YamlFault {
  code: ErrorCode;
  pos: [number, number];
  message: string;
}

export interface SyntaxProblem {
  code: LintCode;
  offset: number;
  end: number;
  message: string;
}

/** One broken line often breaks those after it: this many are listed. */
const LISTED = 20;

const OTHERWISE = 'This is not YAML. Put text with special characters in quotes.';
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'An alias cannot have an anchor or a tag of its own. Remove it.',
  BAD_ALIAS: "Write the anchor's name after '*', or put the text in quotes.",
  BAD_COLLECTION_TYPE: 'Leave out the tag; a plan needs none.',
  BAD_DIRECTIVE: "Leave out the line that starts with '%'.",
  BAD_DQ_ESCAPE: "This is not an escape that double quotes know. Write '\\\\' for a backslash, or use single quotes.",
  BAD_INDENT:
    'The indentation does not fit here. Line it up with its neighbours; close brackets, braces and quotes that are open.',
  BAD_PROP_ORDER: 'Put anchors and tags before the value, on its line.',
  BAD_SCALAR_START: 'Text cannot start with this character. Put it in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    "A name and its value do not fit here. Start a new line for each 'name: value', or put text with ': ' in quotes.",
  BLOCK_IN_FLOW:
    "Lines with '- ' or 'name:' cannot stand inside brackets or braces. Close them first, or separate with commas.",
  KEY_OVER_1024_CHARS: 'This name is far too long. Is a quote or a colon missing?',
  MULTILINE_IMPLICIT_KEY: 'A name stands on one line, with its colon. Is a quote or a colon missing?',
  MULTIPLE_ANCHORS: 'Give one anchor at most.',
  MULTIPLE_DOCS: "A plan is one document. Remove the '---' here and what follows it, or put it into a file of its own.",
  MULTIPLE_TAGS: 'Leave out the tags; a plan needs none.',
  RESOURCE_EXHAUSTION: 'This is nested too deeply for a plan.',
  TAB_AS_INDENT: 'Indent with spaces, not with tabs.',
  TAG_RESOLVE_FAILED: 'Leave out the tag; a plan needs none.',
  UNEXPECTED_TOKEN: 'This does not belong here. Remove it, or put the text in quotes.',
};

/** Those that are found by a code of their own; the others are not YAML. */
const CODES: Partial<Record<ErrorCode, LintCode>> = {
  BAD_COLLECTION_TYPE: 'WH014',
  BAD_DIRECTIVE: 'WH003',
  MULTIPLE_DOCS: 'WH013',
  MULTIPLE_TAGS: 'WH014',
  RESOURCE_EXHAUSTION: 'WH004',
  TAB_AS_INDENT: 'WH011',
  TAG_RESOLVE_FAILED: 'WH014',
};

/** What to do about YAML's syntax errors, by offset: one a line, since what follows the first is mostly its echo. */
export function explainSyntax(document: Document.Parsed, lineAt: (offset: number) => number): SyntaxProblem[] {
  const seen = new Set<number>();
  return document.errors
    .map((error) => explain(error, document))
    .sort((left, right) => left.offset - right.offset)
    .filter(({ offset }) => seen.size !== seen.add(lineAt(offset)).size)
    .slice(0, LISTED);
}

function explain({ code, pos, message }: YamlFault, document: Document.Parsed): SyntaxProblem {
  const [offset, end] = pos;
  if (code !== 'MISSING_CHAR')
    return { code: CODES[code] ?? 'WH010', offset, end, message: MESSAGES[code] ?? OTHERWISE };
  if (message.endsWith('quote')) {
    return {
      code: 'WH012',
      offset: startOfScalarThatEndsAt(offset, document),
      end: offset,
      message: 'This quote is never closed. Close it, or remove it.',
    };
  }
  if (message.startsWith('Implicit map keys')) {
    return {
      code: 'WH010',
      offset,
      end,
      message: "Write a colon, a space and a value after this name, or '- ' before it.",
    };
  }
  // The library says which character is missing, and quotes nothing of the text.
  return { code: 'WH012', offset, end, message: `${message}. Add what is missing.` };
}

/** The library reports a quote where the text ends without it; people look for where it begins. */
function startOfScalarThatEndsAt(end: number, document: Document.Parsed): number {
  let start = end;
  visit(document, {
    Scalar: (_, { range }) => {
      if (range?.[1] !== end) return undefined;
      start = range[0];
      return visit.BREAK;
    },
  });
  return start;
}
