import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { LINT_CATALOGUE, type LintCode } from '../../../domain/plan/lint/lint-catalogue';
import type { PlanDocument } from '../../../domain/plan/plan-schema';
import { TEXT_LIMITS } from '../../../domain/plan/plan-text';
import { packageRoot } from '../../../platform/package-root';
import { edit, PAYMENT, TELEHEALTH } from './plan-texts';

/**
 * Where the catalogue's example of a code goes in a whole plan, so that what people are told to write is known to be right. Unless said
 * otherwise the good example is part of one of two plans, and the bad one takes its place.
 */
type Place =
  /** What is written in the plan where the example goes; the plan of one phase unless it is the other. */
  | { at?: string; plan?: string }
  /** What the example is written below, as its neighbour. */
  | { below: string; plan?: string }
  /** The example is in words: a text that is found fault with, and one that is not. */
  | { bad: string; good: string };

/** The plan that extends a template. */
const SHORT = readFileSync(join(packageRoot(), 'examples', 'telehealth-short.yaml'), 'utf8');
const TITLE = 'title: Payment moves to the new billing stack';
const COHORTS = '- id: pilot-states\n        when: { state: [CO, OR] }\n      - id: everyone-else';
const MILESTONES = between('- { id: paid, reachedBy', '\n        - { id: prescription-sent');
const QUEUE = between('- id: payment-not-routed\n    owner', '\n  - id: next-step-not-sent\n');
/** Parts of the plan of the whole journey. */
const PAYMENT_TAILS = from(TELEHEALTH, '    tails:\n      - id: refunds', '  - datum: subscription-status');
const ARMED = from(TELEHEALTH, '    armedEffects:\n      - effect: renewal-charge', '    dwell: 7d');
const COMPLETION = from(TELEHEALTH, '  - id: completion\n', '  - id: first-ten-payments');
const BACK_TO_PORTAL = '    inFlight:\n      otherwise: bringBack # nothing is lost';
const telehealth = parse(TELEHEALTH) as PlanDocument;

/** A plan that waives a warning of its own. */
export const WAIVING = `${edit(PAYMENT, 'within: 5m', 'within: 60s')}
waivers:
  - code: WH403
    at: handoffs[1].within
    reason: The message service reports within seconds; nobody waits longer than the deadline.
    approvedBy: support-leads
    expires: 2126-01-31
`;
/** When plans of the catalogue are judged: while that waiver holds. */
export const JUDGED_AT = Date.parse('2126-01-30T23:59:59Z');

/** A handoff that counts by orders, each of which may be shipped on its own. */
const BY_ORDER = edit(
  edit(
    PAYMENT,
    '  - type: prescription.sent\n',
    `  - type: prescription.sent
  - type: order.shipped
    data: { orderNumber: { kind: integer, required: true } }
  - type: tracking.visible
    data: { orderNumber: { kind: integer, required: true } }
`,
  ),
  'handoffs:\n',
  `handoffs:
  - id: shipped-to-tracking
    phase: payment
    start: order.shipped
    end: tracking.visible
    correlate: { field: orderNumber }
    within: 2h
    severity: experience
    queue: next-step-not-sent
`,
);

