/** Why a text is no well-formed XML: a tag that is not closed, an attribute without quotes, a stray `<` or `&`. Undefined where it is. */
export function misformed(xml: string): string | undefined {
  const open: string[] = [];
  let at = 0;
  while (at < xml.length) {
    const next = xml.indexOf('<', at);
    const text = xml.slice(at, next < 0 ? undefined : next);
    if (/&(?!#\d+;|#x[0-9a-f]+;|(amp|lt|gt|quot|apos);)/i.test(text)) return `a stray & in: ${text.slice(0, 80)}`;
    if (next < 0) break;
    const tag = /^<(\/?)([A-Za-z][\w:-]*)((?:\s+[A-Za-z][\w:-]*="[^"<]*")*)\s*(\/?)>/.exec(xml.slice(next));
    if (tag === null) return `no tag: ${xml.slice(next, next + 80)}`;
    const [all, closes, name = '', , empty] = tag;
    if (closes === '/') {
      if (open.pop() !== name) return `${name} is closed and was not open`;
    } else if (empty === '') open.push(name);
    at = next + all.length;
  }
  return open.length === 0 ? undefined : `${open.join(', ')} not closed`;
}
