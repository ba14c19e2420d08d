import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** R31: a ticket belongs to a queue by a code that its event can carry. */
export const ticketsShown: Rule = function* ({ queues, events }, names) {
  for (const [index, { tickets }] of readable(queues)) {
    if (tickets === undefined) continue;
    const path = ['queues', index, 'tickets'];
    const { on, field } = tickets;
    if (on !== undefined) yield* names.events.check(on, [...path, 'on']);
    const event = [...readable(events)].map(([, one]) => one).find(({ type }) => type === on);
    if (event?.data === undefined || field === undefined) continue;
    const declared = event.data[field];
    if (declared?.kind !== 'code') {
      const message = `${quoteName(String(on))} has no field ${quoteName(field)} of kind 'code'. Declare it under 'events', with its codes.`;
      yield { code: 'WH705', path: [...path, 'field'], message };
      continue;
    }
    const known = [...readable(declared.codes)].map(([, code]) => code);
    for (const [at, code] of readable(tickets.codes)) {
      if (known.includes(code)) continue;
      yield {
        code: 'WH705',
        path: [...path, 'codes', at],
        message: `${quoteName(field)} never has this code. Write one of its codes under 'events', or add it there.`,
      };
    }
  }
};

/** One ticket is one queue's: in two of them it would be a leak of one for ever. */
export const oneQueueATicket: Rule = function* ({ queues }) {
  const first = new Map<string, number>();
  for (const [index, { tickets }] of readable(queues)) {
    if (tickets?.on === undefined || tickets.field === undefined) continue;
    for (const [at, code] of readable(tickets.codes)) {
      const key = `${tickets.on} ${tickets.field} ${code}`;
      const other = first.get(key);
      if (other !== undefined && other !== index) {
        yield {
          code: 'WH706',
          path: ['queues', index, 'tickets', 'codes', at],
          message: `Tickets with this code belong to queue ${other + 1} of the list already. Leave them to one queue.`,
        };
      } else first.set(key, index);
    }
  }
};
