/** Ids of one source that it gave to two events that say different things: the first is stored, the others were refused. */
export interface ReusedIds {
  source: string;
  ids: number;
  /** How often the others were sent. */
  times: number;
  latestAt: string;
}
