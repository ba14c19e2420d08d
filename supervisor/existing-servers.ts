import { applySchema, OtherSchema } from '../store/apply-schema';
import { namespaceAnswers } from './embedded-temporal';
import { StartFailure } from './start-failure';

/** The Temporal that was named does not answer. */
export class TemporalDoesNotAnswer extends StartFailure {
  readonly code = 'temporal-does-not-answer';
  constructor(namespace: string) {
    super(
      `No Temporal server answers at TEMPORAL_ADDRESS, or it has no namespace '${namespace}'. Start it, or make the namespace, ` +
        'or leave TEMPORAL_ADDRESS out to have a server started here.',
    );
  }
}

/** The Postgres that was named cannot be used. */
export class DatabaseDoesNotAnswer extends StartFailure {
  readonly code = 'database-does-not-answer';
  constructor(cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    super(
      `The Postgres at DATABASE_URL cannot be used${code}. Check that it runs, and that its user may make tables there; ` +
        'or leave DATABASE_URL out to have a server started here.',
      { cause },
    );
  }
}

/** The data that is here, or the Postgres that was named, is of another release. */
export class DataOfOtherRelease extends StartFailure {
  readonly code = 'other-schema';
  constructor(cause: OtherSchema) {
    super(cause.message, { cause });
  }
}

/** @throws TemporalDoesNotAnswer */
export async function requireTemporal(address: string, namespace: string): Promise<void> {
  const answers = await namespaceAnswers(address, namespace).catch(() => false);
  if (!answers) throw new TemporalDoesNotAnswer(namespace);
}

/** @throws DataOfOtherRelease; what connecting and Postgres throw */
export async function bringToSchema(url: string): Promise<void> {
  try {
    await applySchema(url);
  } catch (error) {
    throw error instanceof OtherSchema ? new DataOfOtherRelease(error) : error;
  }
}

/** Applies the schema to a database that is not ours. @throws DataOfOtherRelease, DatabaseDoesNotAnswer */
export async function requireDatabase(url: string): Promise<void> {
  try {
    await bringToSchema(url);
  } catch (error) {
    if (error instanceof DataOfOtherRelease) throw error;
    throw new DatabaseDoesNotAnswer(error);
  }
}
