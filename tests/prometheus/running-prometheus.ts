import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../supervisor/free-port';
import { until } from '../setup/until';

/** What is exported is at most that old. A scrape may take as long: one that takes longer leaves every counter without a sample until the next. */
const SCRAPED_EVERY = '500ms';

export interface RunningPrometheus {
  readonly url: string;
  /** What the exporter answers from now on, in Prometheus' text format; with undefined it is gone, and cuts every connection. */
  exported(text: string | undefined): void;
  /** Whether its process runs. */
  runs(): boolean;
  /** Waits until what the exporter answers now has been scraped; where it is gone, until a scrape has failed. */
  scraped(): Promise<void>;
  kill(): Promise<void>;
  /** It is there, takes what is asked, and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** A process begins anew; with the data of before, or as somebody does who lost it. */
  start(data: 'kept' | 'lost'): Promise<void>;
  stop(): Promise<void>;
}

/** @throws where there is none: these tests have no meaning without it */
export function requirePrometheus(program = 'prometheus'): void {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
  } catch {
    throw new Error(
      'The program `prometheus` is missing: this suite runs against a real one. Install it (Debian, Ubuntu: apt-get install prometheus, its service need not run; macOS: brew install prometheus), then run it again.',
    );
  }
}

/**
 * A Prometheus on a port and with data of its own, that scrapes one exporter.
 * @param history what it has from before, in OpenMetrics; it is given the labels that it puts on what it scrapes
 */
export async function startPrometheus(history?: (labels: string) => string): Promise<RunningPrometheus> {
  requirePrometheus();
  const folder = mkdtempSync(join(tmpdir(), 'handoff-prometheus-'));
  let text: string | undefined = '';
  const exporter = createServer((_, response) => {
    if (text === undefined) response.destroy();
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  });
  await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
  const exporterAt = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    [
      `global: { scrape_interval: ${SCRAPED_EVERY}, scrape_timeout: ${SCRAPED_EVERY} }`,
      'scrape_configs:',
      `  - { job_name: stack, static_configs: [{ targets: ['${exporterAt}'] }] }`,
    ].join('\n'),
  );
  if (history !== undefined) {
    const past = join(folder, 'history.txt');
    writeFileSync(past, history(`instance="${exporterAt}",job="stack"`));
    // Of the same package.
    execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', past, join(folder, 'data-1')], {
      stdio: 'ignore',
    });
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let generation = 0;
  let child: ChildProcess | undefined;

  const ask = async (query: string): Promise<string | undefined> => {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  };
  const running: RunningPrometheus = {
    url,
    exported: (now) => {
      text = now;
    },
    runs: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    scraped: async () => {
      const since = Date.now() / 1_000;
      // Of `up` there is a sample of each scrape, dated when it began: 1 where it took what it was answered, 0 where it failed or took too long.
      const dated = text === undefined ? 'timestamp(up)' : 'timestamp(up) and up == 1';
      await until('another scrape', async () => Number(await ask(dated)) > since);
    },
    kill: async () => {
      if (!running.runs()) return;
      const exited = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await exited;
    },
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    start: async (data) => {
      if (data === 'lost') generation += 1;
      const flags = [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, `data-${generation}`)}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ];
      child = spawn('prometheus', flags, { stdio: 'ignore' });
      await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok);
      await until('the first scrape', async () => (await ask('up')) !== undefined);
    },
    stop: async () => {
      await running.kill();
      const closed = new Promise((resolve) => exporter.close(resolve));
      exporter.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await running.start('lost');
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}
