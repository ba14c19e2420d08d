/** A month of events that was archived: written to a file with a manifest, then let go of. */
export interface EventArchive {
  /** Its name in the archive's folder: NDJSON, gzip. */
  file: string;
  /** When its events came, ISO; `from` null: from the beginning. */
  from: string | null;
  to: string;
  archivedAt: string;
  /** Of the file as it was written. */
  sha256: string;
  bytes: number;
  events: number;
  /** How many of them are of which migration. */
  migrations: Record<string, number>;
}

/** `GET /v1/archives` */
export interface EventArchives {
  archives: EventArchive[];
}
