import type { Outcome } from '../domain/handoffs/match-handoffs';

/** What one sweep did. */
export interface SweepReport {
  /** Journeys looked at. */
  journeys: number;
  /** Occurrences that became final, by outcome. */
  finalized: Record<Outcome, number>;
  exceptionsOpened: number;
  /** Missed ones whose end came after all. */
  recovered: number;
  /** Events that came from the side their unit was not on. */
  wrongSide: number;
  /** Journeys that could not be matched. They are tried again; after a second failure, later. */
  failed: number;
  /** The first failure of those, for the log. */
  failure?: unknown;
  /** Occurrences that the events now contradict, though they were final: the database's clock went backwards. They stay as they are. */
  contradicted: number;
}

export function nothingSwept(): SweepReport {
  return {
    journeys: 0,
    finalized: { kept: 0, missed: 0, released: 0 },
    exceptionsOpened: 0,
    recovered: 0,
    wrongSide: 0,
    failed: 0,
    contradicted: 0,
  };
}

/** Adds what another sweep did. */
export function addReport(total: SweepReport, part: SweepReport): void {
  total.journeys += part.journeys;
  total.finalized.kept += part.finalized.kept;
  total.finalized.missed += part.finalized.missed;
  total.finalized.released += part.finalized.released;
  total.exceptionsOpened += part.exceptionsOpened;
  total.recovered += part.recovered;
  total.wrongSide += part.wrongSide;
  total.contradicted += part.contradicted;
  total.failed += part.failed;
  total.failure ??= part.failure;
}
