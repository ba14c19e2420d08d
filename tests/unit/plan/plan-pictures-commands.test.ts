import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputsOf } from '../../../cli/plan/write-files';
import { runCli } from '../../../cli/run-cli';
import { loadPlan } from '../../../domain/plan/load-plan';
import { packageRoot } from '../../../platform/package-root';
import { edit, PAYMENT } from './plan-texts';

let folder: string;
let good: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-pictures-'));
  good = join(folder, 'cutover.yaml');
  writeFileSync(good, PAYMENT);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const code = await runCli(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

describe('handoff plan graph', () => {
  it('draws every view as Markdown with Mermaid in it', async () => {
    const { code, stdout } = await run('plan', 'graph', good);
    expect(code).toBe(0);
    expect(stdout.match(/^```mermaid$/gm)).toHaveLength(5);
    expect(stdout).toContain('## payment-2026: the stack as is and to be');
  });

  it('draws one view, in another form, into a file whose folder is not there yet', async () => {
    const out = join(folder, 'new', 'phases.svg');
    const { code, stdout } = await run('plan', 'graph', good, '--view', 'phases', '--format', 'svg', '--out', out);
    expect([code, stdout]).toEqual([0, '']);
    expect(readFileSync(out, 'utf8')).toMatch(/^<svg /);
    const dot = await run('plan', 'graph', good, '--view', 'stack', '--format', 'dot');
    expect(dot.stdout).toMatch(/^digraph "stack" \{/);
  });

  it('gives nodes and edges to programs', async () => {
    const { stdout } = await run('plan', 'graph', good, '--view', 'journey', '--json');
    const { hash, pictures } = JSON.parse(stdout) as { hash: string; pictures: { id: string }[] };
    expect(hash).toBe(loadPlan(PAYMENT).hash);
    expect(pictures.map(({ id }) => id)).toEqual(['journey', 'journey-payment']);
  });

  it.each([
    ['view', 'vendors', 'Allowed choices are stack, journey, phases, all'],
    ['format', 'png', 'Allowed choices are mermaid, svg, dot'],
  ])('knows no other %s, and says which there are', async (option, value, says) => {
    const { code, stderr } = await run('plan', 'graph', good, `--${option}`, value);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});

describe.each(['graph', 'raci', 'pages'])('handoff plan %s', (command) => {
  const out = (): string[] => ['--out', join(folder, `of-${command}`)];

  it('lists what is wrong with a bad plan, as lint does, and writes nothing', async () => {
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, edit(PAYMENT, 'share: 10%', 'share: 100%'));
    const { code, stdout, stderr } = await run('plan', command, bad, ...out());
    expect(code).toBe(3);
    expect(stdout).toMatch(/bad\.yaml:\d+:\d+: error: WH525/);
    expect(stderr).toContain('Mend what is listed');
    expect(readdirSync(folder)).not.toContain(`of-${command}`);
    const json = await run('plan', command, bad, '--json', ...out());
    expect(json.stdout).toBe('');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'bad-plan', exitCode: 3 } });
  });

  it('says that a place cannot be written, and does not say which', async () => {
    const { code, stderr } = await run('plan', command, good, '--out', join(good, 'below-a-file'));
    expect(code).toBe(2);
    expect(stderr).toBe("What '--out' names cannot be written. Check the path, and that you may write there.\n");
  });

  it('never writes over the plan that it reads, whatever it is called there, nor over a file unless told to', async () => {
    const place = join(folder, `over-${command}`);
    mkdirSync(place);
    const plan = join(place, 'README.md');
    copyFileSync(good, plan);
    symlinkSync(plan, join(place, 'link.md'));
    const inputs =
      command === 'pages' ? [place] : [plan, join(place, 'link.md'), `${place}/../over-${command}/README.md`];
    for (const target of inputs) {
      const { code, stderr } = await run('plan', command, plan, '--out', target, '--force');
      expect([code, stderr]).toEqual([
        4,
        "'--out' would write over a file that this command reads. Name another place.\n",
      ]);
    }
    expect(readFileSync(plan, 'utf8')).toBe(PAYMENT);

    const other = command === 'pages' ? place : join(place, 'notes.md');
    const kept = command === 'pages' ? plan : other;
    writeFileSync(kept, 'of somebody else');
    const refused = await run('plan', command, good, '--out', other);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain("say '--force'");
    expect(readFileSync(kept, 'utf8')).toBe('of somebody else');
    expect(readdirSync(place).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await run('plan', command, good, '--out', other, '--force')).code).toBe(0);
    expect(readFileSync(kept, 'utf8')).not.toBe('of somebody else');
    expect(readdirSync(place).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('says that there is no such plan', async () => {
    const { code, stderr } = await run('plan', command, join(folder, 'none.yaml'), ...out());
    expect(code).toBe(2);
    expect(stderr).toContain("The plan's file cannot be read.");
  });
});

describe('handoff plan raci', () => {
  it('is Markdown or CSV, and rows for programs', async () => {
    expect((await run('plan', 'raci', good)).stdout).toMatch(/^# Who owns what: payment-2026\n/);
    expect((await run('plan', 'raci', good, '--format', 'csv')).stdout).toMatch(/^area,thing,responsible,accountable,/);
    const { rows } = JSON.parse((await run('plan', 'raci', good, '--json')).stdout) as { rows: unknown[] };
    expect(rows.length).toBeGreaterThan(20);
  });
});

describe('where pictures are written', () => {
  it('is what a shell has opened, which stays as it is', () => {
    const file = join(folder, 'opened.md');
    const command = `"${process.execPath}" bin/handoff.js plan raci "${good}" --force --out /dev/stdout >> "${file}"`;
    writeFileSync(file, 'before\n');
    execFileSync('sh', ['-c', command], { cwd: packageRoot() });
    expect(readFileSync(file, 'utf8')).toMatch(/^before\n# Who owns what/);
    expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(true);
  });

  it('is a device also where the command reads from it', async () => {
    const isInput = await inputsOf(['/dev/null', good]);
    expect([await isInput('/dev/null'), await isInput(good)]).toEqual([false, true]);
  });

  it('is the place of a link, not where it leads, and keeps who may read it', async () => {
    const out = join(folder, 'links');
    mkdirSync(out);
    symlinkSync(join(out, 'nowhere'), join(out, 'dangling.md'));
    writeFileSync(join(out, 'kept.md'), 'kept');
    symlinkSync(join(out, 'kept.md'), join(out, 'link.md'));
    for (const name of ['dangling.md', 'link.md']) {
      expect((await run('plan', 'raci', good, '--out', join(out, name))).code).toBe(4);
      expect((await run('plan', 'raci', good, '--out', join(out, name), '--force')).code).toBe(0);
      expect(lstatSync(join(out, name)).isFile()).toBe(true);
    }
    expect(readFileSync(join(out, 'kept.md'), 'utf8')).toBe('kept');
    chmodSync(join(out, 'kept.md'), 0o664);
    expect((await run('plan', 'raci', good, '--out', join(out, 'kept.md'), '--force')).code).toBe(0);
    expect(statSync(join(out, 'kept.md')).mode & 0o777).toBe(0o664);
  });

  it.each(['/proc/x/y', '/dev/null/below'])('ends where nothing can be made: %s', async (place) => {
    expect((await run('plan', 'raci', good, '--out', place)).code).toBe(2);
    expect((await run('plan', 'pages', good, '--out', place)).code).toBe(2);
  });
});

describe('handoff plan pages', () => {
  it('writes a folder with an index that leads to every other page', async () => {
    const out = join(folder, 'pages');
    const { code, stdout } = await run('plan', 'pages', good, '--out', out, '--json');
    expect(code).toBe(0);
    const { files } = JSON.parse(stdout) as { files: string[] };
    expect(readdirSync(out).sort()).toEqual([...files].sort());
    const index = readFileSync(join(out, 'README.md'), 'utf8');
    for (const file of files.filter((name) => name.endsWith('.md') && name !== 'README.md')) {
      expect(index).toContain(`](${file})`);
    }
  });

  it('writes anew what it wrote, takes away what is not written now, and leaves what is not its own', async () => {
    const out = join(folder, 'anew');
    await run('plan', 'pages', good, '--out', out, '--start', '2027-02-02T14:00Z', '--other', good);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['dry-run.md', 'diff.md']));
    writeFileSync(join(out, 'minutes.md'), 'of a meeting');
    writeFileSync(join(out, 'diff.md'), 'of a meeting too');
    expect((await run('plan', 'pages', good, '--out', out)).code).toBe(0);
    expect(readdirSync(out)).not.toContain('dry-run.md');
    expect(readFileSync(join(out, 'minutes.md'), 'utf8')).toBe('of a meeting');
    expect(readFileSync(join(out, 'diff.md'), 'utf8')).toBe('of a meeting too');
    const before = readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8'));
    writeFileSync(join(out, 'people.md'), 'changed by hand');
    expect((await run('plan', 'pages', good, '--out', out)).code).toBe(4);
    expect(readFileSync(join(out, 'people.md'), 'utf8')).toBe('changed by hand');
    expect((await run('plan', 'pages', good, '--out', out, '--force')).code).toBe(0);
    expect(readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8'))).toEqual(before);
  });

  it('knows its pages again when line ends are others', async () => {
    const out = join(folder, 'line-ends');
    await run('plan', 'pages', good, '--out', out);
    for (const name of readdirSync(out)) {
      writeFileSync(join(out, name), readFileSync(join(out, name), 'utf8').replace(/\n/g, '\r\n'));
    }
    expect((await run('plan', 'pages', good, '--out', out)).code).toBe(0);
  });

  it('takes away no plan that it reads, wherever that lies', async () => {
    const out = join(folder, 'a-plan-among-pages');
    await run('plan', 'pages', good, '--out', out, '--other', good);
    rmSync(join(out, 'diff.md'));
    copyFileSync(good, join(out, 'diff.md'));
    expect((await run('plan', 'pages', join(out, 'diff.md'), '--out', out, '--force')).code).toBe(0);
    expect(readFileSync(join(out, 'diff.md'), 'utf8')).toBe(PAYMENT);
  });

  it('leaves no page behind where one cannot be written', async () => {
    const out = join(folder, 'in-the-way');
    mkdirSync(join(out, 'raci.md'), { recursive: true });
    expect((await run('plan', 'pages', good, '--out', out)).code).toBe(2);
    expect(readdirSync(out)).toEqual(['raci.md']);
  });

  it('needs to be told where', async () => {
    expect((await run('plan', 'pages', good)).code).toBe(2);
  });
});
