import type { Answers } from '../../../cli/plan/new/answers-schema';
import { ANSWERED } from './all-answers';

/** The same for the parts in the middle of the journey: the front door and the portal stay. */
export const DECIDED_PARTS: Answers = {
  ...ANSWERED,
  migration: 'parts',
  title: 'Some parts of the journey',
  phases: ['intake', 'payment', 'providerRouting'],
  phasesLeftOut: { frontDoor: 'The pages stay.', portalRefills: 'The portal stays.' },
  volume: { intake: 200, payment: 200, providerRouting: 200 },
  existing: [{ id: 'weight', count: 2750 }],
};

/** What somebody writes where the plan is open. */
const DECISIONS: [RegExp, string][] = [
  [/\b(owner|escalation|team): TBD/g, '$1: care'],
  [/agreedBy: \[ TBD \]/g, 'agreedBy: [ releases, care ]'],
  [/writer: TBD/g, 'writer: old'],
  [/url: TBD/g, "url: 'https://www.example.com/start'"],
  // What no phase hands over has one owner on both sides.
  [/legacy: TBD, target: TBD( \}\n {4}sync)/g, 'legacy: old, target: old$1'],
  [/legacy: TBD, target: TBD/g, 'legacy: old, target: new'],
  [/sizes: \[ TBD \], watch: TBD/g, 'sizes: [ 100 ], watch: 35d'],
  [/ready: TBD, minimum: TBD/g, 'ready: Licensed in the state., minimum: 2'],
  [/staysOnLegacy: TBD/g, 'staysOnLegacy: They move later.'],
  [/sync: TBD/g, 'sync: fromOwner'],
];

/** A first plan with an answer wherever it is open. */
export function decided(plan: string): string {
  return DECISIONS.reduce((text, [open, answer]) => text.replace(open, answer), plan);
}
