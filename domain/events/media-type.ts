export interface MediaType {
  /** `type/subtype`, in lower case. */
  essence: string;
  /** In lower case; undefined where none was given. */
  charset: string | undefined;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9a-z-]+";
const ESSENCE = new RegExp(`^(${TOKEN}/${TOKEN})\\s*(?:;|$)`);
const CHARSET = new RegExp(`;\\s*charset\\s*=\\s*(?:"([^"]*)"|(${TOKEN}))\\s*(?:;|$)`);

/** Reads a Content-Type, whose case says nothing (RFC 9110, 8.3.1); undefined where it is not one. */
export function parseMediaType(header: string | undefined): MediaType | undefined {
  const text = (header ?? '').trim().toLowerCase();
  const essence = ESSENCE.exec(text)?.[1];
  if (essence === undefined) return undefined;
  const charset = CHARSET.exec(text);
  return { essence, charset: charset?.[1] ?? charset?.[2] };
}

/** Whether the body is JSON in UTF-8, by its media type (RFC 6839 for the `+json` suffix). */
export function isJson({ essence, charset }: MediaType): boolean {
  const json = essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json');
  return json && (charset === undefined || charset === 'utf-8' || charset === 'utf8');
}
