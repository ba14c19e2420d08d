import { randomUUID } from 'node:crypto';
import type { ExceptionPage } from '../../../domain/status/exception-page';
import { MIGRATION, type CanarySystem } from './canary-system';
import { someKeys } from './hook-payloads';

const HANDOFF = 'payment-to-provider-routing';

/** Somebody whose side is known pays, and nothing follows; the key of their episode. */
export async function payUnanswered(world: CanarySystem): Promise<string> {
  const { patient, episode } = someKeys();
  const subscription = `sub_${randomUUID()}`;
  const question = { body: JSON.stringify({ context: { targetingKey: subscription } }) };
  await world.ask('sandbox-stacks', `/ofrep/v1/evaluate/flags/${MIGRATION}.payment`, question);
  const event = {
    ...{ specversion: '1.0', id: randomUUID(), source: '/legacy/billing', type: 'payment.succeeded', subscription },
    ...{ subject: patient, journey: episode, time: new Date().toISOString(), data: { program: 'weight' } },
  };
  const headers = { 'content-type': 'application/cloudevents+json' };
  await world.ask('sandbox-stacks', '/v1/events', { body: JSON.stringify(event), headers });
  return episode;
}

/** Has the command that they wait for sent again, and waits until its system has taken it. */
export async function sendAgain(world: CanarySystem, episode: string): Promise<void> {
  const path = `/v1/migrations/${MIGRATION}/exceptions`;
  await world.settles('the command to be taken', async () => {
    if ((world.notices()['commands'] ?? []).length > 0) return true;
    const { body } = await world.ask('engineer-1', `${path}?queue=payment-not-routed&limit=1000`);
    const found = (JSON.parse(body) as ExceptionPage).exceptions.find(
      ({ journey, handoff }) => journey === episode && handoff === HANDOFF,
    );
    if (found === undefined) throw new Error('There is no case of it.');
    const asked = await world.ask('engineer-1', `${path}/${found.id}/redrive`, {
      body: JSON.stringify({ reason: 'never-arrived' }),
    });
    if (asked.status >= 300) throw new Error(asked.body);
    return false;
  });
}
