import type { KindDeclaration, KindHandoff } from './kind-declaration';
import { hasHandoffs } from './own-checks';
import { SUPPORT_EVENTS } from './shared-events';

const LOGIN: KindHandoff = {
  id: 'login-to-portal',
  start: 'portal.loginRequested',
  end: ['portal.loggedIn'],
  within: '10m',
  unless: ['portal.left'],
  severity: 'access',
  queue: 'portal-login',
};

const REFILL: KindHandoff = {
  id: 'refill-to-decision',
  start: 'refill.requested',
  end: ['refill.decided'],
  within: '48h',
  severity: 'safety',
  queue: 'refill-without-history',
};

/** Portal, messaging and refills: patients get in, see their history, and get their refill decided (R21, R23, R26, R27). */
export const PORTAL_REFILLS: KindDeclaration = {
  kind: 'portalRefills',
  unit: 'patient',
  stages: [
    { id: 'logged-in', reachedBy: 'portal.loggedIn' },
    { id: 'history-shown', reachedBy: 'history.shown' },
    { id: 'refill-requested', reachedBy: 'refill.requested' },
    { id: 'refill-decided', reachedBy: 'refill.decided' },
  ],
  events: [
    { type: 'portal.loginRequested' },
    { type: 'portal.loggedIn' },
    { type: 'portal.left' },
    { type: 'history.requested' },
    { type: 'history.shown' },
    { type: 'refill.requested' },
    { type: 'refill.decided', data: { decision: { codes: ['approved', 'declined'] } } },
    { type: 'checkin.delivered', data: { channel: { codes: ['email', 'sms'] } } },
    ...SUPPORT_EVENTS,
  ],
  handoffs: [
    LOGIN,
    {
      id: 'history-to-shown',
      start: 'history.requested',
      end: ['history.shown'],
      within: '10m',
      severity: 'safety',
      queue: 'refill-without-history',
    },
    REFILL,
    {
      id: 'ticket-to-answer',
      start: 'support.ticketOpened',
      end: ['support.answered'],
      within: '24h',
      severity: 'experience',
      queue: 'record-mismatch',
    },
  ],
  gates: [
    {
      id: 'login-floor',
      handoff: 'login-to-portal',
      severity: 'access',
      rule: { kind: 'floor', atLeast: '95%', minimumOutcomes: 30 },
    },
    {
      id: 'login-against-legacy',
      handoff: 'login-to-portal',
      severity: 'access',
      rule: { kind: 'comparison', margin: '3%', minimumOutcomes: 30 },
    },
    {
      id: 'history-floor',
      handoff: 'history-to-shown',
      severity: 'safety',
      rule: { kind: 'floor', atLeast: '97%', minimumOutcomes: 20 },
    },
    {
      id: 'refill-floor',
      handoff: 'refill-to-decision',
      severity: 'safety',
      rule: { kind: 'floor', atLeast: '95%', minimumOutcomes: 20 },
    },
  ],
  queues: ['portal-login', 'refill-without-history'],
  probes: [],
  irreversible: [
    {
      effect: 'refill-decided',
      event: 'refill.decided',
      undo: 'A clinician reviews it; what was dispensed stays dispensed.',
    },
    { effect: 'check-in-sent', event: 'checkin.delivered', undo: 'Support tells the patient which message counts.' },
  ],
  milestones: [{ id: 'refill-requested', reachedBy: 'refill.requested' }],
  ownChecks: [
    hasHandoffs({ id: 'portal-legs', requirement: 'R16', passes: 'logins and refills are handed off.' }, [
      LOGIN,
      REFILL,
    ]),
  ],
};
