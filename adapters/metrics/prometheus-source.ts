import { z } from 'zod';
import type { OutcomeSource, OutcomeWindow } from '../../activities/gates/outcome-source';
import {
  isNoAnswer,
  outcomesOf,
  whyClocksDiffer,
  whyNotFresh,
  type RawFigures,
} from '../../domain/metrics/check-figures';
import { increaseOf, LARGEST_BEGINNING, type CounterSamples } from '../../domain/metrics/counter-increase';
import { noData, sourceError, type NoAnswer, type OutcomeAnswer } from '../../domain/metrics/outcome-answer';
import type { GateSource } from '../../domain/plan/plan-schema';
import { addressOf, askJson, type HttpConnection } from './ask-json';

type PrometheusGateSource = Extract<GateSource, { kind: 'prometheus' }>;

/** Older than this Prometheus gives no sample at all, unless its operators changed `--query.lookback-delta`. */
const STALE_AFTER = 300_000;
/** How far before the window a counter's last value is looked for. */
const LOOKED_BACK = '1d';
/** Points of a window. Prometheus gives 11,000 a series at most. */
const POINTS = 2_000;
/** Seconds that a process may at least have been away for, so that `resets()` sees that it began anew. */
const SEEN_AWAY = 300;
/** Times at which processes begin anew that one window is read around. */
const STRETCHES = 500;
/** Seconds of samples that are asked for at once, at least where they hang together. */
const LONGEST_STRETCH = 14_400;
const ASKED_AT_ONCE = 8;
/** Marks which of the counters a series belongs to. */
const FIGURE = 'handoff_figure';

const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());

const answerSchema = z.object({
  status: z.literal('success'),
  /** Where a store behind it did not answer (Thanos, remote reads). */
  warnings: z.array(z.unknown()).optional(),
  /** The same, of VictoriaMetrics. */
  isPartial: z.boolean().optional(),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: sample })) }),
    z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({ metric: labels, values: z.array(sample) })),
    }),
  ]),
});

const refusalSchema = z.object({ status: z.literal('error'), errorType: z.string().regex(/^[a-z_]{1,30}$/) });

interface Series {
  metric: Record<string, string>;
  /** Seconds since 1970, and what it showed. */
  samples: [number, number][];
}

/**
 * Counters in Prometheus, by its HTTP API. How far each grew is worked out from what it showed before the window began and within it, so that
 * nothing is extrapolated, and a process that begins anew loses nothing that was scraped.
 */
export class PrometheusSource implements OutcomeSource {
  constructor(
    private readonly connection: HttpConnection,
    private readonly source: PrometheusGateSource,
  ) {}

  async count(window: OutcomeWindow): Promise<OutcomeAnswer> {
    const signal = AbortSignal.timeout(this.connection.timeout);
    const selectors = this.selectorsFor(window);
    const newestAt = await this.newestSample(selectors, window.now, signal);
    if (isNoAnswer(newestAt)) return newestAt;
    const grown = await this.growth(selectors, window, signal);
    if (isNoAnswer(grown)) return grown;
    const target = outcomesOf('target', figuresOf('target', grown));
    if (isNoAnswer(target)) return target;
    const legacy =
      this.source.legacy === undefined ? { kept: 0, missed: 0 } : outcomesOf('legacy', figuresOf('legacy', grown));
    if (isNoAnswer(legacy)) return legacy;
    return { kind: 'outcomes', target, legacy, newestAt };
  }

  /** By the figure they are of: `target.kept`. Names of a plan have nothing in them that PromQL would read. */
  private selectorsFor(window: OutcomeWindow): Map<string, string> {
    const found = new Map<string, string>();
    for (const side of ['target', 'legacy'] as const) {
      for (const figure of ['kept', 'missed', 'total'] as const) {
        const selector = this.source[side]?.[figure];
        if (selector === undefined) continue;
        found.set(
          `${side}.${figure}`,
          selector.replace(
            /\$(migration|phase|cohort)\b/g,
            (_, name: 'migration' | 'phase' | 'cohort') => window[name],
          ),
        );
      }
    }
    return found;
  }

  /**
   * The oldest of the newest samples of the counters. Every one has to be there: one that is absent until the first miss, or that nobody scrapes, would
   * be read as none missed. Asked for by Prometheus' own clock, which shows whether it is ours.
   */
  private async newestSample(
    selectors: ReadonlyMap<string, string>,
    now: Date,
    signal: AbortSignal,
  ): Promise<Date | NoAnswer> {
    const found = await this.ask(
      'query',
      { query: marked(selectors, (selector) => `max(timestamp(${selector}))`) },
      signal,
    );
    if (isNoAnswer(found)) return found;
    const missing = [...selectors.keys()].filter((figure) => !found.some(({ metric }) => metric[FIGURE] === figure));
    if (missing.length > 0) {
      return noData(`It has no counter for ${missing.join(', ')} now. Each has to be there from the start, at 0.`);
    }
    const times = found.flatMap(({ samples }) => samples);
    const clock = whyClocksDiffer(new Date(Math.max(...times.map(([at]) => at)) * 1_000), now);
    if (clock !== undefined) return clock;
    const newest = times.map(([, newestOfOne]) => new Date(newestOfOne * 1_000));
    for (const one of newest) {
      const old = whyNotFresh(one, now, this.source.staleAfter ?? STALE_AFTER);
      if (old !== undefined) return old;
    }
    return new Date(Math.min(...newest.map((one) => one.getTime())));
  }

