import type { Draft } from './draft';
import type { Finding } from './plan-problem';
import type { Plan } from './plan-schema';
import { fourEyesVerified, peopleApprove } from './rules/approvals';
import { businessTimes } from './rules/business-time';
import { advanceCalendar, closedDays } from './rules/calendars';
import { fieldsHoldAttributes } from './rules/attribute-codes';
import { cohortAttributes, cohortsReachable, leftBehindEarlier, legacyCohorts } from './rules/cohorts';
import { coverageReferences, reviewCovered } from './rules/coverage';
import { codesOfCodes } from './rules/event-fields';
import { gateDeclarations } from './rules/gate-declarations';
import { builtInGatesMeasured, capacityIsKnown, earlyEndsAreEarned, rulesCanBeMet } from './rules/gate-rules';
import { outagesSeenSoon, outcomesInReach } from './rules/gates-in-time';
import { gateSources } from './rules/gate-sources';
import { gateHandoffs, gatesCanCross, oneRollbackRuleAGate } from './rules/gates';
import { endConditions, pauses, recipients } from './rules/handoff-conditions';
import { correlations } from './rules/handoff-correlation';
import {
  casesDecided,
  casesWorkedOn,
  handoffEventsDiffer,
  handoffReferences,
  latenessBelowDeadline,
} from './rules/handoffs';
import { hookFields, hookListsDiffer, hookReferences, hooksApart, hookSenders } from './rules/hooks';
import { bringBackQueue, closingByTime, leaseBounds, pastReturnStays, phaseEvents } from './rules/in-flight';
import { everyStage, stagesMove, systemsServeStages } from './rules/journey';
import { anonymousPatients, keysDeclared, prefixesDiffer, testUnitsAsked } from './rules/keys';
import { kindQueues, ownChecksPass } from './rules/journey-kinds';
import { dataDeclared, everyDatum, handedOver, oneOwnerAStage, ownershipReferences } from './rules/ownership';
import { armedEffects, phaseDeclarations } from './rules/phase-declarations';
import { everyKind, needlessOrderReason, phaseOrder } from './rules/phase-order';
import { guessedSides } from './rules/on-unknown';
import { planNames } from './rules/plan-names';
import { queueRules } from './rules/queue-rules';
import { oneQueueATicket, ticketsShown } from './rules/tickets';
import { escalationsInOrder, oneQueueAnEvent, queueEvents, queuesFed } from './rules/queues';
import { capNeedsClosing, noCapOnEveryone, rampRises, stepSize } from './rules/ramp';
import { redrives } from './rules/redrives';
import { valuesDiffer } from './rules/repeated-values';
import type { Rule } from './rules/rule';
import { runbookOrder, runbookReferences } from './rules/runbook';
import { everyLayer, layerAnswers, ownersDeclared } from './rules/stack-map';
import { syntheticSources } from './rules/synthetic-sources';
import { capacityHeld, teamsReachable } from './rules/teams';
import { uniqueNames } from './rules/unique-names';
import { eventsUsed } from './rules/used-events';
import { outagesSeen } from './rules/unseen-outages';
import { ratiosCount } from './rules/ratio-rules';
import { gatesDecide, queuesKeepUp } from './rules/volume';
import {
  legacyCohortsFirst,
  legacyCohortsStayThemselves,
  stepsSeeLateOnes,
  visitorsUnknown,
} from './rules/cohort-sense';
import { authorityAgreed, blindGatesPage, gatesAsSevere, limitsProtect } from './rules/gate-sense';
import {
  conditionsCanBeJudged,
  deadlinesShow,
  eventsStillCome,
  fanOutReachesAll,
  handoffsDiffer,
} from './rules/handoff-sense';
import {
  handedOverInTime,
  handedOverWhole,
  mapAndMatrixAgree,
  sourcesDiffer,
  stagesMoveWithTheirKind,
} from './rules/ownership-sense';
import {
  cliniciansApprove,
  coverageByWhatMatters,
  coverageLeavesNobodyOut,
  decisionsAskedAgain,
  goBeforeFirstStep,
  nothingAtNight,
  urgentTeamsReached,
} from './rules/people-sense';
import {
  armedEffectsSaid,
  closedOwesNothing,
  firstStepIsFew,
  lapseIsShort,
  milestonesInOrder,
  noGiantStep,
  pauseStopsArrivals,
  probesDiffer,
  roomForFirstStep,
  soakSeesACycle,
  undoneIsDecided,
  unitsKnown,
} from './rules/phase-sense';
import { comparisonsGoOn, loadCanBeTold, safetyPages } from './rules/watched-limits';
import { firstWaveIsFew, wavesEnd, windowIsSafe } from './rules/wave-sense';
import { waiversApproved } from './rules/waivers';
import { everyGroupMoves, existingGroups, waveLists } from './rules/waves';

