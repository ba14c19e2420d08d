/** Any text in the grammar of event types: accents are taken off, and each run of other characters becomes one hyphen. */
export function toEventType(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-');
}

const EVENT_TYPE = /^[A-Za-z][A-Za-z0-9._-]{0,127}$/;

export function isEventType(text: string): boolean {
  return EVENT_TYPE.test(text);
}
