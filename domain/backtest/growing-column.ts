type Numbers = Float64Array | Int32Array | Uint16Array;

/** A column of numbers that grows as it is filled, for histories of millions of events. */
export class GrowingColumn<Column extends Numbers> {
  private filled = 0;

  private constructor(
    private column: Column,
    private readonly make: (length: number) => Column,
  ) {}

  static of<Column extends Numbers>(make: (length: number) => Column): GrowingColumn<Column> {
    return new GrowingColumn(make(1_024), make);
  }

  get length(): number {
    return this.filled;
  }

  push(value: number): void {
    if (this.filled === this.column.length) {
      const larger = this.make(this.filled * 2);
      larger.set(this.column);
      this.column = larger;
    }
    this.column[this.filled] = value;
    this.filled += 1;
  }

  /** @param index below the length */
  at(index: number): number {
    return this.column[index] ?? NaN;
  }
}
