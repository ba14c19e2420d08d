import type { Answers } from '../../../cli/plan/new/answers-schema';
import { LAYERS } from '../../../domain/plan/journey';

const ROLES: NonNullable<NonNullable<Answers['approvals']>['goNoGo']>['roles'] = ['release-manager', 'clinical-lead'];
const WORKDAYS: NonNullable<NonNullable<Answers['hours']>['clinic']>['days'] = ['mon', 'tue', 'wed', 'thu', 'fri'];

/** Everything that is asked, for the parts in the middle of the journey: the front door and the portal stay. */
export const DECIDED_PARTS: Answers = {
  migration: 'parts',
  title: 'Some parts of the journey',
  phases: ['intake', 'payment', 'providerRouting'],
  phasesLeftOut: { frontDoor: 'The pages stay.', portalRefills: 'The portal stays.' },
  states: ['CA', 'TX'],
  programs: ['weight', 'hair'],
  byHand: ['weight'],
  pilot: { states: ['CA'], programs: ['hair'] },
  teams: [{ id: 'releases', title: 'Release managers' }, { id: 'care' }],
  layers: Object.fromEntries(LAYERS.map((layer) => [layer, { legacy: 'old', target: 'new', team: 'care' }])),
  sources: { old: '/old', new: '/new' },
  volume: { intake: 200, payment: 200, providerRouting: 200 },
  existing: [{ id: 'weight', count: 2750 }],
  approvals: {
    goNoGo: { count: 2, roles: ROLES, fourEyes: true },
    goOn: { count: 1, roles: ROLES, fourEyes: false },
    commit: { count: 2, roles: ROLES, fourEyes: true },
  },
  timeZone: 'America/Chicago',
  hours: {
    release: { days: ['tue', 'wed'], from: '09:00', to: '12:00' },
    clinic: { days: WORKDAYS, from: '08:00', to: '20:00' },
    office: { days: WORKDAYS, from: '09:00', to: '17:00' },
  },
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
