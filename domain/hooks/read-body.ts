import { HookRefused } from './hook-refusal';

/** Lists and maps inside each other, at most. Vendors' payloads are below 20. */
export const DEPTH_LIMIT = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const MALFORMED = 'The body is not well-formed JSON in UTF-8. Nothing of it was kept.';

/** @throws HookRefused where the bytes are no UTF-8 */
function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new HookRefused('hook-malformed', 'The body is not UTF-8. Nothing of it was kept.');
  }
}

/** What a body is: one JSON text, one JSON text a line, or a form's fields. */
export type BodyKind = 'json' | 'jsonLines' | 'form';

/** @throws HookRefused where the bytes are not of that kind, or deeper than any vendor's */
export function readBody(kind: BodyKind, body: Uint8Array): unknown {
  switch (kind) {
    case 'json':
      return readJsonBody(body);
    case 'jsonLines':
      return readJsonLines(body);
    case 'form':
      return readFormBody(body);
  }
}

/** A body as JSON. @throws HookRefused where it is none, or deeper than any vendor's */
function readJsonBody(body: Uint8Array): unknown {
  const text = decode(body);
  if (isDeeperThan(text, DEPTH_LIMIT)) {
    throw new HookRefused('hook-too-deep', `The body has more than ${DEPTH_LIMIT} lists and maps inside each other.`);
  }
  return parse(text);
}

/** A body of one JSON text a line, or of one text alone. @throws HookRefused */
function readJsonLines(body: Uint8Array): unknown {
  const text = decode(body);
  if (isDeeperThan(text, DEPTH_LIMIT)) {
    throw new HookRefused('hook-too-deep', `The body has more than ${DEPTH_LIMIT} lists and maps inside each other.`);
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return parse(text);
  try {
    return JSON.parse(text);
  } catch {
    return lines.map(parse);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, so it goes no further.
    throw new HookRefused('hook-malformed', MALFORMED);
  }
}

/** A form's fields; of one that came several times the first. @throws HookRefused */
function readFormBody(body: Uint8Array): Record<string, string> {
  const fields: [string, string][] = [];
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(decode(body))) {
    if (seen.has(name)) continue;
    seen.add(name);
    fields.push([name, value]);
  }
  return Object.fromEntries(fields);
}

/** Whether brackets outside of strings nest deeper. What is no JSON is found later. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_LIST || code === OPEN_MAP) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === CLOSE_LIST || code === CLOSE_MAP) depth -= 1;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];
