/** A name of the plan's language as a heading: `crm-and-routing` is `Crm and routing`. */
export function nameWords(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
