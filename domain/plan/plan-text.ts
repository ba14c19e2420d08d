import { Composer, Lexer, LineCounter, Parser, YAMLParseError, type CST, type Document } from 'yaml';
import { lintEntry, type LintCode } from './lint/lint-catalogue';
import {
  formatPath,
  quoteName,
  type Fault,
  type Placed,
  type PlanPath,
  type PlanProblem,
  type TextPlace,
} from './plan-problem';
import { nameOfEntry } from './templates/merge-places';
import { readNodes, type Place } from './yaml-nodes';
import { explainSyntax } from './yaml-syntax';

/** What keeps a hostile text from costing more than about a second. Real plans are a hundred times smaller. */
export const TEXT_LIMITS = {
  /** UTF-8 bytes. */
  bytes: 1_048_576,
  /** YAML tokens. */
  tokens: 100_000,
  /** Lists and maps inside each other. */
  depth: 32,
  /** Values that aliases repeat. */
  values: 20_000,
} as const;

/** A plan's text as values, with the place of each. */
export interface PlanText {
  /** Undefined where the text is not YAML. */
  value: unknown;
  /** What is wrong with the text itself. */
  problems: PlanProblem[];
  /** Where a finding is written: what it names, or the nearest thing around it. */
  place: PlaceOf;
  /** The text as a tree; absent where there is none to read. */
  root?: Place;
  /** Where a finding is written, of a plan that this text and a template make together. */
  placeIn: (root: Place) => PlaceOf;
}

type PlaceOf = <Found extends Fault>(found: Found) => Placed<Found>;

/**
 * Reads YAML 1.2 (so JSON as well): one document of maps with names, lists, text, numbers, true and false. Anchors and aliases may
 * be used, within limits; tags, merge keys and directives may not.
 */
export function readPlanText(text: string): PlanText {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  const at = ({ at: offset, end }: Span): TextPlace => {
    const { line, col } = lines.linePos(offset);
    // One line is shown of what goes over several, and one character of what is empty.
    const lineEnd = endOfLine(text, offset);
    return { line, column: col, endColumn: col + Math.max(1, Math.min(end, lineEnd) - offset) };
  };
  const problemAt = (code: LintCode, span: Span, message: string, path = ''): PlanProblem => ({
    code,
    severity: lintEntry(code).severity,
    ...at(span),
    path,
    message,
  });
  const placeIn =
    (root: Place | undefined): PlaceOf =>
    (found) => {
      const { path: said, atName, ...rest } = found;
      const path = asWritten(said, root);
      const { written, template } = whereWritten(path, root);
      const { message } = found;
      const of = template === undefined ? '' : fromTemplate(template, path, written, root);
      return {
        ...rest,
        ...(of !== '' && { message: () => `${typeof message === 'string' ? message : message()}${of}` }),
        ...at(spanOf(path, atName === true, root)),
        path: formatPath(written),
      };
    };
  const answer = (value: unknown, problems: PlanProblem[], root?: Place): PlanText => ({
    ...{ value, problems, placeIn, place: placeIn(root) },
    ...(root && { root }),
  });

  const refusal = refuse(text);
  if (refusal !== undefined)
    return answer(undefined, [
      problemAt(refusal.code, { at: refusal.offset, end: refusal.offset + 1 }, refusal.message),
    ]);

  const document = parse(text);
  if ('offset' in document) {
    const message = 'The plan has too many parts. Leave out what is not part of a plan.';
    return answer(undefined, [problemAt('WH001', { at: document.offset, end: document.offset + 1 }, message)]);
  }
  const syntax = explainSyntax(document, (offset) => lines.linePos(offset).line);
  if (syntax.length > 0) {
    return answer(
      undefined,
      syntax.map(({ code, offset, end, message }) => problemAt(code, { at: offset, end }, message)),
    );
  }
  if (document.contents === null) return answer(null, []);
  const { root, problems } = readNodes(document.contents, TEXT_LIMITS);
  return answer(
    root.value,
    problems.map(({ code, offset, end, message, path }) =>
      problemAt(code, { at: offset, end }, message, formatPath(path)),
    ),
    root,
  );
}

