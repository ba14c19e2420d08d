import { z } from 'zod';
import { UNIT_KINDS } from '../../sides/units';
import { PHASE_KINDS, ROLES } from '../journey';
import {
  codes,
  decided,
  duration,
  eventType,
  identifier,
  instruction,
  lintAs,
  list,
  phaseIdentifier,
  rate,
  reason,
  share,
} from './values';
import { gateSchema } from './gate-schema';
import { wavesSchema } from './wave-schema';

const approval = z.strictObject({
  count: z.int().min(1).max(5).default(1).describe('How many people must approve, 1 to 5.'),
  roles: list(z.enum(ROLES))
    .default(['release-manager'])
    .describe('Any of these roles may approve. Automation and stacks may not.'),
  fourEyes: z
    .boolean()
    .default(false)
    .describe('Whoever started the migration does not count, nobody counts twice, and no unverified approval counts.'),
  escalateAfter: duration.prefault('24h').describe('When nobody has decided for this long, a person is paged.'),
});

const check = z.strictObject({
  id: identifier.describe('Name of the check, unique in its step.'),
  what: instruction.describe('What is looked at.'),
  by: decided.describe('The team that does it.'),
  first: z.int().min(1).max(10_000).optional().describe('The first so many people; all of them unless declared.'),
});

const rampStep = z
  .strictObject({
    share: share
      .optional()
      .describe("Share of arriving units that the target takes, such as '10%'. Either this or 'perDay'."),
    perDay: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Number of arriving units a day that the target takes. Either this or 'share'."),
    maxOpen: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        "At most this many units of the cohort may be open on target at once; the overflow stays on legacy. Needs the phase's 'closedBy' or 'closeAfter'; not at 100%, where the commit would lift it.",
      ),
    watch: duration.describe("How long the step is looked at before the next, such as '24h'."),
    watchAtLeast: duration
      .optional()
      .describe(
        "May end as early as this, once every gate of the phase has the evidence that it asks for ('notWorseBy', 'above'; a count of cases has its 'minimumOutcomes'). Not before 'watch' unless declared.",
      ),
    approval: approval.optional().describe('Asked of people before this step begins.'),
    checks: list(check).optional().describe('What people look at before the step ends.'),
  })
  .meta({ oneOf: [{ required: ['share'] }, { required: ['perDay'] }] });

const volume = z.int().min(1).max(1_000_000).optional();

const cohort = z.strictObject({
  id: identifier.describe('Name of the cohort, unique in its phase.'),
  when: z
    .record(z.string(), codes())
    .default({})
    .describe(
      'Attribute and the values it may have; all attributes must match. A cohort without it takes everyone that no cohort before it took.',
    ),
  ramp: list(rampStep).optional().describe("Steps of this cohort's own; the phase's where absent."),
  volume: volume.describe('Arrivals of this cohort a day that are expected, on both sides together.'),
  staysOnLegacy: reason
    .optional()
    .describe('Why nobody of this cohort is moved by the ramp: they are moved by hand, or not at all.'),
});

/** Below the time that one run of all the checks before a start has, in milliseconds. */
const LONGEST_PROBE = 20_000;

const probe = z.strictObject({
  id: identifier.describe('Name of the probe, unique in its phase.'),
  side: z.enum(['legacy', 'target']).describe('The stack that it looks at.'),
  url: z
    .url({
      protocol: /^https?$/,
      error: "Write a whole http or https address, such as 'https://app.example.com/health'.",
    })
    .refine((url) => !/^https?:\/\/[^/?#]*@/i.test(url), {
      error: 'Leave the user name and password out of the address; a plan holds no secrets.',
      ...lintAs('WH111'),
    })
    .describe('GET this; any other status than the expected one is a failure.'),
  expectStatus: z.int().min(100).max(599).default(200).describe('The HTTP status that is expected.'),
  timeout: duration
    .refine((timeout) => timeout <= LONGEST_PROBE, {
      error: "Write a timeout of at most '20s': the checks before a start end within 30s.",
      ...lintAs('WH112'),
    })
    .prefault('5s')
    .describe("How long an answer may take, at most '20s'."),
});

/** What a rollback does with people on target, by how far they got. */
const IN_FLIGHT_POLICIES = ['finish', 'bringBack', 'pause'] as const;

