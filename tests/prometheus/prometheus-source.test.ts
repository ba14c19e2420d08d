import { PrometheusSource } from '../../adapters/metrics/prometheus-source';
import type { MetricReading } from '../../activities/gates/metric-source';
import type { GateSource } from '../../domain/plan/plan-schema';
import {
  itIsASourceForGates,
  OWN_WORDS,
  type Fault,
  type Figures,
  type RunningGateSource,
} from '../integration/metrics/gate-source-conformance';
import { startGateWorld, type GateWorld } from '../integration/metrics/gate-world';
import { startLocalHttpServer, type LocalAnswer } from '../integration/local-http-server';
import { until } from '../setup/until';
import { startPrometheus, type RunningPrometheus } from './running-prometheus';

type PrometheusGateSource = Extract<GateSource, { kind: 'prometheus' }>;

/** Each test counts by a label of its own, so that one Prometheus serves all of them. */
const selector = (name: string, run: number, labels: string): string =>
  `${name}{run="${run}",cohort="$cohort",${labels}}`;

function sourceOf(run: number): PrometheusGateSource {
  const figures = (side: string) => ({
    kept: selector('routed_total', run, `side="${side}",outcome="kept"`),
    missed: selector('routed_total', run, `side="${side}",outcome="missed"`),
  });
  return { kind: 'prometheus', connection: 'metrics', target: figures('target'), legacy: figures('legacy') };
}

const COHORT = 'pilot-states';
const HOUR = 3_600_000;

type Counts = Record<'target' | 'legacy', Record<'kept' | 'missed', number | string>>;

/** Counters as a process of a stack exports them, with what another process, and another cohort, count. */
function counters(run: number, counts: Counts, { at = '', instance = 'a' } = {}): string {
  const lines = (['target', 'legacy'] as const).flatMap((side) =>
    (['kept', 'missed'] as const).map(
      (outcome) =>
        `routed_total{run="${run}",side="${side}",outcome="${outcome}",cohort="${COHORT}",process="${instance}"} ${counts[side][outcome]}${at}`,
    ),
  );
  return [...lines, `routed_total{run="${run}",side="target",outcome="missed",cohort="another"} 7777`, ''].join('\n');
}

/** From before anything that a gate may count. */
const BEFORE = { target: { kept: 1_000, missed: 90 }, legacy: { kept: 5_000, missed: 300 } };

let runs = 0;

/** A Prometheus that has scraped counters with a history, and then a split whose attempt begins. */
class Scene {
  readonly counts = structuredClone(BEFORE);
  url: string;
  /** Longer than any machine takes; but where a test brings one about. */
  timeout = 20_000;
  readonly source: PrometheusGateSource;
  asked: PrometheusGateSource;
  offset = 0;
  private readonly closing: (() => Promise<void>)[] = [];

  private constructor(
    readonly prometheus: RunningPrometheus,
    readonly world: GateWorld,
    readonly run: number,
  ) {
    this.url = prometheus.url;
    this.source = this.asked = sourceOf(run);
  }

  static async start(prometheus: RunningPrometheus, counts = BEFORE): Promise<Scene> {
    runs += 1;
    prometheus.thaw();
    if (!prometheus.runs()) await prometheus.start('kept');
    prometheus.exported(counters(runs, counts));
    await prometheus.scraped();
    return new Scene(prometheus, await startGateWorld(), runs);
  }

  read(): Promise<MetricReading> {
    return this.world.read(() => {
      const source = new PrometheusSource({ url: this.url, timeout: this.timeout }, this.asked);
      // As a machine sees it whose clock is elsewhere.
      return { count: (of) => source.count({ ...of, now: new Date(of.now.getTime() + this.offset) }) };
    }, this.asked);
  }

  async add(figures: Figures): Promise<void> {
    for (const side of ['target', 'legacy'] as const) {
      this.counts[side].kept += figures[side].kept;
      this.counts[side].missed += figures[side].missed;
    }
    await this.exports(this.counters(this.counts));
  }

  async exports(text: string): Promise<void> {
    this.prometheus.exported(text);
    await this.prometheus.scraped();
  }

