import { z } from 'zod';
import { JOURNEY_KINDS, LAYERS, ROLES } from '../../../domain/plan/journey';
import { decided, reason, WEEKDAYS } from '../../../domain/plan/schema/values';
import { answersSchema, answersShape as shape, type Answers } from './answers-schema';
import type { Asker } from './asker';

const PEOPLE = ROLES.filter((role) => role !== 'automation' && role !== 'stack');
const LATER = 'empty: decided later';

/** Asks what a first plan needs to know. Whatever is left empty stays open in the plan. */
export async function askAnswers(asker: Asker): Promise<Answers> {
  const ask = new Questions(asker);
  const migration = await ask.one('Name of the migration, such as clinic-2027', shape.migration);
  const title = await ask.maybe(`How people know it (${LATER})`, shape.title.unwrap());
  const phases = await ask.some('Which parts of the journey move?', JOURNEY_KINDS, JOURNEY_KINDS);
  const moves = JOURNEY_KINDS.filter((kind) => phases.includes(kind));
  const phasesLeftOut: Record<string, string> = {};
  for (const kind of JOURNEY_KINDS.filter((one) => !moves.includes(one))) {
    const why = await ask.maybe(`Why does ${kind} not move? (${LATER})`, reason);
    if (why !== undefined) phasesLeftOut[kind] = why;
  }
  const states = await ask.codes(`States, with commas between (${LATER})`, shape.states.unwrap());
  const programs = await ask.codes(`Programs, with commas between (${LATER})`, shape.programs.unwrap());
  const byHand = await ask.codes(
    `Programs that move by hand, as controlled substances may; 'none' for none (${LATER})`,
    shape.byHand.unwrap(),
  );
  const pilot = moves.includes('providerRouting') ? await ask.pilot() : undefined;
  const teams = await ask.codes(
    `Teams, by rota or role, with commas between (${LATER})`,
    z.array(decided).min(1).max(200),
  );
  const { layers, sources } = await ask.stack();
  const volume: Record<string, number> = {};
  for (const kind of moves) {
    const count = await ask.maybe(`How many arrive a day in ${kind}, on both sides together? (${LATER})`, NUMBER);
    if (count !== undefined) volume[kind] = Number(count);
  }
  const existing = moves.includes('portalRefills') ? await ask.existing() : undefined;
  const approvals = await ask.approvals();
  const timeZone = await ask.maybe(`Time zone, such as America/New_York (${LATER})`, shape.timeZone.unwrap());
  const hours = {
    release: await ask.hours('When may the migration go on'),
    clinic: await ask.hours('When are clinicians there'),
    office: await ask.hours('When are business days'),
  };
  return answersSchema.parse({
    ...{ migration, title, phasesLeftOut, states, programs, byHand, layers, sources, volume, existing, approvals },
    ...{ phases: moves, pilot },
    ...(teams && { teams: teams.map((id) => ({ id })) }),
    ...{ timeZone, hours },
  });
}

const SOURCE = shape.sources.unwrap().valueType;
const NUMBER = z.string().regex(/^[1-9]\d{0,5}$/, 'Write a whole number.');
const HOURS = /^([a-z, ]+) (\d\d:\d\d)-(\d\d:\d\d)$/;
const PEOPLE_COUNT = z.string().regex(/^[1-5]$/, 'Write a whole number from 1 to 5, and nothing else.');
const GROUPS_MESSAGE =
  "Write 200 groups at most, each by its name with a number from 1 to 10000000, such as 'weight=2750, hair=120', or 'none'.";
const GROUP = /^([a-z][a-z0-9-]*)\s*=\s*([1-9]\d{0,7})$/;
const GROUPS = z.string().refine((said) => said === 'none' || groupsOf(said) !== undefined, GROUPS_MESSAGE);

class Questions {
  constructor(private readonly asker: Asker) {}

  /** An answer that there must be. */
  one(message: string, schema: z.ZodType): Promise<string> {
    return this.asker.text(message, (answer) => problemOf(schema, answer));
  }

  /** An answer that may be left open. */
  async maybe(message: string, schema: z.ZodType): Promise<string | undefined> {
    const answer = await this.asker.text(message, (said) => (said === '' ? undefined : problemOf(schema, said)));
    return answer === '' ? undefined : answer;
  }