const milestone = z.strictObject({
  id: identifier.describe('Name of the milestone, unique in its phase.'),
  reachedBy: eventType.describe('The event that a person reaches it by.'),
  policy: z
    .enum(IN_FLIGHT_POLICIES)
    .describe(
      "What a rollback does with those who got this far: they 'finish' on target, or it brings them back ('bringBack'), or they wait there for a person ('pause').",
    ),
  pastReturn: z
    .boolean()
    .optional()
    .describe(
      'Whoever got this far, or further, is never brought back, not even by hand: paid, prescription sent. Not so unless declared.',
    ),
});

const irreversibleEffect = z.strictObject({
  effect: identifier.describe('Name of the effect, unique in its phase.'),
  event: eventType.describe('The event that shows that it happened.'),
  undo: instruction.describe('What people do about it; a rollback never undoes it.'),
});

const soakCycle = z.strictObject({
  id: identifier.describe("Name of the cycle, unique in its phase, such as 'renewals'."),
  event: eventType.describe('The event that ends one.'),
  count: z.int().min(1).max(10_000_000).describe('How many there must be on target.'),
});

/** What fires by itself: tonight's charge, an auto-refill, a message sequence. */
const armedEffect = z.strictObject({
  effect: identifier.describe('Name of the effect, unique in its phase.'),
  what: instruction.describe("What fires by itself: 'The renewal is charged on its date'."),
  armedBy: z
    .strictObject({
      legacy: decided.describe('The legacy or shared system that it fires from.'),
      target: decided.describe('The target or shared system that it fires from.'),
    })
    .describe('Where it fires from, on each side.'),
  disarm: instruction.describe('How it is disarmed, and what shows that it is.'),
});

/** Of a chance of false rollbacks: with more, a gate says little. */
const MOST_FALSE_ROLLBACKS = 0.2;

const afterHold = z.enum(['page', 'pause']).optional();

