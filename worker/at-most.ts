/** Lets so many of what it is given be under way at a time; the others wait for their turn, in their order. */
export class AtMost {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    // Whoever ends hands their place on, so that nobody who comes later takes it first.
    if (this.underWay < this.limit) this.underWay += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.underWay -= 1;
      else next();
    }
  }
}
