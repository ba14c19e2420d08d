import { z } from 'zod';
import { SIDES, type Side } from '../../domain/sides/side';
import { parseDuration } from '../../domain/time/duration';
import { PATIENT_ATTRIBUTES, type PatientAttributes } from '../journey/attributes';

const side = z.enum(SIDES);
const migration = z.string().min(1).max(128).optional();
const eventTypes = z.array(z.string().min(1).max(128)).min(1);
const by = z.string().refine((text) => (parseDuration(text) ?? 0) > 0, "Write a duration such as '15m'.");

/** How work reached the stack that does it: handed over by the other stack, or begun on the same one. */
export const LANES = ['direct', 'bridge'] as const;
export type Lane = (typeof LANES)[number];

/** Only patients who have one of the values of each attribute named. */
const where = z
  .strictObject({
    program: z.array(z.enum(PATIENT_ATTRIBUTES.program)).min(1).optional(),
    state: z.array(z.enum(PATIENT_ATTRIBUTES.state)).min(1).optional(),
    visit: z.array(z.enum(PATIENT_ATTRIBUTES.visit)).min(1).optional(),
    relation: z.array(z.enum(PATIENT_ATTRIBUTES.relation)).min(1).optional(),
  })
  .optional();

const lane = z.enum(LANES).optional();

/**
 * What can be broken in a stack, through `PUT /faults`. `side` is the stack that fails: for a bridge, the one that the work was
 * handed to. A `migration` limits a fault to the patients of one, `lane` to work that came that way, `where` to some patients.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Events of these types never leave the stack: the work they stand for is lost. */
  z.strictObject({ kind: z.literal('drop'), side, eventTypes, migration, lane, where }),
  /** The stack refuses connections, does nothing and sends nothing. */
  z.strictObject({ kind: z.literal('down'), side }),
  /** Events of these types (all where absent) happen later by `by`, in the plan's time. */
  z.strictObject({
    kind: z.literal('slow'),
    side,
    by,
    eventTypes: eventTypes.optional(),
    migration,
    lane,
    where,
  }),
  /** What events of these types stand for is done once more, at once: a card that is charged twice. */
  z.strictObject({ kind: z.literal('repeat'), side, eventTypes, migration, lane, where }),
  /** Events of these types say another code in this field than what is so: a provider who is licensed in another state. */
  z.strictObject({
    kind: z.literal('misstate'),
    side,
    eventTypes,
    field: z.string().min(1).max(128),
    migration,
    lane,
    where,
  }),
  /**
   * A page answers what it should not, to patients and probes alike: `status` (500 unless given), `redirect` to another page of the
   * stack, or `wrongHost`, a redirect to another host.
   */
  z.strictObject({
    kind: z.literal('page'),
    side,
    page: z.enum(['landing', 'intake']).default('landing'),
    answers: z.enum(['status', 'redirect', 'wrongHost']),
    status: z.int().min(400).max(599).optional(),
  }),
]);
/** A fault as it is written. */
export type Fault = z.input<typeof faultSchema>;
export type PageFault = Extract<Fault, { kind: 'page' }>;

/** What a fault is asked about. `lane` and `attributes` are known of journeys only. */
export interface FaultQuestion {
  type: string;
  migration: string;
  lane?: Lane | undefined;
  attributes?: PatientAttributes | undefined;
}

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

  drops(stack: Side, event: FaultQuestion): boolean {
    return this.list.some((fault) => fault.kind === 'drop' && meets(fault, stack, event));
  }

  repeats(stack: Side, event: FaultQuestion): boolean {
    return this.list.some((fault) => fault.kind === 'repeat' && meets(fault, stack, event));
  }

  /** Fields in which an event of this type says another code. */
  misstates(stack: Side, event: FaultQuestion): string[] {
    return this.list.flatMap((fault) => (fault.kind === 'misstate' && meets(fault, stack, event) ? [fault.field] : []));
  }

  /** By how much an event of this type happens later, in milliseconds of the plan's time. */
  delay(stack: Side, event: FaultQuestion): number {
    return this.list.reduce(
      (sum, fault) => sum + (fault.kind === 'slow' && meets(fault, stack, event) ? (parseDuration(fault.by) ?? 0) : 0),
      0,
    );
  }

  /** What is wrong with a page of a stack; undefined where nothing is. */
  page(stack: Side, page: 'landing' | 'intake'): PageFault | undefined {
    return this.list.find(
      (fault): fault is PageFault =>
        fault.kind === 'page' && fault.side === stack && (fault.page ?? 'landing') === page,
    );
  }
}

type FaultOfEvents = Extract<Fault, { kind: 'drop' | 'slow' | 'repeat' | 'misstate' }>;

function meets(fault: FaultOfEvents, stack: Side, event: FaultQuestion): boolean {
  return (
    fault.side === stack &&
    (fault.eventTypes?.includes(event.type) ?? true) &&
    (fault.migration === undefined || fault.migration === event.migration) &&
    (fault.lane === undefined || fault.lane === event.lane) &&
    Object.entries(fault.where ?? {}).every(([name, values]) => {
      const value = event.attributes?.[name as keyof PatientAttributes];
      return value !== undefined && (values as readonly string[]).includes(value);
    })
  );
}
