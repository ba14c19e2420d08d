/** What came of one link, in the order in which they were sent. Nothing of a key is in it. */
export type LinkResult =
  | { outcome: 'linked'; contradicted: boolean }
  | { outcome: 'alreadyLinked' }
  | {
      outcome: 'refused';
      /** Stable. */
      code: string;
      /** What to do about it. */
      detail: string;
    };

/** What came of linking keys. */
export interface LinkAnswer {
  linked: number;
  alreadyLinked: number;
  refused: number;
  /** Linked, while both keys had heard two sides in a phase and are in the middle of it: each is a case for a person. */
  contradicted: number;
  /** One for each link. */
  results: LinkResult[];
}