export const phaseSchema = z.strictObject({
  id: phaseIdentifier.describe(
    "Name of the phase, unique in the plan. Its flag key is the migration's name, a dot, and this name.",
  ),
  kind: z
    .enum(PHASE_KINDS)
    .describe("The part of the patient's journey that moves; custom is a part that only this plan knows."),
  unit: z.enum(UNIT_KINDS).describe("What has a side in this phase; its kind's unless declared."),
  anonymousUnit: z
    .enum(['visitor'])
    .optional()
    .describe(
      "What has a side here until it is known which patient it is: a 'visitor', before login. Only where the unit is a patient. Whoever is then linked to the visitor, or asked for with both keys, has the visitor's side.",
    ),
  cohorts: list(cohort).describe(
    'Slices of arrivals, each with a split of its own; the first that matches takes a unit.',
  ),
  volume: volume.describe(
    'Arrivals a day that are expected, on both sides together. With it lint says which gate cannot decide, and which queue nobody can work off.',
  ),
  ramp: list(rampStep).describe(
    'The steps of a split. The first is 50% at most, none is below the one before, the last is 100%.',
  ),
  soak: duration.describe("The last watch, at 100%, before people decide on the commit, such as '14d'."),
  soakCycles: list(soakCycle).optional().describe('What must have come round as well: 300 renewals, 200 refills.'),
  calendar: identifier
    .optional()
    .describe("The calendar in whose open hours this phase goes on; the plan's unless declared."),
  waves: wavesSchema.optional().describe('How those who are patients already move, after the ramp.'),
  armedEffects: list(armedEffect, 0)
    .optional()
    .describe(
      "What would fire on the side that somebody left; it is disarmed there before it is armed on the other. '[]' says that nothing does.",
    ),
  dwell: duration
    .prefault('7d')
    .describe('How long the phase must be stable after its commit before the next may start.'),
  gates: list(gateSchema).describe(
    "Rules on handoffs; each step ends only when all of them pass. Those of the phase's kind unless declared.",
  ),
  falseRollbacks: rate
    .refine((chance) => chance > 0 && chance <= MOST_FALSE_ROLLBACKS, {
      error: "Write a chance above '0%' and at most '20%', such as '5%'.",
      ...lintAs('WH650'),
    })
    .optional()
    .describe(
      'The chance that a cohort that is healthy is ever rolled back, in one attempt, by all tested gates of the phase together; 5% unless declared. Tested gates share it equally.',
    ),
  probes: list(probe, 0).default([]).describe('Looked at before the phase starts; all must answer as expected.'),
  approvals: z
    .strictObject({
      goNoGo: approval.prefault({}).describe('Before the first step.'),
      goOn: approval.prefault({}).describe('Going on after a pause, a hold or a rollback.'),
      commit: approval.prefault({}).describe('The point of no return.'),
      bySignal: z
        .boolean()
        .default(false)
        .describe('Whether an approval by plain Temporal signal (unverified) counts. Never together with fourEyes.'),
    })
    .prefault({})
    .describe('Who decides, and how many.'),
  hold: z
    .strictObject({
      insufficient: duration.prefault('24h').describe('Too few outcomes yet.'),
      noData: duration.prefault('1h').describe('No outcomes at all.'),
      sourceError: duration.prefault('30m').describe('The outcomes could not be read.'),
      then: z
        .strictObject({
          insufficient: afterHold.describe('Too few outcomes for that long.'),
          noData: afterHold.describe('No outcomes for that long.'),
          sourceError: afterHold.describe('Nothing could be read for that long.'),
        })
        .optional()
        .describe(
          "What happens after that time: a person is paged ('page'), which it is unless declared, or the cohort is paused too ('pause').",
        ),
    })
    .prefault({})
    .describe(
      'How long a step may wait on a verdict that neither passes nor crosses a limit before a person is paged.',
    ),
  pause: z
    .strictObject({
      arrivals: z
        .enum(['stop', 'keep'])
        .default('stop')
        .describe("'stop' lets the split fall to legacy, 'keep' leaves it. Those already placed stay either way."),
    })
    .prefault({})
    .describe('What a pause does to arrivals.'),
  inFlight: z
    .strictObject({
      otherwise: z
        .enum(IN_FLIGHT_POLICIES)
        .default('finish')
        .describe(
          "People on target who reached none of the milestones: 'finish' there, 'bringBack' to legacy, or 'pause' there until a person decides.",
        ),
      milestones: list(milestone, 0)
        .default([])
        .describe("In journey order; the last one reached decides. Those of the phase's kind unless declared."),
      queue: identifier
        .optional()
        .describe(
          "Where an open journey that was brought back or paused is worked on. Needed where anything says 'bringBack' or 'pause'. More cases than its 'capacity' leaves room for are not made: those people finish.",
        ),
    })
    .prefault({})
    .describe('What a rollback does with people who are on target, by how far they got.'),
  onUnknown: z
    .strictObject({
      beforeCommit: z
        .enum(['legacy', 'tryAgain'])
        .optional()
        .describe(
          "While the phase ramps: 'tryAgain' (503) unless declared. 'legacy' tells a side: whoever is on target by another process is told it too, in the middle of their journey.",
        ),
      afterCommit: z
        .enum(['target', 'tryAgain'])
        .optional()
        .describe(
          "Once its cohort is committed: 'tryAgain' (503) unless declared. 'target' tells a side: whoever is on legacy since before the commit is told it too.",
        ),
    })
    .optional()
    .describe(
      'What an API process answers for a unit that it does not remember while Postgres is out of reach. A side is kept in its journal, and written down when Postgres is back; until then nobody new goes to target anywhere. Where nothing is declared, or without a journal, nobody unknown is answered.',
    ),
  closedBy: list(eventType, 0)
    .default([])
    .describe('Events that close a unit of this phase: what it came for is over. A closed unit keeps its side.'),
  closeAfter: duration
    .optional()
    .describe(
      "How long after its placement a unit is closed whose closing event never comes, such as '30d'. Never by time unless declared; never for ongoing care (patient, subscription, login).",
    ),
  irreversible: list(irreversibleEffect, 0)
    .default([])
    .describe(
      "What a rollback cannot undo; its preview lists it with counts. That of the phase's kind unless declared.",
    ),
  lease: duration
    .prefault('60s')
    .describe('How long the split stays valid without its controller renewing it. Wall-clock time, never compressed.'),
  resumeWithin: duration
    .prefault('15m')
    .describe('A lapse of control shorter than this is mended without a person. Wall-clock time, never compressed.'),
});