const FLOOR_RULE = 'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }';
const COMPARED_RULE = 'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30 }';
const FIRST_STEP = '- { share: 10%, watch: 24h }';
const ROUTING_GATE = from(TELEHEALTH, '      - id: routing-floor', '      - id: routing-against-legacy');
const countingBy = (rule: string): string => edit(TELEHEALTH, ROUTING_GATE, ROUTING_GATE.replace(/rule: .*/, rule));
/** Each gate asks for evidence, so that steps may end early. */
const ON_EVIDENCE = [
  [FLOOR_RULE, FLOOR_RULE.replace(' }', ', above: 90% }')],
  [COMPARED_RULE, COMPARED_RULE.replace(' }', ', notWorseBy: 10% }')],
  ['atLeast: 85%, minimumOutcomes: 20', 'atLeast: 85%, minimumOutcomes: 20, above: 85%'],
].reduce((plan, [was = '', is = '']) => edit(plan, was, is), PAYMENT);
const STARTED_TO_SUBMITTED = `  - id: intake-started-to-submitted
    phase: intake
    start: intake.started
    end: intake.submitted
    within: 24h
    severity: access
    cases: none
`;
/** A gate by its name alone, and what it is measured on. */
const BUILT_IN = [
  ['handoffs:\n', `handoffs:\n${STARTED_TO_SUBMITTED}`],
  ['      - id: crm-floor\n', '      - builtIn: intake-completion\n      - id: crm-floor\n'],
  [
    'rollbackRules:\n',
    `rollbackRules:
  - id: intakes-not-finished
    phase: intake
    gate: intake-completion
    action: { kind: rollback, scope: step }
    agreedBy: [release-management, care-coordination]
`,
  ],
].reduce((plan, [was = '', is = '']) => edit(plan, was, is), TELEHEALTH);

/** Gates whose figures come from elsewhere. */
const BY_COUNTERS = withSource(`kind: prometheus
connection: metrics
staleAfter: 2m
target:
  kept: routed_total{outcome="kept",cohort="$cohort"}
  missed: routed_total{outcome="missed",cohort="$cohort"}`);
const BY_REPORT = withSource(`kind: http
connection: reports
path: /outcomes
target: { kept: kept, total: seen }`);
const BY_QUERY = withSource(`kind: sql
connection: warehouse
${LINT_CATALOGUE.WH609.good}`);

const BY_SYNTHETIC = withSource(`kind: synthetic
connection: journey
every: 1m
timeout: 10s
steps:
  ${LINT_CATALOGUE.WH617.good}
  ${LINT_CATALOGUE.WH615.good}
until: 10m`);

