import type { RehearsalReport } from '../../cli/rehearse/rehearsal-report';
import { examplePlan, rehearsal } from './run-handoff';

describe('the demo: a whole migration in five phases', () => {
  let report: RehearsalReport;
  beforeAll(async () => {
    report = await rehearsal('--plan', examplePlan('telehealth.yaml'));
  });

  it('holds each of its own checks, on the plan that it was cut from', () => {
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks.length).toBeGreaterThanOrEqual(20);
    expect(report.ok).toBe(true);
    expect(report.planHash).not.toBe(report.writtenHash);
    expect(report.cuts.length).toBeGreaterThan(20);
  });

  it('commits five phases one after the other, with all that was to happen on the way', () => {
    const told = report.timeline.map(({ text }) => text);
    const inOrder = [
      /^front-door .*: committed$/,
      /^nobody decides on intake .*goNoGo/,
      /^a page: nobody has decided on intake/,
      /^release-manager-2 and clinical-lead-1 said yes \(goNoGo\) intake/,
      /^intake .*: committed$/,
      /^payment .*: watching .*\(25%\)/,
      /^broken: lost: review.assigned on the way from target to legacy/,
      // The phase goes back as a whole, whichever of its limits is crossed besides.
      /^payment .*: rolledBack: routing-floor/,
      /^repaired$/,
      /exceptions open, each with an owner$/,
      /said yes \(goOn\) payment/,
      /^payment .*: committed$/,
      /^provider-routing .*: committed$/,
      /^engineer-1 rolls back portal-and-refills returning with `temporal workflow signal`$/,
      /takes returning out of portal-and-refills/,
      /^portal-and-refills .*: committed$/,
    ];
    let from = 0;
    for (const wanted of inOrder) {
      const found = told.findIndex((text, index) => index >= from && wanted.test(text));
      expect([String(wanted), found]).not.toEqual([String(wanted), -1]);
      from = found;
    }
  });

  it('says who is where, by phase and cohort', () => {
    const moved = report.cohorts.filter(({ status }) => status === 'committed');
    expect(new Set(moved.map(({ phase }) => phase)).size).toBe(5);
    expect(moved.filter(({ target }) => target === 0)).toEqual([]);
    const out = report.cohorts.find(({ phase, cohort }) => phase === 'portal-and-refills' && cohort === 'returning');
    expect(out?.status).toBe('takenOut');
    const leftOnLegacy = report.cohorts.filter(
      ({ cohort }) => cohort === 'existing' || cohort === 'controlled-by-hand',
    );
    expect(leftOnLegacy.filter(({ target }) => target > 0)).toEqual([]);
  });

  it('counts handoffs by lane, bridges among them, and cases by queue', () => {
    const lanes = new Set(report.handoffs.flatMap(({ byLane }) => byLane.map(({ lane }) => lane)));
    for (const lane of ['legacy→legacy', 'target→target', 'target→legacy']) expect(lanes).toContain(lane);
    const broken = report.handoffs.find(({ handoff }) => handoff === 'payment-to-provider-routing');
    const missed = (broken?.byLane ?? []).filter(({ missed: count }) => count > 0);
    expect(missed.map(({ lane, missed: count }) => [lane, count])).toEqual([['target→legacy', report.exceptions.lost]]);
    const queue = report.exceptions.byQueue.find(({ queue: id }) => id === 'payment-not-routed');
    expect((queue?.open ?? 0) + (queue?.resolved ?? 0)).toBe(report.exceptions.lost);
    expect(report.exceptions.lost).toBeGreaterThan(0);
    expect(report.exceptions.resolved).toBeGreaterThan(0);
  });

  it('says what people would have had to do when, in months of the plan', () => {
    const goes = report.duties.filter(({ what }) => what.startsWith('approve the go of '));
    expect(new Set(goes.map(({ what }) => what.split(' (')[0])).size).toBe(5);
    expect(report.duties.at(0)?.when).toBe('day 1, 08:30');
    const days = report.duties.map(({ when }) => Number(/^day (\d+),/.exec(when)?.[1]));
    expect(days).toEqual([...days].sort((one, other) => one - other));
    expect(days.at(-1)).toBeGreaterThan(200);
    expect(report.duties.some(({ what }) => what.startsWith('answer a page: '))).toBe(true);
    expect(report.duties.some(({ what }) => /cases? in payment-not-routed, each within 30m/.test(what))).toBe(true);
  });
});
