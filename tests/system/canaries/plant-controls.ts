import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createDataConverter } from '../../../platform/payload-codec';
import { Database } from '../../../store/database';
import type { Canaries } from './canaries';
import { MIGRATION, type CanarySystem } from './canary-system';
import type { Places } from './search-everywhere';

/** Puts what must be found into every place, so that a search that finds nothing says something. */
export async function plantControls(world: CanarySystem, controls: Canaries): Promise<void> {
  const db = Database.connect({ url: world.running.databaseUrl, applicationName: 'test' });
  await db.query('CREATE TABLE planted (words text, bytes bytea, document jsonb)');
  await db.query('INSERT INTO planted VALUES ($1, $2, $3)', [
    controls.words('a text of a table'),
    Buffer.from(controls.words('bytes of a table')),
    JSON.stringify({ hidden: Buffer.from(controls.words('base64 in a table')).toString('base64') }),
  ]);
  await db.close();
  appendFileSync(join(world.home, 'logs', 'api.log'), `${controls.words('a log')}\n`);
  const connection = await Connection.connect({ address: world.running.temporalAddress });
  for (const [what, dataConverter] of [
    ['an encrypted payload', createDataConverter(world.payloadKey)],
    ['a payload in plain', {}],
  ] as const)
    await new Client({ connection, dataConverter }).workflow
      .getHandle(MIGRATION)
      .signal('heardByNobody', { note: controls.words(what) });
  await connection.close();
  await fetch(`${world.http.url}/chat`, { method: 'POST', body: controls.words('a notice') });
  world.answers.push(controls.words('an answer'));
}

/** Of each place what of the controls must be found there. */
export const CONTROLS: readonly (readonly [keyof Places, readonly string[]])[] = [
  ['database', ['a text of a table', 'some, in hex', 'some, in base64'].map((what) => `${what}, in public.planted`)],
  ['logs', ['a log, in api.log']],
  ['histories', [`an encrypted payload, in ${MIGRATION}`, `a payload in plain, in ${MIGRATION}`]],
  ['notices', ['a notice, in chat']],
  ['answers', ['an answer, in answer']],
];

/** On a disk, in the files of the database. */
export const CONTROL_ON_DISK = 'a text of a table';
