import { randomUUID } from 'node:crypto';
import type { Canaries } from './canaries';
import type { CanarySystem } from './canary-system';
import { pathName, textPaths, withFurtherFields, withTexts } from './planted-copies';
import { someKeys } from './hook-payloads';

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const SENDER = 'sandbox-stacks';

function event(): Record<string, unknown> {
  const { patient, episode } = someKeys();
  return {
    ...{ specversion: '1.0', id: randomUUID(), source: '/legacy/billing', type: 'payment.succeeded', sequence: '1' },
    ...{ subject: patient, journey: episode, subscription: `sub_${randomUUID()}` },
    ...{ datacontenttype: 'application/json', time: new Date(Date.now() - 60_000).toISOString() },
    data: { program: 'weight' },
  };
}

/**
 * Sends events of our own stacks: with words in each attribute, extension, field, header and query alone, in each mode; and whatever is no event.
 * Gives the answers' statuses.
 */
export async function playEvents(world: CanarySystem, canaries: Canaries): Promise<number[]> {
  const statuses: number[] = [];
  const send = async (type: string, body: unknown, headers: Record<string, string> = {}, query = ''): Promise<void> => {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const sent = { 'content-type': type, ...headers };
    statuses.push((await world.sendAs(SENDER, `/v1/events${query}`, sent, bytes)).status);
  };
  const extended = { traceparent: 'x', tracestate: 'x', dataschema: 'x', partitionkey: 'x', note: 'x', severity: 'x' };
  for (const path of textPaths({ ...event(), ...extended })) {
    const where = `event: ${pathName(path)}`;
    const planted = (text: string): unknown => withTexts({ ...event(), ...ifAmong(extended, path[0]) }, [[path, text]]);
    await send(STRUCTURED, planted(canaries.words(`${where}, structured`)));
    await send(BATCH, [event(), planted(canaries.words(`${where}, in a batch`))]);
    // An id is one word, and is kept.
    if (path[0] !== 'id') await send(STRUCTURED, planted(canaries.token(`${where}, a word`)));
    if (path.length > 1) continue;
    const words = canaries.words(`${where}, in a header`);
    for (const text of [words, encodeURIComponent(words)])
      await send('application/json', { program: 'weight' }, binary({ ...event(), [String(path[0])]: text }));
  }
  const further = (): unknown =>
    withFurtherFields(
      event(),
      () => canaries.token('event: the name of a further attribute or field'),
      () => canaries.words('event: a further attribute or field'),
    );
  await send(STRUCTURED, further());
  await send(BATCH, [further(), event()]);
  for (const data of [
    canaries.words('data as text'),
    [canaries.words('data as a list')],
    { program: { is: canaries.words('data inside') } },
  ])
    await send(STRUCTURED, { ...event(), data });
  await send(STRUCTURED, { ...event(), data: undefined, data_base64: canaries.words('data_base64') });

  // Around an event that is taken.
  const around = {
    'user-agent': 'user-agent',
    cookie: 'cookie',
    referer: 'referer',
    'x-note': 'x-note',
    traceparent: 'traceparent',
  };
  for (const [header, where] of Object.entries(around))
    await send(STRUCTURED, event(), { [header]: canaries.words(`the header ${where}`) });
  await send(STRUCTURED, event(), {}, `?note=${encodeURIComponent(canaries.words('a query'))}`);
  await send(STRUCTURED, event(), {}, `?${canaries.token('the name of a query')}`);
  await send(STRUCTURED, event(), { authorization: `Bearer ${canaries.token('a bearer')}` });
  await send(STRUCTURED, event(), { authorization: canaries.words('an authorization') });

  // No events at all.
  const words = (where: string): string => JSON.stringify({ ...event(), note: canaries.words(where) });
  await send(STRUCTURED, words('truncated JSON').slice(0, -1));
  await send(STRUCTURED, canaries.words('no JSON'));
  await send(STRUCTURED, JSON.stringify(canaries.words('JSON that is a text')));
  await send(BATCH, words('a batch that is no list'));
  await send(BATCH, JSON.stringify([canaries.words('a batch of texts')]));
  await send('text/plain', words('a text'));
  await send(`text/${canaries.token('a media type')}`, words('a media type'));
  await send(`${STRUCTURED}; charset=${canaries.token('a charset')}`, words('another charset'));
  await send(STRUCTURED, words('said to be packed'), { 'content-encoding': 'gzip' });
  await send(STRUCTURED, words('packed in no way that there is'), {
    'content-encoding': canaries.token('an encoding'),
  });
  await send(STRUCTURED, `${'['.repeat(50_000)}"${canaries.words('too deep')}"`);
  return statuses;
}

function ifAmong(extended: Record<string, string>, name: string | number | undefined): Record<string, string> {
  return name !== undefined && Object.hasOwn(extended, name) ? { [name]: 'x' } : {};
}

function binary(event: Record<string, unknown>): Record<string, string> {
  const attributes = Object.entries(event).filter(([name]) => name !== 'data' && name !== 'datacontenttype');
  return Object.fromEntries(attributes.map(([name, value]) => [`ce-${name}`, String(value)]));
}
