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

  it('is a giant one where nobody says how many arrive of another cohort of the ramp', () => {
    const steps: [string, string] = [STEPS, '      - { perDay: 60, watch: 24h }\n'];
    const one: [string, string] = ['[CO, OR] }\n', '[CO, OR] }\n        volume: 70\n'];
    expect(found('WH554', steps, one)).toEqual(['phases[0].ramp[1].share']);
    expect(found('WH554', steps, one, [UNIT, `${UNIT}    volume: 140\n`])).toEqual([]);
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

  it('is found once a ramp, with the number that is few for every cohort of it', () => {
    const many: [string, string] = [STEPS, '      - { perDay: 60, watch: 24h }\n      - { share: 50%, watch: 24h }\n'];
    const text = [
      many,
      [UNIT, `${UNIT}    volume: 100\n`] as const,
      ['[CO, OR] }\n', '[CO, OR] }\n        volume: 70\n'] as const,
    ].reduce((plan, [from, to]) => edit(plan, from, to), PAYMENT);
    const few = findingsOf(text).filter(({ code }) => code === 'WH555');
    expect(few.map(({ path }) => path)).toEqual(['phases[0].ramp[0].perDay']);
    expect(few[0]?.message).toMatch(/^Of 30 who arrive .* Write 15 at most/);
  });
});

describe('R43 waves by the days that are open', () => {
  const waves = (cap: number, days: string, from = '09:00', to = '15:00'): string[] =>
    found(
      'WH577',
      [
        UNIT,
        `${UNIT}    waves:\n      cap: ${cap}\n      safeWindow: { nextCharge: 5d }\n      lists:\n        - { id: all, existing: all, sizes: [50, 2950], watch: 35d }\n`,
      ],
      [
        'lateness: 60s\n',
        `lateness: 60s\nexisting:\n  - { id: all, count: 3000 }\nadvance: { calendar: moves, rollback: always }\ncalendars:\n  - id: moves\n    timeZone: America/New_York\n    open:\n      - { id: hours, days: [${days}], from: '${from}', to: '${to}' }\n`,
      ],
    );

  it('take longer where few are', () => {
    expect(waves(10, 'mon, tue, wed, thu, fri, sat, sun')).toEqual([]);
    expect(waves(10, 'tue, wed, thu')).toEqual(['phases[0].waves.cap']);
    expect(waves(20, 'tue, wed, thu')).toEqual([]);
  });

  it('go on until the morning of the day after where hours are over midnight', () => {
    expect(waves(15, 'tue, thu, sun', '20:00', '06:00')).toEqual([]);
    expect(waves(15, 'tue, thu, sun', '20:00', '00:00')).toEqual(['phases[0].waves.cap']);
    expect(waves(14, 'tue, wed, thu', '20:00', '06:00')).toEqual(['phases[0].waves.cap']);
    expect(waves(20, 'sat, sun', '20:00', '06:00')).toEqual([]);
  });
});

describe('R36 a gate that cannot decide', () => {
  it('is said of the step by the number that the plan has it at, whatever could not be read before it', () => {
    const step = (before: string): string | undefined => {
      const few = `      - { share: 50%, watch: 24h }\n${before}      - { perDay: 1, watch: 1h }\n`;
      const text = edit(edit(PAYMENT, STEPS, few), UNIT, `${UNIT}    volume: 100000\n`);
      const [blind] = findingsOf(text).filter(({ code }) => code === 'WH620');
      return blind?.message.slice(0, 9);
    };
    expect(step('')).toBe('In step 2');
    expect(step('      - 40%\n')).toBe('In step 3');
  });
});