  counters(counts: Counts, how: { at?: string; instance?: string } = {}): string {
    return counters(this.run, counts, how);
  }

  /** In its place something that answers as it never, or hardly ever, does. */
  async answersInstead(answer: LocalAnswer | 'endlessBody'): Promise<void> {
    const server = await startLocalHttpServer();
    server.behave(answer);
    this.closing.push(() => server.stop());
    this.url = server.url;
  }

  async stop(): Promise<void> {
    for (const close of this.closing) await close();
    await this.world.stop();
  }
}

const json = (body: unknown, status = 200): LocalAnswer => ({ status, body: JSON.stringify(body) });
const vector = (result: unknown, more: object = {}): LocalAnswer =>
  json({ status: 'success', data: { resultType: 'vector', result }, ...more });

const BROUGHT: Partial<Record<Fault, (scene: Scene) => Promise<void>>> = {
  'gives NaN': (scene) => scene.exports(scene.counters({ ...scene.counts, target: { kept: 'NaN', missed: 90 } })),
  'gives an infinite number': (scene) =>
    scene.exports(scene.counters({ ...scene.counts, target: { kept: 1_000, missed: '+Inf' } })),
  'gives nothing at all': (scene) => scene.exports('other_total 1\n'),
  'gives several where one is meant': async (scene) => {
    // Two counters that differ by their name alone are one for PromQL's `or` and no one for a sum.
    await scene.answersInstead(json({ status: 'error', errorType: 'execution', error: OWN_WORDS }, 422));
  },
  'has old figures': async (scene) => {
    scene.asked = { ...scene.source, staleAfter: 120_000 };
    // Some exporters date what they export themselves.
    await scene.exports('other_total 1\n');
    await scene.exports(scene.counters(scene.counts, { at: ` ${Date.now() - 150_000}`, instance: 'dated' }));
  },
  'has figures of the future': async (scene) => {
    await scene.exports('other_total 1\n');
    await scene.exports(scene.counters(scene.counts, { at: ` ${Date.now() + 90_000}`, instance: 'dated' }));
  },
  'has a clock that is an hour behind': (scene) => {
    scene.offset = HOUR;
    return Promise.resolve();
  },
  'has a clock that is an hour ahead': (scene) => {
    scene.offset = -HOUR;
    return Promise.resolve();
  },
  'answers in part': (scene) => scene.answersInstead(vector([], { warnings: [OWN_WORDS] })),
  'gives text': (scene) =>
    scene.answersInstead(
      vector(
        ['target.kept', 'target.missed', 'legacy.kept', 'legacy.missed'].map((figure) => ({
          metric: { handoff_figure: figure },
          value: [Date.now() / 1_000, OWN_WORDS],
        })),
      ),
    ),
  'gives a fraction': (scene) =>
    scene.exports(scene.counters({ ...scene.counts, target: { kept: 1_040.5, missed: 130 } })),
  'gives a million rows': (scene) =>
    scene.answersInstead(
      vector(Array.from({ length: 1_000_000 }, (_, n) => ({ metric: { n: `${n}` }, value: [n, '1'] }))),
    ),
  'gives a negative number': (scene) =>
    scene.exports(scene.counters({ ...scene.counts, target: { kept: -5, missed: 90 } })),
  'gives more kept than there were': async (scene) => {
    scene.asked = {
      ...scene.source,
      target: { kept: scene.source.target.kept, total: selector('seen_total', scene.run, 'side="target"') },
    };
    await scene.exports(
      `${scene.counters(scene.counts)}seen_total{run="${scene.run}",side="target",cohort="${COHORT}"} 0\n`,
    );
    await scene.world.nextEpoch();
    await scene.world.database.db.query(`UPDATE split SET attempt_epoch = epoch`);
    scene.world.query.attemptEpoch = scene.world.query.epoch;
    await scene.add({ target: { kept: 50, missed: 0 }, legacy: { kept: 0, missed: 0 } });
    await scene.exports(
      `${scene.counters(scene.counts)}seen_total{run="${scene.run}",side="target",cohort="${COHORT}"} 10\n`,
    );
  },
  'does not answer in time': (scene) => {
    scene.timeout = 500;
    scene.prometheus.freeze();
    return Promise.resolve();
  },
  'is not there': (scene) => scene.prometheus.kill(),
  'does not take the credentials': (scene) => scene.answersInstead({ status: 401, body: OWN_WORDS }),
  fails: (scene) => scene.answersInstead({ status: 503, body: OWN_WORDS }),
  'refuses the query': (scene) => {
    scene.asked = { ...scene.source, target: { ...scene.source.target, kept: `routed_total{side=~"(${OWN_WORDS}"}` } };
    return Promise.resolve();
  },
  'answers without end': (scene) => {
    scene.timeout = 500;
    return scene.answersInstead('endlessBody');
  },
  'sends us elsewhere': (scene) =>
    scene.answersInstead({ status: 307, headers: { location: `${scene.prometheus.url}/api/v1/query` } }),
  'answers in another language': (scene) => scene.answersInstead({ status: 200, body: `<html>${OWN_WORDS}</html>` }),
};

