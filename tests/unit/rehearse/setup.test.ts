import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliFailure } from '../../../cli/cli-failure';
import { EXIT } from '../../../cli/exit-codes';
import { withApprovalsBySignal } from '../../../cli/rehearse/approvals-by-signal';
import { plantedFault, readFaultOption } from '../../../cli/rehearse/planted-fault';
import { setUpRehearsal, type RehearsalRequest } from '../../../cli/rehearse/rehearsal-setup';
import { loadPlan } from '../../../domain/plan/load-plan';
import { DEFAULT_LOG_COLUMNS } from '../../../sandbox/recorded/event-log';

const EXAMPLES = join(__dirname, '..', '..', '..', 'examples');
const asked: Omit<RehearsalRequest, 'planText'> = { fault: 'drop', bySignal: false, seed: '1' };

let payment: string;
let loans: string;
let folder: string;
beforeAll(async () => {
  payment = await readFile(join(EXAMPLES, 'payment.yaml'), 'utf8');
  loans = await readFile(join(EXAMPLES, 'loan-funnel.yaml'), 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'rehearsal-setup-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function refused(request: RehearsalRequest): Promise<CliFailure> {
  const error: unknown = await setUpRehearsal(request).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof CliFailure)) throw new Error('The rehearsal was not refused.');
  return error;
}

async function log(...rows: string[]): Promise<NonNullable<RehearsalRequest['log']>> {
  const path = join(folder, 'log.csv');
  await writeFile(path, ['case_id,activity,lifecycle,timestamp', ...rows, ''].join('\n'));
  return { path, columns: DEFAULT_LOG_COLUMNS, days: 14 };
}

describe('examples', () => {
  it.each(['payment.yaml', 'loan-funnel.yaml'])(
    '%s has nothing that the lint would say a word about, but for types of a log that it does not use',
    async (name) => {
      const { warnings } = loadPlan(await readFile(join(EXAMPLES, name), 'utf8'));
      // A recorded log has more types than its plan needs; those that are not declared would be refused.
      expect(warnings.filter(({ code }) => code !== 'WH404' || name !== 'loan-funnel.yaml')).toEqual([]);
    },
  );
});

