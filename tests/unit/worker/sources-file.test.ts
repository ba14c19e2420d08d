import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadConfiguration } from '../../../platform/configuration';
import { readWorkerConfiguration } from '../../../worker/config';
import type { Queryable } from '../../../store/database';
import { gateSources } from '../../../worker/gate-sources';
import { readSourcesFile } from '../../../worker/sources-file';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handoff-sources-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(content: unknown): string {
  const file = join(folder, 'sources.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function problemsOf(content: unknown, environment: Record<string, string> = {}): readonly string[] {
  try {
    readSourcesFile(fileOf(content), environment);
    return [];
  } catch (error) {
    if (error instanceof BadConfiguration) return error.problems;
    throw error;
  }
}

const PROMETHEUS = { name: 'metrics', kind: 'prometheus', url: 'https://prometheus.example.com', tokenFrom: 'TOKEN' };
const WAREHOUSE = { name: 'warehouse', kind: 'sql', urlFrom: 'WAREHOUSE_URL', timeout: 9_000 };
const ENVIRONMENT = { TOKEN: 'of-the-environment', WAREHOUSE_URL: 'postgres://reader:secret@db.example.com/facts' };

describe('the file of sources', () => {
  it('names connections, whose secrets are in the environment', () => {
    const connections = readSourcesFile(fileOf({ sources: [PROMETHEUS, WAREHOUSE] }), ENVIRONMENT);
    expect(connections).toEqual([
      { name: 'metrics', kind: 'prometheus', url: PROMETHEUS.url, token: 'of-the-environment', timeout: 5_000 },
      { name: 'warehouse', kind: 'sql', url: ENVIRONMENT.WAREHOUSE_URL, timeout: 9_000 },
    ]);
  });

  it('names the stacks that synthetic patients go through, each with a token of its own', () => {
    const target = { url: 'https://new.example.com/api', tokenFrom: 'TOKEN' };
    const journey = { name: 'journey', kind: 'synthetic', target, legacy: { url: 'https://old.example.com' } };
    expect(readSourcesFile(fileOf({ sources: [journey] }), ENVIRONMENT)).toEqual([
      {
        ...{ name: 'journey', kind: 'synthetic', legacy: { url: 'https://old.example.com' } },
        target: { url: 'https://new.example.com/api', token: 'of-the-environment' },
      },
    ]);
    expect(problemsOf({ sources: [journey] })).toEqual(['TOKEN: Set it to the token.']);
    expect(problemsOf({ sources: [{ ...journey, target: { url: 'new.example.com' } }] })).toEqual([
      'HANDOFF_SOURCES_FILE, sources.0.target.url: Write a whole http or https address.',
    ]);
  });

  it('lists everything that is wrong with it at once, and echoes nothing of it', () => {
    const problems = problemsOf({
      sources: [
        { ...PROMETHEUS, name: 'one', url: 'https://reader:in-the-file@prometheus.example.com' },
        { ...PROMETHEUS, tokenFrom: 'in-the-file', timeout: 60_000 },
        { ...WAREHOUSE, url: 'postgres://in-the-file' },
      ],
    });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'HANDOFF_SOURCES_FILE, sources.0.url',
      'HANDOFF_SOURCES_FILE, sources.1.tokenFrom',
      'HANDOFF_SOURCES_FILE, sources.1.timeout',
      'HANDOFF_SOURCES_FILE, sources.2',
    ]);
    expect(problems.join('\n')).not.toContain('in-the-file');
  });

  it('lists every variable that is missing or cannot be what it is meant to be', () => {
    expect(problemsOf({ sources: [PROMETHEUS, WAREHOUSE] }, { WAREHOUSE_URL: 'mysql://somewhere' })).toEqual([
      'TOKEN: Set it to the token.',
      'WAREHOUSE_URL: Set it to postgres://, with the user and password of a role that can only read.',
    ]);
  });

  it('has each name once, and is asked for where it cannot be read', () => {
    expect(problemsOf({ sources: [PROMETHEUS, PROMETHEUS] }, ENVIRONMENT)).toEqual([
      'HANDOFF_SOURCES_FILE, sources.1.name: Another source has this name.',
    ]);
    expect(problemsOf('{')).toEqual(['HANDOFF_SOURCES_FILE: The file is not JSON.']);
    expect(() => readSourcesFile(join(folder, 'none.json'), {})).toThrow('cannot be read');
  });
});

describe("a worker's configuration", () => {
  it('has the connections of the file that it names, and stops the worker where something of it is wrong', () => {
    const environment = {
      ...{ DATABASE_URL: 'postgres://db.example.com/handoff', TEMPORAL_ADDRESS: '127.0.0.1:7233' },
      ...{ HANDOFF_PAYLOAD_KEY: '0'.repeat(64), ...ENVIRONMENT },
      HANDOFF_SOURCES_FILE: fileOf({ sources: [WAREHOUSE] }),
    };
    expect(readWorkerConfiguration(environment).sources).toEqual([
      { name: 'warehouse', kind: 'sql', url: ENVIRONMENT.WAREHOUSE_URL, timeout: 9_000 },
    ]);
    expect(() => readWorkerConfiguration({ ...environment, WAREHOUSE_URL: undefined })).toThrow('WAREHOUSE_URL');
  });
});

/** What leads to a connection asks nothing. */
const NO_DATABASE: Queryable = { query: () => Promise.reject(new Error('It was asked.')) };

describe('what a plan names', () => {
  it('leads to the connection of that name and kind, and to nothing else', () => {
    const find = gateSources(NO_DATABASE, readSourcesFile(fileOf({ sources: [PROMETHEUS, WAREHOUSE] }), ENVIRONMENT));
    const query = { kind: 'sql', query: 'SELECT 1' } as const;
    expect(find({ ...query, connection: 'warehouse' })).toBeDefined();
    expect(find({ ...query, connection: 'metrics' })).toBeUndefined();
    expect(find({ ...query, connection: 'another' })).toBeUndefined();
    const stacks = { kind: 'synthetic', name: 'journey', target: { url: 'https://new.example.com' } } as const;
    const ofStacks = gateSources(NO_DATABASE, [stacks]);
    const times = { every: 60_000, timeout: 5_000, steps: [{ get: '/', status: 200 }] };
    expect(ofStacks({ kind: 'synthetic', connection: 'journey', ...times })).toBeDefined();
    expect(ofStacks({ ...query, connection: 'journey' })).toBeUndefined();
    expect(gateSources(NO_DATABASE)({ ...query, connection: 'warehouse' })).toBeUndefined();
  });
});
