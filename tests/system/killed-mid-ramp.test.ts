import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askAgain } from '../../bench/load/ask-again';
import type { CohortStanding, MigrationStatus } from '../../domain/status/migration-status';
import type { ClientFile } from '../../supervisor/credentials';
import { runningProcess } from '../../platform/process-identity';
import { ensureBuilt, SupervisorProcess } from '../setup/built-system';
import { until } from '../setup/until';

const BOOT_MS = 240_000;
const LEASE_MS = 15_000;
const STEP_SHARE = 20_000;

/** The example with a short lease, and a first step high enough that some of a hundred patients are on target. */
const PLAN = readFileSync(join(__dirname, '..', '..', 'examples', 'payment.yaml'), 'utf8')
  .replace('{ share: 10%, watch: 45m }', '{ share: 20%, watch: 45m }')
  .replace('    soak: 90m\n', `    lease: ${LEASE_MS / 1000}s\n    soak: 90m\n`);

describe('the whole system is killed in the middle of a ramp', () => {
  let home: string;
  let supervisor: SupervisorProcess;

  beforeAll(() => {
    ensureBuilt();
  }, 300_000);

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'handoff-ramp-'));
  });

  afterEach(async () => {
    await supervisor.cleanUp();
    rmSync(home, { recursive: true, force: true });
  }, BOOT_MS);

  function start(): Promise<SupervisorProcess> {
    supervisor = SupervisorProcess.start(home, { SANDBOX_DEMO: 'off' });
    return supervisor.ready();
  }

  async function call<Answer>(actor: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
    const { url, tokens } = JSON.parse(readFileSync(join(home, 'client.json'), 'utf8')) as ClientFile;
    const headers = { authorization: `Bearer ${tokens[actor] ?? ''}`, 'content-type': type };
    const question =
      body === undefined
        ? { headers }
        : {
            method: 'POST',
            headers: { ...headers, 'idempotency-key': randomUUID() },
            body: JSON.stringify(body),
          };
    const response = await askAgain(() => fetch(`${url}${path}`, question));
    const answer = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${answer}`);
    return JSON.parse(answer) as Answer;
  }

  async function status(): Promise<MigrationStatus> {
    return call('engineer-1', '/v1/migrations/ramp');
  }

  async function cohort(): Promise<CohortStanding> {
    const standing = (await status()).phases[0]?.cohorts[0];
    if (standing === undefined) throw new Error('The migration has no cohort.');
    return standing;
  }

  async function reaches(wanted: string): Promise<void> {
    await until(`the cohort is ${wanted}`, async () => (await cohort()).run?.status === wanted, 60_000);
  }

  async function sidesOf(units: readonly string[]): Promise<string[]> {
    return Promise.all(
      units.map(async (unit) => {
        const context = { targetingKey: unit };
        return (await call<{ value: string }>('sandbox-stacks', '/ofrep/v1/evaluate/flags/ramp.payment', { context }))
          .value;
      }),
    );
  }

  function units(count: number): string[] {
    return Array.from({ length: count }, () => `sub_${randomUUID()}`);
  }

  function payments(count: number): object[] {
    return Array.from({ length: count }, () => ({
      specversion: '1.0',
      id: randomUUID(),
      source: '/legacy/billing',
      type: 'payment.succeeded',
      time: new Date().toISOString(),
      subject: `pat_${randomUUID()}`,
      journey: `ep_${randomUUID()}`,
      subscription: `sub_${randomUUID()}`,
      migration: 'ramp',
      data: { program: 'weight', state: 'CA' },
    }));
  }

  async function send(events: readonly object[]): Promise<{ stored: number; duplicates: number }> {
    return call('sandbox-stacks', '/v1/events', events, 'application/cloudevents-batch+json');
  }

  async function audited(action: string): Promise<number> {
    const { entries } = await call<{ entries: { action: string }[] }>(
      'engineer-1',
      '/v1/migrations/ramp/audit?limit=500',
    );
    return entries.filter((entry) => entry.action === action).length;
  }

  it(
    'I4 I10 I11 arrivals fall to legacy within the lease; started again, nothing is lost and the same approval raises the split anew',
    async () => {
      await start();
      await call('release-manager-1', '/v1/migrations', { plan: PLAN, id: 'ramp' });
      await reaches('awaitingGoNoGo');
      for (const actor of ['release-manager-2', 'clinical-lead-1']) {
        await call(actor, '/v1/migrations/ramp/phases/payment/approve', {});
      }
      await reaches('watching');
      const before = await cohort();
      expect(before.split?.share).toBe(STEP_SHARE);
      const early = units(100);
      const sides = await sidesOf(early);
      expect(new Set(sides)).toEqual(new Set(['legacy', 'target']));
      const events = payments(50);
      expect(await send(events)).toMatchObject({ stored: 50, duplicates: 0 });

      // Whatever could renew the lease or lower the split is gone; who answers patients lives on.
      supervisor.killTree(['postgres', 'api']);
      const killedAt = Date.now();
      const leaseUntil = (await cohort()).split?.leaseUntil ?? '';
      expect(Date.parse(leaseUntil)).toBeLessThanOrEqual(killedAt + LEASE_MS);
      await until('its lease is over', async () => (await cohort()).split?.lapsed === true, 60_000);
      const late = units(40);
      expect(new Set(await sidesOf(late))).toEqual(new Set(['legacy']));
      expect(await sidesOf(early)).toEqual(sides);
      const lateEvents = payments(10);
      expect(await send(lateEvents)).toMatchObject({ stored: 10, duplicates: 0 });

      const rest = Object.values(supervisor.processes).filter((pid) => runningProcess(pid) !== undefined);
      expect(rest).toHaveLength(2);
      for (const pid of rest) process.kill(pid, 'SIGKILL');

      await start();
      await until('the split is up again', async () => (await cohort()).split?.share === STEP_SHARE, 60_000);
      await reaches('watching');
      const after = await cohort();
      expect(after.split?.epoch).toBeGreaterThan(before.split?.epoch ?? 0);
      expect(after.split?.lapsed).toBe(false);
      expect(after.run?.step).toBe(before.run?.step);
      expect([await audited('split.lapsed'), await audited('split.restored')]).toEqual([1, 1]);
      expect(await audited('goNoGo.approval')).toBe(2);
      expect(await sidesOf([...early, ...late])).toEqual([...sides, ...late.map(() => 'legacy')]);
      expect(await send([...events, ...lateEvents])).toMatchObject({ stored: 0, duplicates: 60 });
      expect((await status()).events.stored).toBe(60);
    },
    3 * BOOT_MS,
  );
});
