import type { Operator } from './mutate';

/** A change of a plan that lint has nothing to say of, and why that is right. */
export interface Exemption {
  operator: Operator;
  /** Which of the operator's mutants: of fields that may be left out, of entries of a list, or any. */
  of: 'optional' | 'entry' | 'any';
  /** Where, as patterns of paths; anywhere unless given. */
  paths?: readonly RegExp[];
  reason: string;
}

/** The closed list. What is neither found nor here is missed. */
export const EXEMPTIONS: readonly Exemption[] = [
  {
    operator: 'delete',
    of: 'optional',
    reason: 'A field that may be left out: the plan says less, or the default, and means it.',
  },
  {
    operator: 'delete',
    of: 'entry',
    reason: 'A list that is one entry shorter is a good list; what names the entry is found where it does.',
  },
  {
    operator: 'delete',
    of: 'any',
    paths: [/^phases\[\]\.(unit|gates)$/, /^queues\[\]\.(sla|path)$/],
    reason: 'The kind of phase, or the built-in queue, knows it; lint lists what it filled in.',
  },
  {
    operator: 'delete',
    of: 'any',
    paths: [/^phases\[\]\.gates\[\]\.(id|handoff|severity|rule)$/],
    reason: 'A gate that is built in is known by its name; of any other it is missed.',
  },
  {
    operator: 'outOfRange',
    of: 'any',
    paths: [/^handoffs\[\]\.unless$/, /^phases\[\]\.(irreversible|armedEffects|inFlight\.milestones)$/],
    reason: 'An empty list here is none, and says so: the answer of somebody who was asked.',
  },
  {
    operator: 'unknownReference',
    of: 'any',
    paths: [/(^|\.)id$/, /^phases\[\]\.(irreversible|armedEffects)\[\]\.effect$/],
    reason: 'The name is declared here, and nothing else in the plan has to say it.',
  },
  {
    operator: 'unknownReference',
    of: 'any',
    paths: [/^runbook\[\]\.evidence$/],
    reason: 'Words for people: what shows that a task is done has no names.',
  },
  {
    operator: 'unknownReference',
    of: 'any',
    paths: [/^migration$/, /^keys\.\w+$/],
    reason: 'What the migration and its keys are called is free; the stacks are told, not the plan.',
  },
  {
    operator: 'unknownReference',
    of: 'any',
    paths: [/^events\[\]\.data\.\w+\.codes\[\]$/, /^attributes\.\w+\[\]$/],
    reason: 'A code of which only this place knows; those of an attribute that others name are found.',
  },
  {
    operator: 'unknownReference',
    of: 'any',
    paths: [
      /^hooks\[\]\.(secrets|accounts|pairs\[\])\[\]$/,
      /^hooks\[\]\.signature\.(header|prefix|timeHeader|between)$/,
      /^hooks\[\]\.payload\.\w+$/,
      /^hooks\[\]\.events\[\]\.(from|time)$/,
      /^hooks\[\]\.events\[\]\.when\[\]\.(field|from|oneOf\[\])$/,
      /^hooks\[\]\.events\[\]\.(ids\.[\w-]+\.from|keys\.\w+)$/,
      /^hooks\[\]\.events\[\]\.data\.\w+\.(from|field)$/,
    ],
    reason: "What a vendor sends is the vendor's to say; `handoff hooks test` shows what becomes of a payload.",
  },
];
