import { edit, findingsOf, PAYMENT } from './plan-texts';

const UNIT = '    unit: episode\n';
const STEPS = `      - { share: 10%, watch: 24h }
      - { share: 25%, watch: 24h }
      - { share: 50%, watch: 48h, approval: { count: 1, roles: [clinical-lead, release-manager] } }
`;

/** Where a code is found in the plan of one phase, with its words changed. */
function found(code: string, ...edits: [from: string, to: string][]): string[] {
  const text = edits.reduce((plan, [from, to]) => edit(plan, from, to), PAYMENT);
  return findingsOf(text).flatMap((finding) => (finding.code === code ? [finding.path] : []));
}

describe('R9 a step after a number a day', () => {
  const jump = (volume: number): string[] =>
    found('WH554', [UNIT, `${UNIT}    volume: ${volume}\n`], [STEPS, '      - { perDay: 60, watch: 24h }\n']);

  it('is no giant one where that number is most of those who arrive', () => {
    expect(jump(100)).toEqual([]);
    expect(jump(200)).toEqual(['phases[0].ramp[1].share']);
  });
});

describe('R9 a first step by number a day', () => {
  it("is held against a cohort's own volume where the ramp is the phase's", () => {
    const few: [string, string] = [STEPS, '      - { perDay: 40, watch: 24h }\n      - { share: 50%, watch: 24h }\n'];
    const volume: [string, string] = [UNIT, `${UNIT}    volume: 400\n`];
    expect(found('WH555', few, volume)).toEqual([]);
    const small: [string, string] = ['[CO, OR] }\n', '[CO, OR] }\n        volume: 50\n'];
    expect(found('WH555', few, volume, small)).toEqual(['phases[0].ramp[0].perDay']);
  });
});

describe('R43 waves by the days that are open', () => {
  const waves = (cap: number, days: string): string[] =>
    found(
      'WH577',
      [
        UNIT,
        `${UNIT}    waves:\n      cap: ${cap}\n      safeWindow: { nextCharge: 5d }\n      lists:\n        - { id: all, existing: all, sizes: [50, 2950], watch: 35d }\n`,
      ],
      [
        'lateness: 60s\n',
        `lateness: 60s\nexisting:\n  - { id: all, count: 3000 }\nadvance: { calendar: moves, rollback: always }\ncalendars:\n  - id: moves\n    timeZone: America/New_York\n    open:\n      - { id: hours, days: [${days}], from: '09:00', to: '15:00' }\n`,
      ],
    );

  it('take longer where few are', () => {
    expect(waves(10, 'mon, tue, wed, thu, fri, sat, sun')).toEqual([]);
    expect(waves(10, 'tue, wed, thu')).toEqual(['phases[0].waves.cap']);
    expect(waves(20, 'tue, wed, thu')).toEqual([]);
  });
});