  /** By how much each counter grew in the window. */
  private async growth(
    selectors: ReadonlyMap<string, string>,
    window: OutcomeWindow,
    signal: AbortSignal,
  ): Promise<Map<string, number> | NoAnswer> {
    const end = window.now.getTime() / 1_000;
    const begin = end - Math.max(0, end - window.since.getTime() / 1_000);
    const points = pointsOf(end, end - begin);
    const last = (range: string) => (selector: string) => `last_over_time(${selector}[${range}])`;
    const [before, within, anew] = await Promise.all([
      this.ask('query', { query: marked(selectors, last(LOOKED_BACK)), time: String(begin) }, signal),
      // Also of a process that ended between two points, which a selector alone no longer shows.
      this.atPoints(points, marked(selectors, last(`${points.step}s`)), signal),
      points.step === 1
        ? []
        : this.atPoints(
            points,
            marked(selectors, (selector) => `resets(${selector}[${reachOf(points.step)}s]) > 0`),
            signal,
          ),
    ]);
    if (isNoAnswer(before)) return before;
    if (isNoAnswer(within)) return within;
    if (isNoAnswer(anew)) return anew;
    const grown = new Map<string, number>();
    for (const [figure, selector] of selectors) {
      const seen = seriesOf(figure, before, within);
      const unclear = [...pointsWhere(figure, anew), ...largeBeginnings(seen), ...afterGaps(seen, begin, points.step)];
      const whole = await this.wholeSeries(selector, unclear, points.step, signal);
      if (isNoAnswer(whole)) return whole;
      for (const { metric, samples } of whole) {
        const since = seen.get(nameOf(metric))?.since;
        for (const sample of samples) if (sample[0] > begin) since?.push(sample);
      }
      const increase = increaseOf(figure, [...seen.values()].map(inOrder));
      if (typeof increase !== 'number') return increase;
      grown.set(figure, increase);
    }
    return grown;
  }

  /** Of a window that does not end on a point, its end is one more. */
  private async atPoints(
    { start, last, step, end }: Points,
    query: string,
    signal: AbortSignal,
  ): Promise<Series[] | NoAnswer> {
    const [range, now] = await Promise.all([
      last < start
        ? []
        : this.ask('query_range', { query, start: String(start), end: String(last), step: String(step) }, signal),
      last === end ? [] : this.ask('query', { query, time: String(end) }, signal),
    ]);
    if (isNoAnswer(range)) return range;
    return isNoAnswer(now) ? now : [...range, ...now];
  }

  /** Every sample of the series from the point before each of those points on: between two points a process may have begun anew. */
  private async wholeSeries(
    selector: string,
    points: readonly number[],
    step: number,
    signal: AbortSignal,
  ): Promise<Series[] | NoAnswer> {
    const stretches = stretchesOf(points, reachOf(step));
    if (stretches.length > STRETCHES) {
      return sourceError(
        `Processes began anew at more than ${STRETCHES} times within the window: nobody can say what each had counted until then.`,
      );
    }
    const found: Series[] = [];
    for (let first = 0; first < stretches.length; first += ASKED_AT_ONCE) {
      const answers = await Promise.all(
        stretches
          .slice(first, first + ASKED_AT_ONCE)
          .map(({ from, to }) =>
            this.ask('query', { query: `${selector}[${Math.ceil(to - from)}s]`, time: String(to) }, signal),
          ),
      );
      for (const answer of answers) {
        if (isNoAnswer(answer)) return answer;
        found.push(...answer);
      }
    }
    return found;
  }

