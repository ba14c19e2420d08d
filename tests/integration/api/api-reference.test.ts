import { readdirSync, readFileSync } from 'node:fs';
import { EVENT_REFUSALS } from '../../../domain/events/event-refusal';
import { join } from 'node:path';
import pino from 'pino';
import { Actors } from '../../../api/actors';
import { createApp } from '../../../api/app';
import { OFREP_ROUTES } from '../../../api/decisions/ofrep-route';
import { TemporalLink } from '../../../api/temporal-link';
import { CrosswalkSecrets } from '../../../platform/crosswalk-secrets';
import { createApiMetrics, createMetricsRegistry } from '../../../platform/metrics';
import { HookSecrets } from '../../../platform/hook-secrets';
import { systemClock } from '../../../platform/system-clock';
import { MigrationPlans } from '../../../store/migration-plans';
import { PlanThread } from '../../../api/plans/plan-thread';
import { NOWHERE, startTestApi, type TestApi } from './running-api';

const ROOT = join(__dirname, '..', '..', '..');
const reference = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
}

function routesIn(stack: readonly Layer[]): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (route === undefined) return routesIn(handle.stack ?? []);
    // `_all` is what answers 405.
    return Object.keys(route.methods)
      .filter((method) => method !== '_all')
      .map((method) => `${method.toUpperCase()} ${route.path}`);
  });
}

describe('docs/api.md', () => {
  it('names every operation, and none that there is not', async () => {
    const logger = pino({ level: 'silent' });
    const temporal = TemporalLink.lazy({
      address: NOWHERE,
      namespace: 'default',
      payloadKey: '00'.repeat(32),
      taskQueue: 'none',
    });
    const actors = await Actors.open(api.actorsFile, systemClock, logger);
    const metrics = createApiMetrics(createMetricsRegistry('api'));
    const plans = new MigrationPlans(systemClock);
    const secrets = new CrosswalkSecrets('00'.repeat(32));
    const hookSecrets = new HookSecrets(new Map(), undefined, systemClock, logger);
    const planThread = new PlanThread(logger);
    const parts = { db: api.db, temporal, actors, logger, metrics, plans, planThread, secrets, hookSecrets };
    const app = createApp({ ...parts, production: false });
    const routes = [...routesIn((app.router as unknown as { stack: Layer[] }).stack), ...OFREP_ROUTES].filter(
      (route) => !route.startsWith('OPTIONS'),
    );
    expect(routes.length).toBeGreaterThan(15);
    const named = [...reference.matchAll(/^\| `((?:GET|POST|PUT|DELETE) [^`]+)` \|/gm)].map(([, route]) => route);
    expect(named.sort()).toEqual(routes.sort());
    await temporal.close();
  });

  it('names every code that the API has of its own, or that a phase refuses with', () => {
    const sources = readdirSync(join(ROOT, 'api'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('decisions'))
      .map((file) => readFileSync(join(ROOT, 'api', file), 'utf8'));
    const refusals = readFileSync(join(ROOT, 'domain', 'phase', 'check-command.ts'), 'utf8');
    const codes = [
      ...[...sources.join('\n').matchAll(/readonly code = '([a-z-]+)'|problem\(\s*'([a-z-]+)'/g)].map(
        ([, own, given]) => own ?? given,
      ),
      ...[...refusals.matchAll(/^ {4}\| '([a-z-]+)'/gm)].map(([, code]) => code),
    ];
    codes.push(...Object.keys(EVENT_REFUSALS));
    expect(codes.length).toBeGreaterThan(50);
    expect([...new Set(codes)].filter((code) => !reference.includes(`\`${code ?? ''}\``))).toEqual([]);
  });
});
