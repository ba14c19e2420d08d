import type { LeaseRanOut } from '../history';
import type { SplitRecord, Telling } from './index-history';

/** What is certain of the epochs of one split, from what was told of it. Each question takes logarithmic time. */
export class SplitTimeline {
  /** The tellings by epoch, and from each on the one that ended first. */
  private readonly epochs: readonly number[];
  private readonly endedFirst: readonly Telling[];
  /** Up to each, the one that began last. */
  private readonly beganLast: readonly Telling[];
  private readonly byEpoch = new Map<number, Telling[]>();
  private readonly leases = new Map<number, number>();
  private readonly toldLeases = new Map<number, number>();
  private readonly ends = new Map<number, LeaseRanOut>();

  constructor(readonly record: SplitRecord) {
    const { tellings } = record;
    this.epochs = tellings.map(({ split }) => split.epoch);
    this.endedFirst = running([...tellings].reverse(), (a, b) => (b.to < a.to ? b : a)).reverse();
    this.beganLast = running(tellings, (a, b) => (b.from > a.from ? b : a));
    for (const telling of tellings) {
      const { epoch, leaseUntil } = telling.split;
      const same = this.byEpoch.get(epoch);
      if (same === undefined) this.byEpoch.set(epoch, [telling]);
      else same.push(telling);
      if (leaseUntil !== null) extend(this.toldLeases, epoch, leaseUntil);
    }
    for (const [epoch, leaseUntil] of this.toldLeases) extend(this.leases, epoch, leaseUntil);
    for (const { epoch, leaseUntil } of record.renewals) extend(this.leases, epoch, leaseUntil);
    for (const end of record.ranOut) {
      const known = this.ends.get(end.epoch);
      if (known === undefined || end.to < known.to) this.ends.set(end.epoch, end);
    }
  }

  /** What first showed that the split had left that epoch behind. */
  over(epoch: number): Telling | undefined {
    return this.endedFirst[this.firstAbove(epoch)];
  }

  /** What first showed that the split had reached that epoch. */
  reached(epoch: number): Telling | undefined {
    return this.endedFirst[this.firstAbove(epoch - 1)];
  }

  /** What last showed the split at an epoch before that one: its write ended after this began. */
  lastBefore(epoch: number): Telling | undefined {
    return this.beganLast[this.firstAbove(epoch - 1) - 1];
  }

  told(epoch: number): readonly Telling[] {
    return this.byEpoch.get(epoch) ?? [];
  }

  toldEpochs(): number[] {
    return [...this.byEpoch.keys()];
  }

  /** The latest moment, in milliseconds, that the lease of an epoch may have been extended to; undefined where none was told. */
  leaseEnd(epoch: number): number | undefined {
    return this.leases.get(epoch);
  }

  /** The moment that it was certainly extended to, and perhaps no further. */
  toldLeaseEnd(epoch: number): number | undefined {
    return this.toldLeases.get(epoch);
  }

  /** That the clock was moved past the end of its lease. */
  ranOut(epoch: number): LeaseRanOut | undefined {
    return this.ends.get(epoch);
  }

  private firstAbove(epoch: number): number {
    let low = 0;
    let high = this.epochs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.epochs[middle] ?? 0) > epoch) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function extend(leases: Map<number, number>, epoch: number, until: number): void {
  leases.set(epoch, Math.max(leases.get(epoch) ?? until, until));
}

function running<Item>(items: readonly Item[], better: (best: Item, next: Item) => Item): Item[] {
  const result: Item[] = [];
  for (const item of items) {
    const best = result.at(-1);
    result.push(best === undefined ? item : better(best, item));
  }
  return result;
}