  private async ask(
    path: 'query' | 'query_range',
    parameters: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Series[] | NoAnswer> {
    const answered = await askJson(
      this.connection,
      {
        url: addressOf(this.connection, `/api/v1/${path}`),
        form: new URLSearchParams({ ...parameters, timeout: `${this.connection.timeout}ms` }),
        // With these it says what was wrong.
        takes: [400, 422, 503],
      },
      signal,
    );
    if (isNoAnswer(answered)) return answered;
    const { status, body } = answered;
    const refusal = refusalSchema.safeParse(body);
    if (refusal.success) return sourceError(`It refuses the query (${refusal.data.errorType}).`);
    if (status !== 200) return sourceError(`It failed (${status}).`);
    const read = answerSchema.safeParse(body);
    if (!read.success) return sourceError('What it answered is no answer of Prometheus to such a query.');
    if ((read.data.warnings?.length ?? 0) > 0 || read.data.isPartial === true)
      return sourceError('It answered in part.');
    const { data } = read.data;
    return data.resultType === 'vector'
      ? data.result.map(({ metric, value }) => ({ metric, samples: [numbered(value)] }))
      : data.result.map(({ metric, values }) => ({ metric, samples: values.map(numbered) }));
  }
}

/** Where a window is looked at, in seconds: from `start` to `last`, and at its end. */
interface Points {
  step: number;
  start: number;
  last: number;
  end: number;
}

/** Points of a long window lie on a grid that stays where it is from look to look, and that a longer window only thins out. */
function pointsOf(end: number, length: number): Points {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(length / POINTS)));
  if (step === 1) return { step, start: end - Math.floor(length), last: end, end };
  const begin = end - length;
  return { step, start: Math.ceil(begin / step) * step, last: Math.floor(end / step) * step, end };
}

/** Prometheus writes numbers as text, for the sake of `NaN` and `+Inf`. */
function numbered([at, text]: [number, string]): [number, number] {
  return [at, text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : text.trim() === '' ? NaN : Number(text)];
}

/** One query for all of them: each with the name of its figure as a label. */
function marked(selectors: ReadonlyMap<string, string>, query: (selector: string) => string): string {
  return [...selectors]
    .map(([figure, selector]) => `label_replace(${query(selector)}, "${FIGURE}", "${figure}", "", "")`)
    .join(' or ');
}

/** What a series showed last before the window, and in it. */
interface Seen {
  before?: number;
  since: [number, number][];
}

/** The series of a figure, by their names. */
function seriesOf(figure: string, before: readonly Series[], within: readonly Series[]): Map<string, Seen> {
  const found = new Map<string, Seen>();
  for (const { metric, samples } of before) {
    const [last] = samples;
    if (metric[FIGURE] === figure && last !== undefined) found.set(nameOf(metric), { before: last[1], since: [] });
  }
  for (const { metric, samples } of within) {
    if (metric[FIGURE] !== figure) continue;
    const name = nameOf(metric);
    const seen = found.get(name) ?? { since: [] };
    found.set(name, seen);
    seen.since.push(...samples);
  }
  return found;
}

function pointsWhere(figure: string, found: readonly Series[]): number[] {
  return found.flatMap(({ metric, samples }) => (metric[FIGURE] === figure ? samples.map(([at]) => at) : []));
}

/** Where series that came later show much at their first point: it was counted since the point before, or elsewhere. */
function largeBeginnings(seen: ReadonlyMap<string, Seen>): number[] {
  return [...seen.values()].flatMap(({ before, since: [first] }) =>
    before === undefined && first !== undefined && first[1] > LARGEST_BEGINNING ? [first[0]] : [],
  );
}

/** How many seconds before a point are looked through for a process that began anew: one that was away for longer left a gap before the point. */
function reachOf(step: number): number {
  return step + Math.max(step, SEEN_AWAY);
}

/** Where series are there again, in the window or since it began: what they showed first is not what the point shows. */
function afterGaps(seen: ReadonlyMap<string, Seen>, begin: number, step: number): number[] {
  return [...seen.values()].flatMap(({ before, since }) =>
    since.flatMap(([at], index) => {
      const shownAt = since[index - 1]?.[0] ?? (before === undefined ? at : begin);
      return at - shownAt > Math.max(step, SEEN_AWAY) ? [at] : [];
    }),
  );
}

/** What lies before each of those points by as much, overlaps put together. */
function stretchesOf(points: readonly number[], length: number): { from: number; to: number }[] {
  const stretches: { from: number; to: number }[] = [];
  for (const to of [...new Set(points)].sort((one, other) => one - other)) {
    const previous = stretches.at(-1);
    if (previous !== undefined && to - length <= previous.to && to - previous.from <= LONGEST_STRETCH) previous.to = to;
    else stretches.push({ from: to - length, to });
  }
  return stretches;
}

function inOrder({ before, since }: Seen): CounterSamples {
  const values = since.sort(([one], [other]) => one - other).map(([, value]) => value);
  return { ...(before !== undefined && { before }), since: values };
}

/** The same for the same series, whether or not a function left its name off, and whatever figure it was asked for as. */
function nameOf(metric: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(metric).filter(([label]) => label !== '__name__' && label !== FIGURE);
  return JSON.stringify(pairs.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function figuresOf(side: 'target' | 'legacy', grown: ReadonlyMap<string, number>): RawFigures {
  const total = grown.get(`${side}.total`);
  return {
    kept: grown.get(`${side}.kept`),
    ...(total === undefined ? { missed: grown.get(`${side}.missed`) } : { total }),
  };
}