let prometheus: RunningPrometheus;
beforeAll(async () => {
  prometheus = await startPrometheus();
});
afterAll(() => prometheus.stop());

describe('counters in a real Prometheus', () => {
  itIsASourceForGates(
    async (): Promise<RunningGateSource> => {
      const scene = await Scene.start(prometheus);
      return {
        read: () => scene.read(),
        add: (figures) => scene.add(figures),
        nextEpoch: () => scene.world.nextEpoch(),
        bring: async (fault) => {
          const bring = BROUGHT[fault];
          if (bring === undefined) throw new Error(`Nothing brings it about: ${fault}`);
          await bring(scene);
        },
        stop: () => scene.stop(),
      };
    },
    { 'gives null': 'Its samples are numbers.' },
    // It gives no sample that is dated after the moment it is asked about.
    { 'has figures of the future': 'noData' },
  );
});

describe('counters of processes that come and go', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.start(prometheus);
  });
  afterEach(() => scene.stop());

  const none = { kept: 0, missed: 0 };
  const target = async (): Promise<unknown> => {
    const answer = await scene.read();
    return answer.kind === 'reading' ? answer.reading.target.attempt : answer;
  };

  it('loses nothing to a process that begins anew, and counts nothing of before twice', async () => {
    await scene.add({ target: { kept: 5, missed: 1 }, legacy: none });
    const shown = Date.now();
    // A point of each second is read: what a process shows for less may be lost between two.
    await until('it was there for a second', () => Date.now() - shown > 1_000);
    await scene.exports(scene.counters({ target: { kept: 3, missed: 2 }, legacy: { kept: 0, missed: 0 } }));
    expect(await target()).toEqual({ kept: 8, missed: 3, released: 0 });
  });

  it('counts the first miss of a process that was not there before: none is lost for want of an earlier sample', async () => {
    const other = scene.counters({ target: { kept: 0, missed: 1 }, legacy: none }, { instance: 'b' });
    await scene.exports(scene.counters(scene.counts) + other.replace(/^.*another.*\n/m, ''));
    expect(await target()).toEqual({ kept: 0, missed: 1, released: 0 });
  });

  it('holds where a whole history appears under labels that were not there', async () => {
    await scene.exports(scene.counters(scene.counts, { instance: 'renamed' }));
    expect(await target()).toMatchObject({ kind: 'sourceError', message: expect.stringContaining('labels changed') });
  });

  it('holds where a counter is not there until the first miss: its absence is not none missed', async () => {
    await scene.exports(
      scene.counters(scene.counts).replace(/^.*side="target",outcome="missed",cohort="pilot.*\n/m, ''),
    );
    expect(await target()).toMatchObject({
      kind: 'noData',
      message: 'It has no counter for target.missed now. Each has to be there from the start, at 0.',
    });
  });

  it('holds where the exporter is gone, at once, and goes on where it was when Prometheus is back', async () => {
    await scene.add({ target: { kept: 30, missed: 0 }, legacy: none });
    await scene.prometheus.kill();
    expect(await target()).toMatchObject({ kind: 'sourceError' });
    await scene.prometheus.start('kept');
    await scene.prometheus.scraped();
    expect(await target()).toEqual({ kept: 30, missed: 0, released: 0 });
    scene.prometheus.exported(undefined);
    await until('a failed scrape', async () => (await scene.read()).kind !== 'reading');
    expect(await target()).toMatchObject({ kind: 'noData' });
  });

  it('holds where Prometheus lost what was before the attempt: a history is no harm done since', async () => {
    await scene.prometheus.kill();
    await scene.prometheus.start('lost');
    await scene.prometheus.scraped();
    expect(await target()).toMatchObject({
      kind: 'noData',
      message: expect.stringContaining('before the window began'),
    });
  });

  it('holds where the attempt is older than anything that Prometheus has', async () => {
    await scene.add({ target: { kept: 3, missed: 0 }, legacy: none });
    await scene.world.ago(14 * 24 * HOUR);
    expect(await target()).toMatchObject({
      kind: 'noData',
      message: expect.stringContaining('before the window began'),
    });
  });
});