  /** Asked again until something is chosen: none would be read as an answer that was not given. */
  async some(message: string, options: readonly string[], chosen: readonly string[]): Promise<string[]> {
    for (;;) {
      const answer = await this.asker.choose(message, options, chosen);
      if (answer.length > 0) return answer;
    }
  }

  /** Names with commas between; 'none' is none of them, which is an answer. */
  async codes(message: string, schema: z.ZodType): Promise<string[] | undefined> {
    const answer = await this.asker.text(message, (said) =>
      said === '' ? undefined : problemOf(schema, namesOf(said)),
    );
    return answer === '' ? undefined : namesOf(answer);
  }

  /** The systems, layer by layer, and what each signs its events with. */
  async stack(): Promise<Pick<Answers, 'layers' | 'sources'>> {
    const layers: NonNullable<Answers['layers']> = {};
    for (const layer of LAYERS) {
      layers[layer] = {
        legacy: await this.maybe(`${layer}: the legacy system that owns its data (${LATER})`, decided),
        target: await this.maybe(`${layer}: the target system; the same where it serves both (${LATER})`, decided),
        team: await this.maybe(`${layer}: the team that acts (${LATER})`, decided),
      };
    }
    const sources: Record<string, string> = {};
    const systems = new Set(Object.values(layers).flatMap(({ legacy, target }) => [legacy ?? [], target ?? []].flat()));
    for (const id of systems) {
      const source = await this.maybe(`What does ${id} sign its events with, such as /legacy/crm? (${LATER})`, SOURCE);
      if (source !== undefined) sources[id] = source;
    }
    return { layers, sources };
  }

  async pilot(): Promise<Answers['pilot']> {
    const states = await this.codes(`States of the first pilot of provider routing (${LATER})`, shape.states.unwrap());
    const programs = await this.codes(`Programs of that pilot (${LATER})`, shape.programs.unwrap());
    return { ...(states && { states }), ...(programs && { programs }) };
  }

  async existing(): Promise<Answers['existing']> {
    const answer = await this.maybe(
      `Who is a patient already, such as 'weight=2750, hair=120', or 'none' (${LATER})`,
      GROUPS,
    );
    if (answer === undefined || answer === 'none') return answer === undefined ? undefined : [];
    return groupsOf(answer);
  }

  async approvals(): Promise<Answers['approvals']> {
    const approvals: Record<string, unknown> = {};
    for (const [name, what] of APPROVALS) {
      const count = await this.maybe(`${what}: how many people say yes, 1 to 5? (${LATER})`, PEOPLE_COUNT);
      if (count === undefined) continue;
      const roles = await this.some(`${what}: of which roles?`, PEOPLE, []);
      const fourEyes = await this.asker.confirm(`${what}: does whoever started the migration not count?`);
      approvals[name] = { count: Number(count), roles, fourEyes };
    }
    return approvals;
  }

  async hours(message: string): Promise<{ days: string[]; from: string; to: string } | undefined> {
    const answer = await this.asker.text(`${message}, such as 'tue, wed, thu 09:00-15:00'? (${LATER})`, (said) =>
      said === '' || hoursOf(said) !== undefined
        ? undefined
        : `Write days of ${WEEKDAYS.join(', ')}, and hours such as 09:00-15:00.`,
    );
    return hoursOf(answer);
  }
}

const APPROVALS = [
  ['goNoGo', 'The go of a phase'],
  ['goOn', 'Going on after a stop'],
  ['commit', 'The commit of a phase'],
] as const;

function hoursOf(text: string): { days: string[]; from: string; to: string } | undefined {
  const [, listed = '', from = '', to = ''] = HOURS.exec(text) ?? [];
  const days = listed.split(/[ ,]+/).filter((day) => day !== '');
  const read = { days, from, to };
  return shape.hours.unwrap().shape.release.unwrap().safeParse(read).success ? read : undefined;
}

/** Undefined where that is no list of groups. */
function groupsOf(said: string): Answers['existing'] {
  const groups = said.split(',').map((group) => {
    const [, id, count] = GROUP.exec(group.trim()) ?? [];
    return { id, count: Number(count) };
  });
  return shape.existing.unwrap().safeParse(groups).data;
}

function namesOf(answer: string): string[] {
  if (answer === 'none') return [];
  return answer
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function problemOf(schema: z.ZodType, answer: unknown): string | undefined {
  return schema.safeParse(answer).error?.issues[0]?.message;
}
