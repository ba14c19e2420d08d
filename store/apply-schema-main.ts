import { BadConfiguration } from '../platform/configuration';
import { describeFailure } from '../platform/describe-failure';
import { createLogger } from '../platform/logger';
import { applySchema, OtherSchema } from './apply-schema';
import { readSchemaConfiguration } from './config';

/** Brings the database of DATABASE_URL to the newest schema and ends: before an upgrade's workers and APIs, in a job of its own. */
async function main(): Promise<void> {
  const logger = createLogger('schema', 'info');
  try {
    const applied = await applySchema(readSchemaConfiguration().databaseUrl);
    logger.info({ applied }, 'schema is current');
  } catch (error) {
    if (error instanceof BadConfiguration || error instanceof OtherSchema) process.stderr.write(`${error.message}\n`);
    else
      logger.fatal({ failure: describeFailure(error) }, 'the schema was not applied; the file at fault left no trace');
    process.exitCode = 1;
  }
}

void main();