const RULES: readonly Rule[] = [
  uniqueNames,
  hookReferences,
  hookSenders,
  hooksApart,
  hookListsDiffer,
  hookFields,
  keysDeclared,
  anonymousPatients,
  prefixesDiffer,
  testUnitsAsked,
  everyLayer,
  layerAnswers,
  ownersDeclared,
  everyStage,
  systemsServeStages,
  stagesMove,
  dataDeclared,
  everyDatum,
  oneOwnerAStage,
  ownershipReferences,
  handedOver,
  advanceCalendar,
  closedDays,
  codesOfCodes,
  handoffReferences,
  casesDecided,
  casesWorkedOn,
  handoffEventsDiffer,
  latenessBelowDeadline,
  endConditions,
  correlations,
  pauses,
  recipients,
  redrives,
  businessTimes,
  everyKind,
  phaseOrder,
  needlessOrderReason,
  ownChecksPass,
  cohortAttributes,
  cohortsReachable,
  legacyCohorts,
  leftBehindEarlier,
  stepSize,
  rampRises,
  capNeedsClosing,
  noCapOnEveryone,
  peopleApprove,
  fourEyesVerified,
  gateHandoffs,
  gatesCanCross,
  gateSources,
  syntheticSources,
  rulesCanBeMet,
  earlyEndsAreEarned,
  capacityIsKnown,
  ratiosCount,
  builtInGatesMeasured,
  oneRollbackRuleAGate,
  phaseEvents,
  bringBackQueue,
  pastReturnStays,
  closingByTime,
  leaseBounds,
  guessedSides,
  queueEvents,
  oneQueueAnEvent,
  queuesFed,
  escalationsInOrder,
  ticketsShown,
  oneQueueATicket,
  kindQueues,
  phaseDeclarations,
  armedEffects,
  existingGroups,
  waveLists,
  everyGroupMoves,
  gateDeclarations,
  teamsReachable,
  capacityHeld,
  queueRules,
  coverageReferences,
  reviewCovered,
  runbookReferences,
  runbookOrder,
  eventsUsed,
  valuesDiffer,
  fieldsHoldAttributes,
  gatesDecide,
  outagesSeen,
  outagesSeenSoon,
  outcomesInReach,
  queuesKeepUp,
  legacyCohortsFirst,
  legacyCohortsStayThemselves,
  stepsSeeLateOnes,
  visitorsUnknown,
  authorityAgreed,
  blindGatesPage,
  gatesAsSevere,
  limitsProtect,
  conditionsCanBeJudged,
  deadlinesShow,
  eventsStillCome,
  fanOutReachesAll,
  handoffsDiffer,
  handedOverInTime,
  handedOverWhole,
  mapAndMatrixAgree,
  sourcesDiffer,
  stagesMoveWithTheirKind,
  cliniciansApprove,
  coverageByWhatMatters,
  coverageLeavesNobodyOut,
  decisionsAskedAgain,
  goBeforeFirstStep,
  nothingAtNight,
  urgentTeamsReached,
  armedEffectsSaid,
  closedOwesNothing,
  firstStepIsFew,
  lapseIsShort,
  milestonesInOrder,
  noGiantStep,
  pauseStopsArrivals,
  probesDiffer,
  roomForFirstStep,
  soakSeesACycle,
  undoneIsDecided,
  unitsKnown,
  comparisonsGoOn,
  loadCanBeTold,
  safetyPages,
  firstWaveIsFew,
  wavesEnd,
  windowIsSafe,
  waiversApproved,
];

/** What the plan's fields say of each other: every rule, on every part of the plan that could be read. */
export function checkPlan(plan: Draft<Plan>): Finding[] {
  const names = planNames(plan);
  return RULES.flatMap((rule) => [...rule(plan, names)]);
}
