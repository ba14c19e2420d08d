import { Lexer, LineCounter, parseDocument } from 'yaml';
import { formatPath, type Finding, type PlacedFinding, type PlanPath, type PlanProblem } from './plan-problem';
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
  place: (finding: Finding) => PlacedFinding;
}

/**
 * Reads YAML 1.2 (so JSON as well): one document of maps with names, lists, text, numbers, true and false. Anchors and aliases may
 * be used, within limits; tags, merge keys and directives may not.
 */
export function readPlanText(text: string): PlanText {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  const at = (offset: number): Pick<PlanProblem, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problemAt = (offset: number, message: string, path = ''): PlanProblem => ({ ...at(offset), path, message });
  const answer = (value: unknown, problems: PlanProblem[], root?: Place): PlanText => ({
    value,
    problems,
    place: (finding) => {
      const path = asWritten(finding.path, root);
      const { message } = finding;
      return { ...at(offsetOf({ ...finding, path }, root)), path: formatPath(path), message };
    },
  });

  const refusal = refuse(text);
  if (refusal !== undefined) return answer(undefined, [problemAt(refusal.offset, refusal.message)]);

  // Names given twice are found by readNodes: the library compares each with each.
  const document = parseDocument(text, { version: '1.2', merge: false, uniqueKeys: false, prettyErrors: false });
  const syntax = explainSyntax(document, (offset) => lines.linePos(offset).line);
  if (syntax.length > 0) {
    return answer(
      undefined,
      syntax.map(({ offset, message }) => problemAt(offset, message)),
    );
  }
  if (document.contents === null) return answer(null, []);
  const { root, problems } = readNodes(document.contents, TEXT_LIMITS);
  return answer(
    root.value,
    problems.map(({ offset, message, path }) => problemAt(offset, message, formatPath(path))),
    root,
  );
}

/** Why a text is not even parsed; undefined where nothing speaks against it. */
function refuse(text: string): { offset: number; message: string } | undefined {
  if (Buffer.byteLength(text, 'utf8') > TEXT_LIMITS.bytes) {
    return { offset: 0, message: 'The plan is larger than 1 MiB. Leave out what is not part of a plan.' };
  }
  const control = /[^\P{Cc}\t\r\n\u0085]|\p{Cs}|\uFFFD/u.exec(text);
  if (control !== null) {
    return { offset: control.index, message: 'This character is not text. Save the plan as plain UTF-8.' };
  }
  const directive = /^\uFEFF?%/m.exec(text);
  if (directive !== null)
    return { offset: directive.index, message: "Leave out the line that starts with '%': a plan is YAML 1.2." };
  let offset = 0;
  let tokens = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > TEXT_LIMITS.tokens) {
      return {
        offset: Math.min(offset, text.length),
        message: 'The plan has too many parts. Leave out what is not part of a plan.',
      };
    }
    offset += token.length;
  }
  return undefined;
}

function offsetOf({ path, atName }: Finding, root: Place | undefined): number {
  let place = root;
  for (const [depth, step] of path.entries()) {
    const child = place?.children?.get(step);
    // What is missing is pointed at by what it is missing from.
    if (child === undefined) return depth === 0 ? 0 : (place?.name ?? place?.at ?? 0);
    place = child;
  }
  // A list or map is pointed at by its name: its own first line is its first entry's.
  return (atName === true || place?.children !== undefined ? place?.name : undefined) ?? place?.at ?? 0;
}

/** One value may stand for a list of one: `end: review.assigned`. Its first item is then the value itself. */
function asWritten(path: PlanPath, root: Place | undefined): PlanPath {
  const list = path.slice(0, -1).reduce<Place | undefined>((place, step) => place?.children?.get(step), root);
  return typeof path.at(-1) === 'number' && list !== undefined && list.children === undefined
    ? path.slice(0, -1)
    : path;
}
