import type { Answers } from '../../../cli/plan/new/answers-schema';
import { JOURNEY_KINDS, LAYERS } from '../../../domain/plan/journey';

const ROLES: NonNullable<NonNullable<Answers['approvals']>['goNoGo']>['roles'] = ['release-manager', 'clinical-lead'];
const WORKDAYS: NonNullable<NonNullable<Answers['hours']>['clinic']>['days'] = ['mon', 'tue', 'wed', 'thu', 'fri'];

/** Everything that `plan new` asks, for the whole journey. */
export const ANSWERED: Answers = {
  migration: 'whole-journey',
  title: 'The whole journey',
  states: ['CA', 'TX'],
  programs: ['weight', 'hair'],
  byHand: ['weight'],
  pilot: { states: ['CA'], programs: ['hair'] },
  teams: [{ id: 'releases', title: 'Release managers' }, { id: 'care' }],
  layers: Object.fromEntries(LAYERS.map((layer) => [layer, { legacy: 'old', target: 'new', team: 'care' }])),
  sources: { old: '/old', new: '/new' },
  volume: Object.fromEntries(JOURNEY_KINDS.map((kind) => [kind, 200])),
  existing: [],
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
