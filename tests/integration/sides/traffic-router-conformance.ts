import type { SplitChange, SplitKey, TrafficRouter } from '../../../activities/traffic/traffic-router';
import { StaleEpoch } from '../../../domain/sides/stale-epoch';

export interface RunningRouter {
  router: TrafficRouter;
  /** Whether it can count units, a day or open at once; where it cannot, it refuses to be asked. */
  countsUnits: boolean;
  /** The same router as a process sees it that started after a crash. */
  restarted(): Promise<TrafficRouter>;
  /** Makes a split of its own at share zero, epoch 1. */
  open(): Promise<SplitKey>;
  /** Lets the split's lease have run out, by the router's own clock. */
  letLeaseRunOut(key: SplitKey): Promise<void>;
  /** The router's own time. */
  now(): Promise<Date>;
  stop(): Promise<void>;
}

const LEASE = 60_000;

/** What every traffic router must do, whatever it routes with. */
export function itBehavesLikeATrafficRouter(start: () => Promise<RunningRouter>): void {
  let running: RunningRouter;
  let router: TrafficRouter;
  let key: SplitKey;
  beforeAll(async () => {
    running = await start();
    ({ router } = running);
  });
  afterAll(() => running.stop());
  beforeEach(async () => {
    key = await running.open();
  });

  function raise(expectedEpoch: number, share: number, other: Partial<SplitChange> = {}): SplitChange {
    return { ...key, expectedEpoch, share, perDay: null, mode: 'open', lease: LEASE, cause: 'raised', ...other };
  }

  it('knows nothing of a split that was never opened', async () => {
    const unknown = { ...key, cohort: 'never-opened' };
    await expect(router.readBack(unknown)).resolves.toBeUndefined();
    await expect(router.renew({ ...unknown, epoch: 1, lease: LEASE, provenAt: new Date() })).resolves.toBeUndefined();
  });

  it('holds what was written, as the next epoch, and reads it back', async () => {
    const perDay = running.countsUnits ? 25 : null;
    const written = await router.write(raise(1, 10_000, { perDay }));
    expect(written).toMatchObject({
      ...key,
      epoch: 2,
      share: 10_000,
      perDay,
      mode: 'open',
      lapsed: false,
      lapsedFor: 0,
    });
    await expect(router.readBack(key)).resolves.toEqual(written);
  });

  it('holds how many may be open at once, until another write says otherwise or nothing; or refuses to', async () => {
    if (!running.countsUnits) {
      const held = await router.readBack(key);
      for (const counted of [{ maxOpen: 12 }, { perDay: 25 }]) {
        await expect(router.write(raise(1, 10_000, counted))).rejects.toMatchObject({ code: 'not-routable' });
      }
      await expect(router.readBack(key)).resolves.toEqual(held);
      return;
    }
    await expect(router.write(raise(1, 10_000, { maxOpen: 12 }))).resolves.toMatchObject({ epoch: 2, maxOpen: 12 });
    await expect(router.readBack(key)).resolves.toMatchObject({ epoch: 2, maxOpen: 12 });
    await expect(router.write(raise(1, 10_000, { maxOpen: 12 }))).resolves.toMatchObject({ epoch: 2 });
    await expect(router.write(raise(1, 10_000, { maxOpen: 13 }))).rejects.toThrow(StaleEpoch);
    await expect(router.write(raise(2, 25_000, { maxOpen: 40 }))).resolves.toMatchObject({ epoch: 3, maxOpen: 40 });
    await expect(router.write(raise(3, 50_000))).resolves.toMatchObject({ epoch: 4, maxOpen: null });
  });

  it('refuses an epoch that is not the one it holds, and changes nothing (I3)', async () => {
    await router.write(raise(1, 10_000));
    const held = await router.readBack(key);
    for (const epoch of [0, 1, 3]) {
      await expect(router.write(raise(epoch, 50_000))).rejects.toThrow(StaleEpoch);
    }
    await expect(router.write(raise(1, 50_000))).rejects.toMatchObject({ sent: 1, current: 2, code: 'stale-epoch' });
    await expect(router.readBack(key)).resolves.toEqual(held);
  });

  it('answers a write that took effect already as the first time, and does not apply it twice', async () => {
    const first = await router.write(raise(1, 10_000, { newAttempt: true }));
    await expect(router.write(raise(1, 10_000, { newAttempt: true }))).resolves.toEqual(first);
    await expect(router.readBack(key)).resolves.toMatchObject({ epoch: 2 });
  });

  it('lets one of many writers of the same epoch win', async () => {
    const shares = [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000];
    const answers = await Promise.allSettled(shares.map((share) => router.write(raise(1, share))));
    const won = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value);
    const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason as unknown);
    expect(won).toHaveLength(1);
    expect(refused.every((reason) => reason instanceof StaleEpoch)).toBe(true);
    await expect(router.readBack(key)).resolves.toEqual(won[0]);
  });

  it('reads back what a restart left behind', async () => {
    const written = await router.write(raise(1, 10_000));
    const after = await running.restarted();
    await expect(after.readBack(key)).resolves.toEqual(written);
    await expect(after.write(raise(1, 50_000))).rejects.toThrow(StaleEpoch);
    await expect(after.write(raise(2, 25_000))).resolves.toMatchObject({ epoch: 3, share: 25_000 });
  });

  it('remembers where an attempt began', async () => {
    await router.write(raise(1, 10_000, { newAttempt: true }));
    await router.write(raise(2, 25_000));
    await expect(router.readBack(key)).resolves.toMatchObject({ epoch: 3, attemptEpoch: 2 });
    await router.write(raise(3, 10_000, { newAttempt: true, cause: 'lowered' }));
    await expect(router.readBack(key)).resolves.toMatchObject({ epoch: 4, attemptEpoch: 4 });
  });

  it('gives a lease to a share above zero only, and none to a committed split', async () => {
    const before = await running.now();
    const raised = await router.write(raise(1, 100_000));
    expect(raised.leaseUntil?.getTime()).toBeGreaterThanOrEqual(before.getTime() + LEASE);
    expect(raised.leaseUntil?.getTime()).toBeLessThanOrEqual((await running.now()).getTime() + LEASE);
    const committed = await router.write(raise(2, 100_000, { mode: 'committed', cause: 'committed' }));
    expect(committed).toMatchObject({ mode: 'committed', leaseUntil: null, lapsed: false });
    const other = await running.open();
    const raisedThere = await router.write({ ...raise(1, 10_000), ...other });
    expect(raisedThere.leaseUntil).not.toBeNull();
    const lowered = await router.write({ ...raise(2, 0, { cause: 'rollback' }), ...other });
    expect(lowered.leaseUntil).toBeNull();
  });

  it('renews a lease from the proof of life, never from the moment of writing, and never shortens it (I4)', async () => {
    const { epoch, leaseUntil } = await router.write(raise(1, 10_000));
    const now = (await running.now()).getTime();
    const late = await router.renew({ ...key, epoch, lease: LEASE, provenAt: new Date(now - 30_000) });
    expect(late?.leaseUntil).toEqual(leaseUntil);
    const longer = await router.renew({ ...key, epoch, lease: 2 * LEASE, provenAt: new Date(now - 30_000) });
    expect(longer?.leaseUntil).toEqual(new Date(now - 30_000 + 2 * LEASE));
  });

  it('does not believe a proof of life from the future', async () => {
    const { epoch } = await router.write(raise(1, 10_000));
    const ahead = new Date((await running.now()).getTime() + 3_600_000);
    const renewed = await router.renew({ ...key, epoch, lease: LEASE, provenAt: ahead });
    expect(renewed?.leaseUntil?.getTime()).toBeLessThanOrEqual((await running.now()).getTime() + LEASE);
  });

  it('renews nothing for an epoch that is not in force', async () => {
    const { epoch } = await router.write(raise(1, 10_000));
    const now = await running.now();
    const written = await router.write(raise(epoch, 25_000));
    await expect(router.renew({ ...key, epoch, lease: 10 * LEASE, provenAt: now })).resolves.toEqual(written);
  });

  it('reads and renews many as it does each, in their order', async () => {
    const unknown = { ...key, cohort: 'never-opened' };
    const other = await running.open();
    await router.write({ ...raise(1, 10_000), ...other });
    await router.write(raise(1, 25_000));
    await expect(router.readBackAll([other, unknown, key])).resolves.toEqual([
      await router.readBack(other),
      undefined,
      await router.readBack(key),
    ]);
    const now = (await running.now()).getTime();
    const renewal = { epoch: 2, lease: 2 * LEASE, provenAt: new Date(now - 30_000) };
    const held = await router.readBack(other);
    const renewed = await router.renewAll([
      { ...other, ...renewal, epoch: 1 },
      { ...unknown, ...renewal },
      { ...key, ...renewal },
    ]);
    expect(renewed).toEqual([
      held,
      undefined,
      { ...(await router.readBack(key)), leaseUntil: new Date(now - 30_000 + 2 * LEASE) },
    ]);
  });

  it('never revives a lease that ran out (I4)', async () => {
    const { epoch } = await router.write(raise(1, 10_000));
    await running.letLeaseRunOut(key);
    const provenAt = await running.now();
    const held = await router.renew({ ...key, epoch, lease: LEASE, provenAt });
    expect(held).toMatchObject({ epoch, lapsed: true });
    expect(held?.lapsedFor).toBeGreaterThan(0);
    // Neither a raise nor a step back puts the share back into force under the approval of that epoch.
    await expect(router.write(raise(epoch, 25_000))).rejects.toMatchObject({ current: epoch + 1 });
    await expect(router.readBack(key)).resolves.toMatchObject({
      epoch: epoch + 1,
      share: 0,
      leaseUntil: null,
      lapsed: false,
    });
    await expect(router.write(raise(epoch + 1, 10_000, { cause: 'restored' }))).resolves.toMatchObject({
      epoch: epoch + 2,
      share: 10_000,
    });
  });

  it('lets a split whose lease ran out go to zero at once', async () => {
    const { epoch } = await router.write(raise(1, 10_000));
    await running.letLeaseRunOut(key);
    await expect(router.write(raise(epoch, 0, { cause: 'rollback' }))).resolves.toMatchObject({
      epoch: epoch + 1,
      share: 0,
    });
  });

  it('raises nothing under the name of a lowering (I3)', async () => {
    await router.write(raise(1, 10_000));
    await expect(router.write(raise(2, 25_000, { cause: 'rollback' }))).rejects.toMatchObject({
      code: 'lowering-would-raise',
    });
    await expect(router.readBack(key)).resolves.toMatchObject({ epoch: 2, share: 10_000 });
  });

  it('changes nothing past the point of no return', async () => {
    await router.write(raise(1, 100_000));
    const committed = await router.write(raise(2, 100_000, { mode: 'committed', cause: 'committed' }));
    await expect(router.write(raise(3, 0, { cause: 'rollback' }))).rejects.toMatchObject({ code: 'split-committed' });
    await expect(router.readBack(key)).resolves.toEqual(committed);
  });

  it('leaves every other split alone (I9)', async () => {
    await router.write(raise(1, 10_000));
    const other = await running.open();
    const otherThen = await router.write({ ...raise(1, 50_000), ...other });
    await router.write(raise(2, 0, { cause: 'rollback' }));
    await expect(router.readBack(other)).resolves.toEqual(otherThen);
  });
}
