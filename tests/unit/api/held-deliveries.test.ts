import { HeldDeliveries } from '../../../api/hooks/held-deliveries';

describe('deliveries whose signature held', () => {
  it('of one hook leave room for those of the others, and make room when they are done', async () => {
    const deliveries = new HeldDeliveries();
    let finish = (): void => undefined;
    const database = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const waiting = (hook: string, count: number): Promise<void>[] =>
      Array.from({ length: count }, () => deliveries.hold(hook, () => database));
    const first = waiting('one', 24);
    await expect(deliveries.hold('one', () => Promise.resolve())).rejects.toMatchObject({
      code: 'hooks-busy',
      status: 503,
    });
    const others = [...waiting('two', 24), ...waiting('three', 16)];
    await expect(deliveries.hold('three', () => Promise.resolve())).rejects.toMatchObject({ code: 'hooks-busy' });
    finish();
    await Promise.all([...first, ...others]);
    await expect(deliveries.hold('one', () => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('that fail make room too', async () => {
    const deliveries = new HeldDeliveries();
    const fails = (): Promise<never> => Promise.reject(new Error('away'));
    for (let at = 0; at < 100; at += 1) await expect(deliveries.hold('one', fails)).rejects.toThrow('away');
  });
});
