/** Text on lines of at most so many characters, broken between words; a word that is longer is broken where it must. */
export function wrap(text: string, width = 36): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (lengthOf(line) > width) {
      const characters = Array.from(line);
      lines.push(characters.slice(0, width).join(''));
      line = characters.slice(width).join('');
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** In code points: a character outside the basic plane is never cut in half. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