const PLACES: Partial<Record<LintCode, Place>> = {
  WH431: { below: 'end: review.assigned' },
  WH432: { below: 'end: review.assigned' },
  WH433: { below: 'end: review.assigned' },
  WH405: { bad: BY_ORDER.replaceAll(', required: true } }', ' } }'), good: BY_ORDER },
  WH406: { bad: edit(BY_ORDER, '{ field: orderNumber }', '{ instance: subscription }'), good: BY_ORDER },
  WH000: { bad: `${PAYMENT}${Array.from({ length: 201 }, (_, at) => `name${at}: x`).join('\n')}`, good: PAYMENT },
  WH001: { bad: `title: ${'x'.repeat(TEXT_LIMITS.bytes)}`, good: PAYMENT },
  WH002: { bad: edit(PAYMENT, TITLE, 'title: caf\uFFFD'), good: PAYMENT },
  WH004: { at: TITLE },
  WH010: { at: TITLE },
  WH012: { at: TITLE },
  WH013: { at: TITLE },
  WH019: { bad: `${PAYMENT}${bomb()}`, good: PAYMENT },
  WH030: { plan: SHORT },
  WH031: { plan: SHORT },
  WH032: { bad: edit(SHORT, 'extends: telehealth', 'extends: circle'), good: SHORT },
  WH033: { bad: edit(SHORT, 'declaredGates/reply-time', 'declaredGates/reply-times'), good: SHORT },
  WH034: { bad: `${PAYMENT}without: [title]\n`, good: PAYMENT },
  WH111: { below: 'soak: 14d' },
  WH112: { below: 'soak: 14d' },
  WH214: { below: TITLE },
  WH215: { below: TITLE },
  WH219: {
    plan: edit(
      PAYMENT,
      '  - type: checkout.started\n',
      '  - type: checkout.started\n    data:\n      state: { kind: code, codes: [CA, CO, NY, OR, TX] }\n',
    ),
  },
  WH414: {
    bad: edit(
      edit(TELEHEALTH, 'equalsStart: state', 'equalsStart: paidAt'),
      '  - type: payment.succeeded\n    data:\n',
      '  - type: payment.succeeded\n    data:\n      paidAt: { kind: timestamp }\n',
    ),
    good: TELEHEALTH,
  },
  WH348: { bad: edit(TELEHEALTH, PAYMENT_TAILS, ''), good: TELEHEALTH },
  WH422: {
    bad: edit(
      TELEHEALTH,
      '  - id: history-to-shown\n',
      '  - id: login-seen\n    phase: portal-and-refills\n    start: portal.loginRequested\n    end: portal.loggedIn\n' +
        '    within: 20m\n    severity: access\n    queue: support-unanswered\n  - id: history-to-shown\n',
    ),
    good: TELEHEALTH,
  },
  WH501: { bad: stringify({ ...telehealth, phases: [...telehealth.phases].reverse() }), good: TELEHEALTH },
  WH505: {
    bad: edit(
      PAYMENT,
      '- id: payment-to-provider-routing\n    phase: payment\n    start: payment.succeeded',
      '- id: routed\n    phase: payment\n    start: checkout.started',
    ),
    good: PAYMENT,
  },
  WH511: { at: COHORTS },
  WH512: { at: COHORTS },
  WH513: { at: COHORTS },
  WH514: { at: COHORTS },
  WH515: { plan: TELEHEALTH },
  WH523: { at: between('- { share: 10%', '\n      - { share: 50%') },
  WH407: { at: 'queue: next-step-not-sent' },
  WH530: { at: 'unit: episode' },
  WH531: { below: 'soak: 14d' },
  WH532: { below: 'soak: 14d' },
  WH533: { below: 'soak: 14d' },
  WH534: { below: 'soak: 14d' },
  WH540: { at: between('inFlight:', '\n    irreversible:') },
  WH541: { at: MILESTONES },
  WH542: { at: '- { id: paid, reachedBy: payment.succeeded, policy: bringBack }' },
  WH550: { at: COHORTS },
  WH551: {
    bad: edit(
      TELEHEALTH,
      'their wave has come.\n      - id: controlled-by-hand\n        when: { program: [hormone] }',
      'their wave has come.\n      - id: controlled-by-hand\n        when: { program: [weight] }',
    ),
    good: TELEHEALTH,
  },
  WH552: { plan: TELEHEALTH },
  WH555: { at: 'ramp:\n      - { share: 10%, watch: 24h }' },
  WH558: { below: 'soak: 14d' },
  WH563: { bad: edit(TELEHEALTH, ARMED, ''), good: TELEHEALTH },
  WH564: {
    bad: edit(TELEHEALTH, BACK_TO_PORTAL, `    pause: { arrivals: keep }\n${BACK_TO_PORTAL}`),
    good: TELEHEALTH,
  },
  WH601: { plan: TELEHEALTH },
  WH605: { plan: BY_REPORT },
  WH606: { plan: BY_COUNTERS },
  WH607: { below: 'rule: { kind: comparison, margin: 10%, minimumOutcomes: 30 }' },
  WH608: { plan: BY_COUNTERS },
  WH609: { plan: BY_QUERY },
  WH615: { plan: BY_SYNTHETIC },
  WH616: { plan: BY_SYNTHETIC },
  WH617: { plan: BY_SYNTHETIC },
  WH618: { plan: BY_SYNTHETIC },
  WH619: { plan: BY_SYNTHETIC },
  WH620: { at: 'hold:\n      insufficient: 24h' },
  WH638: { bad: edit(TELEHEALTH, COMPLETION, ''), good: TELEHEALTH },
  WH640: {
    bad: edit(
      TELEHEALTH,
      '    page: clinical-leadership\n    agreedBy: [release-management, patient-messaging]\n',
      '    agreedBy: [release-management, patient-messaging]\n',
    ),
    good: TELEHEALTH,
  },
  WH645: { below: 'unit: episode' },
  WH646: { below: 'soak: 14d' },
  WH647: { at: FLOOR_RULE },
  WH650: { below: 'soak: 14d' },
  WH652: { at: COMPARED_RULE },
  WH653: { at: FLOOR_RULE },
  WH654: { plan: ON_EVIDENCE, at: FIRST_STEP },
  WH655: { at: FIRST_STEP },
  WH656: { at: FLOOR_RULE },
  WH657: { bad: countingBy(LINT_CATALOGUE.WH657.bad), good: countingBy(LINT_CATALOGUE.WH657.good) },
  WH658: { at: FLOOR_RULE },
  WH659: { plan: TELEHEALTH, at: 'rule: { kind: zeroTolerance, missed: 2, minimumOutcomes: 10 }' },
  WH660: { at: FLOOR_RULE },
  WH661: { at: FLOOR_RULE },
  WH662: { at: FLOOR_RULE },
  WH663: { bad: edit(BUILT_IN, STARTED_TO_SUBMITTED, ''), good: BUILT_IN },
  WH664: { plan: BY_QUERY, at: FLOOR_RULE },
  WH665: { bad: countingBy(LINT_CATALOGUE.WH665.bad), good: countingBy(LINT_CATALOGUE.WH665.good) },
  WH701: { below: QUEUE },
  WH702: { below: QUEUE },
  WH703: { at: QUEUE },
  WH704: { below: QUEUE },
  WH705: { below: QUEUE },
  WH706: { below: QUEUE },
  WH713: { at: 'soak: 14d' },
  WH901: { plan: WAIVING },
  WH902: { plan: WAIVING },
  WH903: { plan: WAIVING },
  WH904: { plan: WAIVING },
};

