import { DomainError } from '../../domain/domain-error';

/** More deliveries are under way than this process holds bodies of. */
export class HooksBusy extends DomainError {
  readonly code = 'hooks-busy';
  readonly status = 503;
  constructor() {
    super('Too many deliveries are under way. Send it again in some seconds; nothing of it was kept.');
  }
}

/** Deliveries whose signature held that are worked on at a time: each may be 1 MiB. */
const AT_ONCE = 64;
/** Of them of one hook: what its vendor sends leaves room for the others. */
const AT_ONCE_A_HOOK = 24;

/** How many verified deliveries this process works on, of each hook and in all. */
export class HeldDeliveries {
  private held = 0;
  private readonly byHook = new Map<string, number>();

  /** @throws HooksBusy */
  async hold<Result>(hook: string, work: () => Promise<Result>): Promise<Result> {
    const ofHook = this.byHook.get(hook) ?? 0;
    if (this.held >= AT_ONCE || ofHook >= AT_ONCE_A_HOOK) throw new HooksBusy();
    this.held += 1;
    this.byHook.set(hook, ofHook + 1);
    try {
      return await work();
    } finally {
      this.held -= 1;
      const left = (this.byHook.get(hook) ?? 1) - 1;
      if (left > 0) this.byHook.set(hook, left);
      else this.byHook.delete(hook);
    }
  }
}
