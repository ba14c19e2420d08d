import { vendorSigner } from '../../fixtures/vendor-signers';
import { VENDOR_NAMES, type Vendor } from '../../../domain/hooks/vendors';
import type { Answer } from '../../integration/hooks/hooks-world';
import type { Canaries } from './canaries';
import { MIGRATION, type CanarySystem } from './canary-system';
import { hookPayloads, someKeys } from './hook-payloads';
import type { HookPayload, PlantedPayload } from './vendor-reader';

const AT_ONCE = 4;

/** What was answered to a payload in which canaries were in what means nothing alone, and what that should be. */
export interface Meant {
  name: string;
  expected: 'taken' | 'ignored' | 'refused';
  got: string;
}

/** Delivers all of them, signed as their vendors do. */
export async function deliverPlanted(world: CanarySystem, planted: readonly PlantedPayload[]): Promise<Meant[]> {
  const meant: Meant[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let payload = planted[next++]; payload !== undefined; payload = planted[next++]) {
      const answer = await world.deliver(payload);
      if (answer.status >= 500) throw new Error(`${payload.hook}: ${answer.body}`);
      if (payload.means === undefined) continue;
      const expected = { events: 'taken', unknown: 'ignored', unmet: 'ignored', refused: 'refused' } as const;
      meant.push({ name: `${payload.hook} ${payload.name}`, expected: expected[payload.means], got: got(answer) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return meant;
}

function got({ status, body }: Answer): string {
  if (status !== 200) return 'refused';
  const { stored = 0, held = 0, noted = 0, duplicates = 0 } = JSON.parse(body) as Record<string, number>;
  return stored + held + noted + duplicates > 0 ? 'taken' : 'ignored';
}

/** Delivers to each hook what it must refuse, or take only half of, with canaries in it. Gives the answers' statuses. */
export async function deliverBad(world: CanarySystem, canaries: Canaries): Promise<Record<string, number[]>> {
  const byHook: Record<string, number[]> = {};
  for (const hook of [...VENDOR_NAMES, 'other']) {
    const payload = (): HookPayload => {
      const found = hookPayloads(someKeys()).find((one) => one.hook === hook);
      if (found === undefined) throw new Error('There is no such payload.');
      return found;
    };
    const statuses: number[] = [];
    const deliver = async (...delivery: Parameters<CanarySystem['deliver']>): Promise<void> => {
      statuses.push((await world.deliver(...delivery)).status);
    };
    const words = (where: string): string => canaries.words(`${hook}: ${where}`);
    const signedBytes = (text: string): HookPayload => ({ ...payload(), body: Buffer.from(text) });
    // Well signed, and nothing that can be read.
    await deliver(signedBytes(`{"note": "${words('truncated JSON')}`));
    await deliver(signedBytes(words('no JSON')));
    await deliver(signedBytes(JSON.stringify(words('JSON that is a text'))));
    await deliver(
      signedBytes(JSON.stringify({ [words('a field of somebody else')]: words('a payload of somebody else') })),
    );
    await deliver(signedBytes(JSON.stringify([{ note: words('a list of somebody else') }])));
    await deliver(signedBytes(`${'['.repeat(50_000)}"${words('too deep')}"`));
    await deliver({ ...payload(), body: Buffer.from(words('UTF-16'), 'utf16le') });
    // Not signed, or not well.
    const wrongly = hook === 'other' ? vendorSigner('photon') : vendorSigner(hook as Vendor);
    const text = JSON.stringify({ note: words('wrongly signed') });
    await deliver(signedBytes(text), { signer: wrongly });
    await deliver(payload(), { body: Buffer.from(JSON.stringify({ note: words('changed on its way') })) });
    const plain = { 'content-type': 'application/json' };
    const unsigned = await world.send(
      `/v1/hooks/${hook}`,
      plain,
      Buffer.from(JSON.stringify({ note: words('unsigned') })),
    );
    statuses.push(unsigned.status);
    // Around a payload that is taken.
    for (const header of ['user-agent', 'cookie', 'referer', 'x-note', 'x-request-id', 'idempotency-key'])
      await deliver(payload(), { headers: { [header]: words(`the header ${header}`) } });
    await deliver(payload(), { query: `?note=${encodeURIComponent(words('a query'))}` });
    await deliver(payload(), { query: `?migration=${encodeURIComponent(words('the migration of a query'))}` });
    // In another guise.
    await deliver(signedBytes(text), {
      headers: { 'content-type': `text/${canaries.token(`${hook}: a media type`)}` },
    });
    await deliver(payload(), {
      headers: { 'content-type': `application/json; charset=${canaries.token(`${hook}: a charset`)}` },
    });
    await deliver(signedBytes(words('packed')), {
      headers: { 'content-encoding': canaries.token(`${hook}: an encoding`) },
    });
    byHook[hook] = statuses;
  }
  return byHook;
}

/** Says it everywhere else: in paths, in questions for a side, in commands. */
export async function sayElsewhere(world: CanarySystem, canaries: Canaries): Promise<void> {
  const body = (where: string): string => JSON.stringify({ note: canaries.words(where) });
  const token = (where: string): string => canaries.token(where);
  const said = async (path: string, text?: string): Promise<void> => {
    await world.ask('engineer-1', path, text === undefined ? {} : { body: text });
    await world.ask('release-manager-1', path, text === undefined ? {} : { body: text });
  };
  await said(`/${token('an address')}`);
  await said(`/v1/hooks/${token('a hook')}`, body('to a hook that nobody declared'));
  await said(`/v1/migrations/${token('a migration')}`);
  await said(`/v1/migrations/${MIGRATION}/exceptions?queue=${token('a queue')}`);
  await said(`/v1/migrations/${MIGRATION}/exceptions/${token('a case')}`);
  await said(`/v1/migrations/${MIGRATION}/crosswalk/find?vendor=${token('a vendor')}&id=${token('an id')}`);
  await said(`/v1/migrations/${MIGRATION}/links`, body('of links'));
  await said(`/v1/migrations/${MIGRATION}/crosswalk/links`, body('of links of vendors'));
  await said('/v1/migrations', body('a migration to start'));
  for (const [name, context] of Object.entries({
    attribute: {
      targetingKey: `sub_${someKeys().episode.slice(3)}`,
      note: canaries.words('an attribute of a question'),
    },
    key: { targetingKey: canaries.words('the key of a question') },
    state: { targetingKey: `sub_${someKeys().episode.slice(3)}`, state: canaries.words('the state of a question') },
  })) {
    const flag = `/ofrep/v1/evaluate/flags/${MIGRATION}.payment`;
    await world.ask('sandbox-stacks', `${flag}?${name}`, { body: JSON.stringify({ context }) });
  }
}
