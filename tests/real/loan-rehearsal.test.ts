import type { RehearsalReport } from '../../cli/rehearse/rehearsal-report';
import { eventLog } from './real-data';
import { rehearsal } from './run-handoff';

describe('14 days of a real application log, through the running system', () => {
  let report: RehearsalReport;
  beforeAll(async () => {
    report = await rehearsal('--events', eventLog('loan-applications-2012.csv.gz'));
  });

  it('holds each of its own checks', () => {
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks.length).toBeGreaterThanOrEqual(10);
    expect(report.ok).toBe(true);
  });

  it('plays at least 14 days with 1,000 cases, 100 of them on target', () => {
    expect(report.log?.days).toBeGreaterThan(13.9);
    expect(report.log?.cases).toBeGreaterThanOrEqual(1_000);
    expect(report.sides.told.target).toBeGreaterThanOrEqual(100);
    expect(report.sides.told.target + report.sides.told.legacy).toBe(report.log?.cases);
    expect(report.sides.placed).toEqual(report.sides.told);
  });

  it('is rolled back by the gate on the handoff that was broken, within seconds', () => {
    expect(report.rollback?.by).toMatch(/^gate:work-list-/);
    expect(report.rollback?.took).toBeLessThan(5_000);
  });

  it('loses no event and makes none up', () => {
    const { sent, stored, matched, unlistened, pending, refused, lost } = report.events;
    expect(sent.legacy + sent.target).toBe(stored);
    expect(matched + unlistened).toBe(stored);
    expect({ pending, refused }).toEqual({ pending: 0, refused: 0 });
    expect(stored + lost).toBe(report.log?.events);
  });

  it('says what each of at least four handoffs came to, by side', () => {
    const ended = report.handoffs.filter(({ bySide }) => bySide.legacy.kept > 0 && bySide.target.kept > 0);
    expect(ended.length).toBeGreaterThanOrEqual(4);
    const broken = report.handoffs.find(({ handoff }) => handoff === 'preaccepted-to-work-list');
    expect(broken?.bySide.legacy.missed).toBe(0);
    expect(broken?.bySide.target.missed).toBe(report.exceptions.ofFault);
    expect(report.exceptions.ofFault).toBeGreaterThan(0);
  });
});
