import { PassThrough } from 'node:stream';
import type { Request } from 'express';
import { readHookBody } from '../../../api/hooks/read-hook-body';

function request(): PassThrough & Request {
  return Object.assign(new PassThrough(), { headers: {} }) as unknown as PassThrough & Request;
}

describe('the body of a delivery', () => {
  it('is not waited for any longer where it does not come', async () => {
    const slow = request();
    slow.write('{');
    await expect(readHookBody(slow, { within: 20 })).rejects.toMatchObject({ code: 'hook-body-slow', status: 408 });
  });

  it('is what came', async () => {
    const quick = request();
    quick.end('{}');
    expect((await readHookBody(quick, { within: 60_000 })).toString()).toBe('{}');
  });
});
