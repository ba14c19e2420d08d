import type { Side } from '../../domain/sides/side';
import type { AskSide } from './ask-side';

/** What one unit was told in one phase. */
export interface ToldSide {
  /** Key of the episode. */
  journey: string;
  phase: string;
  unit: string;
  /** The sides it was told, the first one first; more than one only where it was told another later. */
  sides: { side: Side; since: string }[];
}

/** What everyone was told, as the stacks heard it: the sandbox's own record, apart from the product's. */
export class ToldSides {
  private readonly byMigration = new Map<string, Map<string, ToldSide>>();

  /** The same asking, written down. */
  writingDown(ask: AskSide): AskSide {
    return async (question, signal) => {
      const side = await ask(question, signal);
      if (side !== undefined) this.note(question, side);
      return side;
    };
  }

  of(migration: string): ToldSide[] {
    return [...(this.byMigration.get(migration)?.values() ?? [])];
  }

  private note(
    { migration, phase, unit, journey }: { migration: string; phase: string; unit: string; journey: string },
    side: Side,
  ): void {
    const told = this.byMigration.get(migration) ?? new Map<string, ToldSide>();
    this.byMigration.set(migration, told);
    const key = `${phase}/${unit}`;
    const before = told.get(key);
    const since = new Date().toISOString();
    if (before === undefined) told.set(key, { journey, phase, unit, sides: [{ side, since }] });
    else if (before.sides.at(-1)?.side !== side) before.sides.push({ side, since });
  }
}
