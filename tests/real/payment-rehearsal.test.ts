import { rehearsal } from './run-handoff';

describe('the payment phase in the sandbox, with nothing but Temporal signals', () => {
  it('is broken at 25%, rolled back, leaves exactly the dropped patients as exceptions, and is committed in the end', async () => {
    const report = await rehearsal('--by-signal');
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.bySignal).toBe(true);
    const told = report.timeline.map(({ text }) => text);
    const inOrder = [
      '(goNoGo)',
      '(25%)',
      'broken:',
      'rolledBack',
      'repaired',
      'exceptions open',
      '(goOn)',
      'soaking',
      'committed',
    ];
    let from = 0;
    for (const wanted of inOrder) {
      const found = told.findIndex((text, index) => index >= from && text.includes(wanted));
      expect([wanted, found]).not.toEqual([wanted, -1]);
      from = found;
    }
    expect(report.exceptions.open).toBe(report.exceptions.lost);
    expect(report.exceptions.lost).toBeGreaterThan(0);
    expect(report.events.stored).toBe(report.events.sent.legacy + report.events.sent.target);
  });
});