/** Why a text is not even parsed; undefined where nothing speaks against it. */
function refuse(text: string): { code: LintCode; offset: number; message: string } | undefined {
  if (Buffer.byteLength(text, 'utf8') > TEXT_LIMITS.bytes) {
    return {
      code: 'WH001',
      offset: 0,
      message: 'The plan is larger than 1 MiB. Leave out what is not part of a plan.',
    };
  }
  const control = /[^\P{Cc}\t\r\n\u0085]|\p{Cs}|\uFFFD/u.exec(text);
  if (control !== null) {
    return {
      code: 'WH002',
      offset: control.index,
      message: 'This character is not text. Save the plan as plain UTF-8.',
    };
  }
  // Of YAML's line breaks alone: '^' would take U+2028 within a text for one.
  const directive = /(?<![^\n\r])\uFEFF?%/.exec(text);
  if (directive !== null)
    return {
      code: 'WH003',
      offset: directive.index,
      message: "Leave out the line that starts with '%': a plan is YAML 1.2.",
    };
  return undefined;
}

/** The text as the library's nodes, or where its tokens become too many. */
function parse(text: string): Document.Parsed | { offset: number } {
  let tooMany: number | undefined;
  const tokens = function* (): Generator<CST.Token> {
    const parser = new Parser();
    let offset = 0;
    let count = 0;
    for (const token of new Lexer().lex(text)) {
      count += 1;
      if (count > TEXT_LIMITS.tokens) {
        tooMany = Math.min(offset, text.length);
        return;
      }
      yield* parser.next(token);
      offset += token.length;
    }
    yield* parser.end();
  };
  // Names given twice are found by readNodes: the library compares each with each.
  const composer = new Composer({ version: '1.2', merge: false, uniqueKeys: false, prettyErrors: false });
  let document: Document.Parsed | undefined;
  for (const next of composer.compose(tokens(), true, text.length)) {
    if (document === undefined) document = next;
    else {
      document.errors.push(new YAMLParseError([next.range[0], next.range[1]], 'MULTIPLE_DOCS', 'A second document.'));
      break;
    }
  }
  if (tooMany !== undefined || document === undefined) return { offset: tooMany ?? 0 };
  return document;
}

/** Offsets in the text: where something begins, and after its last character. */
type Span = Pick<Place, 'at' | 'end'>;

function spanOf(path: PlanPath, atName: boolean, root: Place | undefined): Span {
  let place = root;
  for (const [depth, step] of path.entries()) {
    const child = place?.children?.get(step);
    // What is missing is pointed at by what it is missing from.
    if (child === undefined) return depth === 0 ? NOWHERE : (place?.name ?? place ?? NOWHERE);
    place = child;
  }
  // A list or map is pointed at by its name: its own first line is its first entry's.
  return (atName || place?.children !== undefined ? place?.name : undefined) ?? place ?? NOWHERE;
}

/** A path as the plan's own text has it, and the template that the end of it comes from. */
function whereWritten(path: PlanPath, root: Place | undefined): { written: PlanPath; template?: string } {
  let written: (string | number)[] = [];
  let place = root;
  let template: string | undefined;
  for (const step of path) {
    place = place?.children?.get(step);
    template = place?.template ?? (place === undefined ? template : undefined);
    written = place?.written === undefined ? [...written, step] : [...place.written];
  }
  return { written, ...(template !== undefined && { template }) };
}

/** Nobody has the merged list before them, so its entries are called by their names. */
function fromTemplate(template: string, path: PlanPath, written: PlanPath, root: Place | undefined): string {
  let place = root;
  const named = path.map((step) => {
    place = place?.children?.get(step);
    const name = typeof step === 'number' && place !== undefined ? nameOfEntry(place) : undefined;
    return name === undefined ? formatPath([step]) : `[${name}]`;
  });
  const text = named.join('.').replaceAll('.[', '[');
  const where = text === formatPath(written) ? '' : `: ${text}`;
  return ` It comes from the template ${quoteName(template)}${where}.`;
}

const NOWHERE: Span = { at: 0, end: 1 };

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end;
}

/** One value may stand for a list of one: `end: review.assigned`. Its first item is then the value itself. */
function asWritten(path: PlanPath, root: Place | undefined): PlanPath {
  const list = path.slice(0, -1).reduce<Place | undefined>((place, step) => place?.children?.get(step), root);
  return typeof path.at(-1) === 'number' && list !== undefined && list.children === undefined
    ? path.slice(0, -1)
    : path;
}
