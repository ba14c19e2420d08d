/** A page for people, told once for the terminal and for Markdown. A heading of a table that starts with `#` is over numbers. */
export type Block =
  | { kind: 'heading'; level: 1 | 2 | 3; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: readonly string[] }
  | { kind: 'table'; headings: readonly string[]; rows: readonly (readonly string[])[] };

export type Page = readonly Block[];
