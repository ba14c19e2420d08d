/** Whom a declaration by attributes is about: `program dermatology; state CA or TX`. */
export function sliceWords(when: Readonly<Record<string, readonly string[]>> | undefined): string {
  const parts = Object.entries(when ?? {}).map(([name, codes]) => `${name} ${codes.join(' or ')}`);
  return parts.length === 0 ? 'everyone else' : parts.join('; ');
}
