import { z } from 'zod';
import { SIDES, type Side } from '../../domain/sides/side';
import { parseDuration } from '../../domain/time/duration';

const side = z.enum(SIDES);
const migration = z.string().min(1).max(128).optional();
const eventTypes = z.array(z.string().min(1).max(128)).min(1);
const by = z.string().refine((text) => (parseDuration(text) ?? 0) > 0, "Write a duration such as '15m'.");

/** What can be broken in a stack, through `PUT /faults`. A `migration` limits a fault to the patients of one. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Events of these types never leave the stack: the work they stand for is lost. */
  z.strictObject({ kind: z.literal('drop'), side, eventTypes, migration }),
  /** The stack refuses connections, does nothing and sends nothing. */
  z.strictObject({ kind: z.literal('down'), side }),
  /** Events of these types (all where absent) happen later by `by`, in the plan's time. */
  z.strictObject({ kind: z.literal('slow'), side, by, eventTypes: eventTypes.optional(), migration }),
]);
export type Fault = z.output<typeof faultSchema>;

/** The faults of one moment, as a stack asks about them. */
export class Faults {
  private list: readonly Fault[] = [];

  get all(): readonly Fault[] {
    return this.list;
  }

  replace(faults: readonly Fault[]): void {
    this.list = faults;
  }

  isDown(stack: Side): boolean {
    return this.list.some((fault) => fault.kind === 'down' && fault.side === stack);
  }

  drops(stack: Side, event: { type: string; migration: string }): boolean {
    return this.list.some((fault) => fault.kind === 'drop' && meets(fault, stack, event));
  }

  /** By how much an event of this type happens later, in milliseconds of the plan's time. */
  delay(stack: Side, event: { type: string; migration: string }): number {
    return this.list.reduce(
      (sum, fault) => sum + (fault.kind === 'slow' && meets(fault, stack, event) ? (parseDuration(fault.by) ?? 0) : 0),
      0,
    );
  }
}

function meets(
  fault: { side: Side; eventTypes?: readonly string[] | undefined; migration?: string | undefined },
  stack: Side,
  event: { type: string; migration: string },
): boolean {
  return (
    fault.side === stack &&
    (fault.eventTypes?.includes(event.type) ?? true) &&
    (fault.migration === undefined || fault.migration === event.migration)
  );
}
