import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadConfiguration } from '../../../platform/configuration';
import { outwardRoutes } from '../../../worker/outward-routes';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handoff-routes-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(content: unknown): string {
  const file = join(folder, 'routes.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const KEY = { migration: 'payment-2026', phase: 'payment', cohort: 'pilot-states' };
const HAPROXY = {
  sockets: ['unix:/run/haproxy/admin.sock', 'tcp:10.0.0.4:9999'],
  ...{ backend: 'payment', legacy: 'legacy', target: 'target', stickiness: { kind: 'stickTable', table: 'payment' } },
};

function problemsOf(content: unknown, secret?: string): readonly string[] {
  try {
    outwardRoutes({ file: fileOf(content), ...(secret !== undefined && { secret }) });
    return [];
  } catch (error) {
    if (error instanceof BadConfiguration) return error.problems;
    throw error;
  }
}

describe('the routes file', () => {
  it('says what routes which cohort, and leaves every other to the API', () => {
    const webhook = { url: 'https://edge.example.com/routes?token=in-the-url' };
    const entries = [
      { ...KEY, haproxy: HAPROXY },
      { ...KEY, cohort: 'everyone-else', webhook },
    ];
    const { find, keys } = outwardRoutes({ file: fileOf({ routes: entries }), secret: 'sixteen-or-more-characters' });
    expect(keys).toEqual([KEY, { ...KEY, cohort: 'everyone-else' }]);
    expect(find(KEY)).toMatchObject({ kind: 'haproxy', sendsBack: 'all' });
    expect(find({ ...KEY, cohort: 'everyone-else' })?.kind).toBe('webhook');
    expect(find({ ...KEY, migration: 'another' })).toBeUndefined();
    expect(outwardRoutes(undefined).keys).toEqual([]);
  });

  it('lists everything that is wrong with it at once, and echoes nothing of it', () => {
    const entries = [
      { ...KEY, haproxy: { ...HAPROXY, sockets: ['in-the-file'] } },
      { ...KEY, cohort: 'second' },
      { ...KEY, cohort: 'third', haproxy: HAPROXY, webhook: { url: 'ftp://in-the-file' } },
    ];
    const problems = problemsOf({ routes: entries });
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).not.toContain('in-the-file');
    expect(problems.every((problem) => problem.startsWith('HANDOFF_ROUTES_FILE, routes.'))).toBe(true);
  });

  it('names a cohort once, and a backend once: two splits would weigh the same servers', () => {
    const twice = { ...KEY, haproxy: HAPROXY };
    expect(problemsOf({ routes: [twice, { ...twice, cohort: 'everyone-else' }] })).toEqual([
      'HANDOFF_ROUTES_FILE, routes.1: Name each cohort once, and each backend once.',
    ]);
    expect(problemsOf({ routes: [twice, { ...twice, haproxy: { ...HAPROXY, backend: 'other' } }] })).toHaveLength(1);
  });

  it('is asked for where it cannot be read, and a secret where a webhook is to be signed', () => {
    expect(problemsOf('{')).toEqual(['HANDOFF_ROUTES_FILE: The file is not JSON.']);
    expect(() => outwardRoutes({ file: join(folder, 'none.json') })).toThrow('cannot be read');
    const webhook = { ...KEY, webhook: { url: 'https://edge.example.com/routes' } };
    expect(problemsOf({ routes: [webhook] })).toEqual(['HANDOFF_ROUTES_SECRET: Set it: a route by webhook is signed.']);
  });
});
