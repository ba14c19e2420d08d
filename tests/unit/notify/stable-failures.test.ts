import { NotDelivered } from '../../../activities/notify/not-delivered';
import { withStableFailures } from '../../../activities/stable-failures';
import { StaleEpoch } from '../../../domain/sides/stale-epoch';

async function failureOf(error: Error): Promise<unknown> {
  const { act } = withStableFailures({ act: () => Promise.reject(error) });
  return act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe('the failures that Temporal sees', () => {
  it('a notice whose receiver was away is sent again', async () => {
    expect(await failureOf(new NotDelivered('answered 503'))).toMatchObject({
      ...{ type: 'not-delivered', nonRetryable: false },
      message: expect.stringContaining('answered 503') as string,
    });
  });

  it('what the product refuses is not asked again, and keeps its code', async () => {
    expect(await failureOf(new StaleEpoch(1, 2))).toMatchObject({ type: 'stale-epoch', nonRetryable: true });
  });

  it('I15 of anything else, only the class and the code; it is tried again', async () => {
    const failure = await failureOf(Object.assign(new TypeError('Key (unit)=(epi_1)'), { code: '23505' }));
    expect(failure).toMatchObject({ type: 'unexpected', nonRetryable: false, message: 'TypeError 23505' });
  });
});
