/** What of SQL is no word of a statement: comments, text, quoted names, and text in dollars; the first that begins counts, whole or not. */
const NO_WORDS = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|(\$\w*\$)[\s\S]*?(?:\1|$)/g;

/** The words of a statement in lower case, in order, with its semicolons as words of their own. */
export function sqlWords(text: string): string[] {
  return text.replace(NO_WORDS, ' ').toLowerCase().match(/\w+|;/g) ?? [];
}

/** Whether it is one statement that reads; a semicolon may end it. */
export function isOneSelect(words: readonly string[]): boolean {
  const end = words.indexOf(';');
  return ['select', 'with'].includes(words[0] ?? '') && (end < 0 || end === words.length - 1);
}