describe('what a rehearsal is asked for', () => {
  it('is settled before anything starts: who comes, how fast, what breaks', async () => {
    const setup = await setUpRehearsal({ ...asked, planText: payment });
    expect(setup.migration).toMatch(/^rehearsal-[0-9a-f]{8}$/);
    expect(setup.run).toMatchObject({ kind: 'payment', phase: 'payment', prefixes: { subscription: 'sub' } });
    expect(setup.scenes).toMatchObject([
      { kind: 'break', at: { phase: 'payment', step: 2 }, handoff: 'payment-to-provider-routing', how: 'drop' },
    ]);
    // One phase, whose watches are minutes: nothing is cut.
    expect(setup.planHash).toBe(loadPlan(payment).hash);
    expect(setup.cuts).toEqual([]);
    // Two seconds of the wall clock at least, for an event to arrive.
    expect(setup.lateness).toBeGreaterThanOrEqual(2_000);
  });

  it('plays a log within some six minutes, each side with its own source', async () => {
    const found = await log(
      '1,A_SUBMITTED,COMPLETE,2011-10-01T00:00:00Z',
      '1,A_DECLINED,COMPLETE,2011-10-30T00:00:00Z',
    );
    const setup = await setUpRehearsal({ ...asked, planText: loans, log: found });
    expect(setup.timeScale).toBe(3_360);
    expect(setup.survey).toMatchObject({ cases: 1, events: 1, wentOn: true });
    expect(setup.run).toMatchObject({ sources: { legacy: '/legacy/funnel', target: '/target/funnel' }, days: 14 });
  });

  it('is refused where compressed time would make every event late, with the scale that would not', async () => {
    const failure = await refused({ ...asked, planText: payment, timeScale: 9_000 });
    expect(failure.code).toBe('time-scale-too-fast');
    const advised = Number(/--time-scale (\d+)/.exec(failure.message)?.[1]);
    expect((await setUpRehearsal({ ...asked, planText: payment, timeScale: advised })).timeScale).toBe(advised);
  });

  it('is refused where the plan does not declare what the log holds, each type named', async () => {
    const found = await log('1,A_SUBMITTED,COMPLETE,2011-10-01T00:00:00Z', '1,B_NEW,COMPLETE,2011-10-01T00:00:01Z');
    const failure = await refused({ ...asked, planText: loans, log: found });
    expect([failure.code, failure.problems]).toEqual(['events-not-declared', ['B_NEW.COMPLETE']]);
  });

  it('is refused where the sandbox cannot play the plan, or a log its phase', async () => {
    expect((await refused({ ...asked, planText: loans })).code).toBe('not-the-sandbox-plan');
    const found = await log('1,payment.succeeded,,2011-10-01T00:00:00Z');
    const request = {
      ...asked,
      planText: payment,
      log: { ...found, columns: { ...DEFAULT_LOG_COLUMNS, type: '{activity}' } },
    };
    expect((await refused(request)).code).toBe('unit-not-episode');
  });

  it.each([
    ['explode', 'bad-fault'],
    ['drop:nowhere', 'bad-fault'],
    ['drop:offer-created-to-sent', 'fault-without-gate'],
  ])('is refused with the fault %s', (fault, code) => {
    const { plan } = loadPlan(loans);
    expect(() => readFaultOption(fault, plan, 'application')).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('can break nothing, or make a handoff late by more than a gate forgives', () => {
    const { plan } = loadPlan(payment);
    expect(readFaultOption('none', plan, 'payment')).toBeUndefined();
    const wanted = readFaultOption('slow:payment-to-next-step-message', plan, 'payment');
    expect(wanted && plantedFault(wanted, plan, 'm').fault).toMatchObject({
      kind: 'slow',
      by: '36m',
      eventTypes: ['message.delivered'],
    });
  });
});

describe('the same plan for approvals by signal', () => {
  it('differs in who may decide and in nothing else', () => {
    const [before, after] = [loadPlan(payment).plan, loadPlan(withApprovalsBySignal(payment)).plan];
    const [phase] = after.phases;
    expect(phase?.approvals.bySignal).toBe(true);
    for (const each of after.phases) {
      const rules = [
        each.approvals.goNoGo,
        each.approvals.goOn,
        each.approvals.commit,
        ...each.ramp.map((step) => step.approval),
      ];
      expect(rules.some((rule) => rule?.fourEyes)).toBe(false);
      expect(each.approvals.goNoGo.count).toBe(2);
    }
    const others = (plan: typeof after): unknown => ({
      ...plan,
      phases: plan.phases.map((each) => ({
        ...each,
        approvals: null,
        ramp: each.ramp.map(({ share, watch }) => ({ share, watch })),
      })),
    });
    expect(others(after)).toEqual(others(before));
  });
});

describe('the same plan of the whole journey for approvals by signal', () => {
  it('has no four eyes anywhere, the ramps of single cohorts included', async () => {
    const text = (await readFile(join(EXAMPLES, 'telehealth.yaml'), 'utf8')).replaceAll(
      'approval: { roles: [release-manager, clinical-lead] }',
      'approval: { roles: [release-manager, clinical-lead], fourEyes: true }',
    );
    const eyes = (planText: string): number =>
      loadPlan(planText)
        .plan.phases.flatMap(({ ramp, cohorts }) => [ramp, ...cohorts.map((cohort) => cohort.ramp ?? [])])
        .flat()
        .filter(({ approval }) => approval?.fourEyes === true).length;
    expect(eyes(text)).toBeGreaterThan(2);
    expect(eyes(withApprovalsBySignal(text))).toBe(0);
  });
});

describe('the people of a rehearsal', () => {
  const telehealth = (): Promise<string> => readFile(join(EXAMPLES, 'telehealth.yaml'), 'utf8');

  it.each<[string, string, string, string]>([
    [
      'a role that nobody has',
      '      goOn: { roles: [clinical-lead], fourEyes: true }',
      '      goOn: { roles: [support-lead], fourEyes: true }',
      'phases[3].approvals.goOn: takes 1 of support-lead, whoever starts the migration not counted; there are 0.',
    ],
    [
      'more people than there are',
      'goOn: { roles: [release-manager, engineer] }',
      'goOn: { count: 4, roles: [release-manager, engineer] }',
      'phases[0].approvals.goOn: takes 4 of release-manager, engineer; there are 3.',
    ],
    [
      'as many as there are, one of whom starts it',
      'commit: { count: 2, roles: [release-manager, engineer, support-lead], fourEyes: true }',
      'commit: { count: 3, roles: [release-manager, engineer, support-lead], fourEyes: true }',
      'phases[0].approvals.commit: takes 3 of release-manager, engineer, support-lead, whoever starts the migration not counted; there are 2.',
    ],
    [
      'somebody for a step of one cohort',
      '{ perDay: 25, maxOpen: 125, watch: 5d, approval: { roles: [clinical-lead] } }',
      '{ perDay: 25, maxOpen: 125, watch: 5d, approval: { roles: [support-lead] } }',
      'phases[3].cohorts[2].ramp[1].approval: takes 1 of support-lead; there are 0.',
    ],
    [
      'somebody for a step',
      '{ share: 50%, watch: 4d, approval: { roles: [release-manager, support-lead] } }',
      '{ share: 50%, watch: 4d, approval: { roles: [support-lead] } }',
      'phases[0].ramp[2].approval: takes 1 of support-lead; there are 0.',
    ],
  ])('are counted before anything starts: %s', async (_what, from, to, problem) => {
    const text = await telehealth();
    expect(text).toContain(from);
    const failure = await refused({ ...asked, planText: text.replace(from, to) });
    expect([failure.code, failure.exitCode, failure.problems]).toEqual(['too-few-people', EXIT.refused, [problem]]);
  });

  it('work on the cases too', async () => {
    const script = await readFile(join(EXAMPLES, 'telehealth-rehearsal.yaml'), 'utf8');
    const text = script.replace('record-mismatch: engineer', 'record-mismatch: support-lead');
    const failure = await refused({ ...asked, planText: await telehealth(), script: { text, file: 'script' } });
    expect(failure.problems).toEqual(['cases.by.record-mismatch: nobody is a support-lead.']);
  });
});