describe('a window of many days', () => {
  it('is counted to the last outcome, through processes that begin anew, overtake themselves, come and go', async () => {
    const run = runs + 1;
    const now = Math.floor(Date.now() / 1_000);
    // Ten days of a sample a minute, which end ten minutes ago; the window begins a day after the first.
    const days = 10;
    const minutes = days * 24 * 60;
    const counted = { kept: 0, missed: 0 };
    const lines: string[] = [];
    const last = { kept: 0, missed: 0 };
    const withLabels = await startPrometheus((labels) => {
      const add = (side: string, outcome: string, process: string, value: number, minute: number): void => {
        const of = `run="${run}",side="${side}",outcome="${outcome}",cohort="${COHORT}",process="${process}",${labels}`;
        lines.push(`routed_total{${of}} ${value} ${now - (minutes - minute) * 60}`);
      };
      for (const [outcome, every] of [
        ['kept', 10],
        ['missed', 250],
      ] as const) {
        // One that begins anew each 403 minutes: wherever the points lie that are read, some of these are between two of them. Each fifth time
        // its next minute is a busy one, so that it shows more than before it began anew when it is read next. It does so a last time just before
        // now: what is read one by one then ends between two seconds.
        for (let minute = 0, value = 0, goesBack = 0; minute <= minutes - 10; minute += 1) {
          const beginsAnew = minute % 403 === 402 || minute === minutes - 11;
          if (beginsAnew) value = 0;
          if (beginsAnew) goesBack += 1;
          const more =
            minute % 403 === 0 && goesBack % 5 === 4 ? 90 : !beginsAnew && minute % every === every - 1 ? 1 : 0;
          value += more;
          if (minute > 24 * 60) counted[outcome] += more;
          add('target', outcome, 'a', value, minute);
          last[outcome] = value;
        }
        // Others that each are there for seven minutes, and gone before the next point; and one that counts 30 a minute from the start.
        for (let life = 0; life < 20; life += 1) {
          for (let age = 0; age < 7; age += 1) add('target', outcome, `short-${life}`, age, 3_000 + life * 401 + age);
          counted[outcome] += 6;
        }
        for (let age = 0; age < 60; age += 1) add('target', outcome, 'busy', age * 30, 8_000 + age);
        counted[outcome] += 59 * 30;
      }
      for (const outcome of ['kept', 'missed']) {
        for (let minute = 0; minute <= minutes - 10; minute += 1) add('legacy', outcome, 'a', 0, minute);
      }
      return ['# TYPE routed counter', ...lines, '# EOF', ''].join('\n');
    });
    const scene = await Scene.start(withLabels, { target: last, legacy: { kept: 0, missed: 0 } });
    try {
      await scene.world.ago((days - 1) * 24 * HOUR);
      expect(await scene.read()).toMatchObject({
        kind: 'reading',
        reading: { target: { attempt: { ...counted, released: 0 } } },
      });
      expect(counted.missed).toBeGreaterThan(1_900);
    } finally {
      await scene.stop();
      await withLabels.stop();
    }
  });
});
