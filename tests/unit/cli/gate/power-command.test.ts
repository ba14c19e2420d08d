import { EXIT } from '../../../../cli/exit-codes';
import type { PowerResult } from '../../../../cli/gate/power-screen';
import { edit, PAYMENT } from '../../plan/plan-texts';
import { runGate, type Ran } from './run-gate';

const powerOf = async (args: readonly string[], plan = PAYMENT): Promise<Ran> =>
  runGate(['power', '--plan', '{plan.yaml}', ...args], { 'plan.yaml': plan });

describe('handoff gate power', () => {
  it('shows a table for each gate of the plan, after what it takes for granted', async () => {
    const { code, stdout } = await powerOf(['--volume', '150']);
    expect(code).toBe(EXIT.ok);
    const [assumed = '', ...rest] = stdout.split('\n');
    expect(assumed).toMatch(/^Assumed: .*the floor that the plan has.*alpha 0\.05; .*fixed seed\.$/);
    const screen = rest.join('\n');
    expect(screen).toContain('payment / routing-floor: at least 90% kept, base 90%');
    expect(screen).toContain('payment / routing-against-legacy: not more than 10 points below legacy, base 90%');
    expect(screen).toContain('payment / messages-floor: at least 85% kept, base 85%');
    expect(screen).toMatch(/pilot-states, everyone-else +1 +10% +150 +allowed .* 1d: -10, -20/);
    expect(screen).toMatch(/pilot-states, everyone-else +4 +100% +150 +allowed +no test .* 2d: -10, -20, -50, outage/);
  });

  it('gives the same as JSON, of one gate, one fall and one share', async () => {
    const args = [
      '--gate',
      'routing-against-legacy',
      '--base',
      '60%',
      '--share',
      '25%',
      '--drop',
      '30',
      '--volume',
      '150',
    ];
    const { stdout } = await powerOf([...args, '--json']);
    const { alpha, assumed, gates } = JSON.parse(stdout) as PowerResult;
    expect([alpha, assumed.includes('keep --base')]).toEqual([0.05, true]);
    expect(gates).toMatchObject([
      { gate: 'routing-against-legacy', base: 0.6, steps: [{ step: null, share: 0.25, volume: 150 }] },
    ]);
    expect(gates[0]?.steps[0]?.falls.map(({ drop }) => drop)).toEqual([0.3, null]);
    // 25% is a step of the ramp that is watched for a day.
    expect(gates[0]?.steps[0]?.watch).toBe(86_400_000);
    const proportions = args.map((arg) => ({ '60%': '0.6', '25%': '.25', '30': '30%' })[arg] ?? arg);
    expect((await powerOf([...proportions, '--json'])).stdout).toBe(stdout);
  });

  it('says how often a cutover that is healthy throughout is rolled back somewhere', async () => {
    const args = ['--share', '50%', '--drop', '50'];
    expect((await powerOf(args)).stdout).toContain(
      "in one of 2 first attempts: at most 10% of cutovers, by what the plan allows; for at most 5% over the whole cutover write 'falseRollbacks: 2.5%' in each phase.",
    );
    const careful = edit(PAYMENT, '    gates:\n', '    falseRollbacks: 2.5%\n    gates:\n');
    expect((await powerOf(args, careful)).stdout).toContain('at most 5% of cutovers');
    expect((await powerOf(['--gate', 'routing-floor', ...args])).stdout).not.toContain('first attempts');
  });

  it('says of a base below the floor that it is no healthy one', async () => {
    const below = 'base 60%, which is below it: even what keeps the base is rolled back in the end';
    const args = ['--gate', 'routing-floor', '--share', '50%', '--drop', '50'];
    expect((await powerOf([...args, '--base', '60%'])).stdout).toContain(below);
    expect((await powerOf([...args, '--base', '99%'])).stdout).not.toContain('below it');
  });

  it('says what alpha a gate has live, where that is another', async () => {
    const args = ['--gate', 'routing-floor', '--share', '50%', '--drop', '50'];
    expect((await powerOf(args)).stdout).toContain(
      "Live its part of its phase's false rollbacks is 0.0167: it sees later than this. Ask with --alpha 0.0167.",
    );
    expect((await powerOf([...args, '--alpha', '0.001'])).stdout).toContain('it sees sooner than this');
    expect((await powerOf([...args, '--alpha', '0.0167'])).stdout).not.toContain('Live its part');
  });

  it('says what it does not know without a volume', async () => {
    const { stdout } = await powerOf(['--gate', 'routing-floor']);
    expect(stdout).toMatch(/1d: volume not known/);
    expect((await powerOf(['--gate', 'routing-floor', '--share', '33%'])).stdout).toMatch(/watch not known/);
  });

  it('says of a capacity what it compares, and asks for no base of it', async () => {
    const shift = "{ id: day, days: [mon, tue, wed, thu, fri, sat, sun], from: '08:00', to: '20:00', capacity: 40 }";
    const load = edit(
      edit(
        PAYMENT,
        '  - id: care-coordination\n',
        `  - id: care-coordination\n    reach: { rota: the phone, timeZone: UTC, shifts: [${shift}] }\n`,
      ),
      'rule: { kind: floor, atLeast: 85%, minimumOutcomes: 20 }',
      'rule: { kind: capacity, team: care-coordination, load: 85%, during: 30m }',
    );
    const { code, stdout } = await powerOf(['--gate', 'messages-floor'], load);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toMatch(
      /^payment \/ messages-floor: left out, a capacity is no statistic: it compares how many of \S+ are open/,
    );
    expect(stdout).toContain("85% of what care-coordination's people on duty can work on");
    expect(stdout).toContain('exceeded for 30m');
    expect(stdout).not.toContain('Assumed');
    const { gates, leftOut } = JSON.parse((await powerOf(['--json'], load)).stdout) as PowerResult;
    expect([gates.length, leftOut.map(({ gate }) => gate)]).toEqual([2, ['messages-floor']]);
  });

  it('tells a gate of synthetic patients by its runs, not by arrivals', async () => {
    const synthetic = edit(
      PAYMENT,
      'rule: { kind: floor, atLeast: 85%, minimumOutcomes: 20 }',
      `rule: { kind: zeroTolerance, missed: 1, minimumOutcomes: 20 }
        source: { kind: synthetic, connection: journey, every: 5m, timeout: 10s, steps: [{ get: '/v1/reviews/$key', status: 200 }] }`,
    );
    const { stdout, stderr } = await powerOf(['--gate', 'messages-floor', '--volume', '7'], synthetic);
    expect(stderr).toBe('');
    expect(stdout).toContain('Assumed: legacy and a healthy target keep all runs of synthetic patients;');
    expect(stdout).toContain('one run each 5m, 12 an hour, at any share');
    expect(stdout).toMatch(/RUNS A DAY/);
    expect(stdout).not.toMatch(/TO TARGET/);
    expect(stdout).toMatch(/ 1 +288 .* 2 \(2\), 0\.2h \(0\.2h\) .* 1d: nothing/);
  });

  it('refuses what is no percentage, and a bare 1 that may be either', async () => {
    for (const option of [
      ['--share', '0%'],
      ['--share', '1'],
      ['--base', '101%'],
      ['--drop', '0.2'],
      ['--volume', '0'],
      ['--alpha', '5%'],
    ]) {
      expect(await powerOf(option)).toMatchObject({ code: EXIT.usage, stdout: '' });
    }
  });

  it('asks for the base of a gate whose handoff has no floor, by name', async () => {
    const counted = edit(
      PAYMENT,
      'rule: { kind: floor, atLeast: 85%, minimumOutcomes: 20 }',
      'rule: { kind: zeroTolerance, missed: 2 }',
    );
    const ran = await powerOf([], counted);
    expect(ran).toMatchObject({ code: EXIT.refused, stdout: '' });
    expect(ran.stderr).toContain("'messages-floor' of 'payment'. Give it with --base");
    expect((await powerOf(['--base', '97%', '--gate', 'messages-floor'], counted)).stdout).toMatch(
      /2 missed at most, base 97%/,
    );
  });

  it('says what it leaves out, and why, and asks for no base of it', async () => {
    const ratio = edit(
      PAYMENT,
      'rule: { kind: floor, atLeast: 85%, minimumOutcomes: 20 }',
      'rule: { kind: ratio, event: prescription.sent, times: 1.5 }',
    );
    const why = 'how often prescription.sent comes is nothing that a plan says';
    expect((await powerOf(['--volume', '150'], ratio)).stdout).toContain(`payment / messages-floor: left out, ${why}.`);
    const { stdout } = await powerOf(['--gate', 'messages-floor', '--json'], ratio);
    expect(JSON.parse(stdout)).toMatchObject({
      gates: [],
      leftOut: [{ phase: 'payment', gate: 'messages-floor', why }],
    });
  });

  it('says of a gate on how long legacy takes that it cannot tell', async () => {
    const slower = edit(
      PAYMENT,
      'rule: { kind: floor, atLeast: 85%, minimumOutcomes: 20 }',
      'rule: { kind: slowerThanLegacy, margin: 5% }',
    );
    const why = 'how long legacy takes is nothing that a plan says';
    expect((await powerOf(['--volume', '150'], slower)).stdout).toContain(`payment / messages-floor: left out, ${why}`);
    const { stdout } = await powerOf(['--gate', 'messages-floor', '--json'], slower);
    expect(JSON.parse(stdout)).toMatchObject({
      gates: [],
      leftOut: [{ phase: 'payment', gate: 'messages-floor', why: expect.stringContaining(why) as string }],
    });
  });
});
