import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { EventAdmission, BODY_LIMIT, TooManyEvents } from '../../../api/events/event-admission';

function take(admission: EventAdmission, headers: Record<string, string>): Response {
  const response = Object.assign(new EventEmitter(), { setHeader: () => undefined }) as unknown as Response;
  void admission.take({ headers } as unknown as Request, response, () => undefined);
  return response;
}

const whole = { 'content-length': String(BODY_LIMIT) };

describe('bodies that are taken on at a time', () => {
  it('count until they are worked on no longer, though their sender gave up (I5)', async () => {
    const admission = new EventAdmission(BODY_LIMIT);
    const response = take(admission, whole);
    let stored = (): void => undefined;
    const working = admission.during(response, () => new Promise<void>((resolve) => (stored = resolve)));
    response.emit('close');
    expect(() => take(admission, whole)).toThrow(TooManyEvents);
    stored();
    await working;
    const next = take(admission, whole);
    next.emit('close');
    expect(() => take(admission, whole)).not.toThrow();
  });

  it('count for as much as may be unpacked of them', () => {
    const admission = new EventAdmission(BODY_LIMIT);
    take(admission, { 'content-length': '20', 'content-encoding': 'gzip' });
    expect(() => take(admission, { 'content-length': '20' })).toThrow(TooManyEvents);
  });
});
