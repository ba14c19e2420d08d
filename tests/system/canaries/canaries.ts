import { randomBytes } from 'node:crypto';

/** How bytes can be written as text: what is searched for besides the plain text. */
const ENCODINGS = ['hex', 'base64'] as const;

/**
 * Pieces of text that are nowhere but where a test put them, each another one. A run's all have one beginning, by which they are found: as they are,
 * in other letters, and in hexadecimal or base64.
 */
export class Canaries {
  private readonly beginning = `cnry${randomBytes(5).toString('hex')}x`;
  private readonly planted: string[] = [];
  private readonly plain = new RegExp(`${this.beginning}([0-9a-z]+)z`, 'gi');
  private readonly encoded = ENCODINGS.flatMap((encoding) => beginnings(this.beginning, encoding));

  /** One word. @param where it stands, for whoever finds it elsewhere */
  token(where: string): string {
    this.planted.push(where);
    return `${this.beginning}${this.planted.length - 1}z`;
  }

  /** As a person writes. */
  words(where: string): string {
    return `Ms ${this.token(where)} has had a rash since May`;
  }

  get count(): number {
    return this.planted.length;
  }

  /** Where those stood that are found in a text. */
  foundIn(text: string): string[] {
    const found = [...text.matchAll(this.plain)].map(([, number = '']) => this.planted[Number(number)] ?? 'unknown');
    const hidden = this.encoded.filter(([, piece]) => text.includes(piece)).map(([encoding]) => `some, in ${encoding}`);
    return [...new Set([...found, ...hidden])];
  }

  /** The same of bytes, such as those of a file. */
  foundInBytes(bytes: Buffer): string[] {
    return this.foundIn(bytes.toString('latin1'));
  }
}

/** What a text begins with in an encoding, wherever in it the text stands. */
function beginnings(text: string, encoding: (typeof ENCODINGS)[number]): [string, string][] {
  if (encoding === 'hex') return [[encoding, Buffer.from(text).toString('hex')]];
  // Three bytes are four letters, so there are three ways to be cut.
  return [0, 1, 2].map((before) => {
    const letters = Buffer.from('-'.repeat(before) + text).toString('base64url');
    const whole = Math.floor(((before + text.length) * 8) / 6);
    return [encoding, letters.slice(Math.ceil((before * 8) / 6), whole)];
  });
}