/** The plan of one phase, its first gate's figures from elsewhere. */
function withSource(source: string): string {
  const rule = 'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }';
  return edit(PAYMENT, rule, `${rule}\n        source:\n${source.replace(/^/gm, '          ')}`);
}

/** Plans with the catalogue's two examples of a code in place. */
export function examplePlans(code: LintCode): { bad: string; good: string } {
  const { bad, good } = LINT_CATALOGUE[code];
  const place = PLACES[code] ?? {};
  if ('bad' in place) return place;
  const {
    plan = columnOf(PAYMENT, good) === undefined && columnOf(TELEHEALTH, good) !== undefined ? TELEHEALTH : PAYMENT,
  } = place;
  if ('below' in place) {
    const below = (example: string): string => put(plan, place.below, `${dedent(plan, place.below)}\n${example}`);
    return { bad: below(bad), good: below(good) };
  }
  const at = place.at ?? indent(good, columnOf(plan, good) ?? 0);
  return { bad: put(plan, at, bad), good: put(plan, at, good) };
}

/** Puts an example where a text is, as deep as that stands. */
function put(plan: string, at: string, example: string): string {
  const start = plan.indexOf(at);
  const column = start - (plan.lastIndexOf('\n', start) + 1);
  return edit(plan, at, indent(example, column));
}

/** How deep an example stands in a plan: where its first line is, followed by the others as deep. */
function columnOf(plan: string, example: string): number | undefined {
  const [first = ''] = example.split('\n');
  for (let start = plan.indexOf(first); start >= 0; start = plan.indexOf(first, start + 1)) {
    const column = start - (plan.lastIndexOf('\n', start) + 1);
    if (plan.startsWith(indent(example, column), start)) return column;
  }
  return undefined;
}

function indent(text: string, column: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(column)}`);
}

function dedent(plan: string, at: string): string {
  const start = plan.indexOf(at);
  return at.replaceAll(`\n${' '.repeat(start - (plan.lastIndexOf('\n', start) + 1))}`, '\n');
}

function between(start: string, to: string): string {
  return from(PAYMENT, start, to);
}

function from(plan: string, start: string, to: string): string {
  const at = plan.indexOf(start);
  return plan.slice(at, plan.indexOf(to, at));
}

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, at) => {
    const values = Array<string>(10).fill(at === 0 ? 'x' : `*a${at - 1}`);
    return `a${at}: &a${at} [${values.join(', ')}]`;
  });
  return `${levels.join('\n')}\n`;
}
