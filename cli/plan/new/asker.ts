/** Asks a person. A question may be left open: an empty answer decides nothing. */
export interface Asker {
  /** @param check what is wrong with an answer, or nothing; asked again until nothing is */
  text(message: string, check: (answer: string) => string | undefined): Promise<string>;
  /** One of the options at least; who asks asks again where none is chosen. */
  choose(message: string, options: readonly string[], chosen: readonly string[]): Promise<string[]>;
  confirm(message: string): Promise<boolean>;
}
