import type { OutcomeAnswer } from '../../../domain/metrics/outcome-answer';
import type { GateSource } from '../../../domain/plan/plan-schema';
import { PrometheusSource } from '../../../adapters/metrics/prometheus-source';
import { OWN_WORDS } from './gate-source-conformance';
import { ReportService } from './report-service';

/** What Prometheus, and what speaks its API (Thanos, Mimir, VictoriaMetrics), may answer; a real one has a suite of its own. */
const SOURCE: Extract<GateSource, { kind: 'prometheus' }> = {
  ...{ kind: 'prometheus', connection: 'metrics' },
  target: { kept: 'kept_total{cohort="$cohort"}', missed: 'missed_total{cohort="$cohort"}' },
};
const NOW = new Date('2026-11-01T12:00:00Z');
const AT = NOW.getTime() / 1_000;

let service: ReportService;
let url: string;
let bodies: URLSearchParams[];
beforeEach(async () => {
  service = new ReportService();
  url = await service.listen();
  bodies = [];
});
afterEach(() => service.stop());

const count = (minutes = 10, now = NOW): Promise<OutcomeAnswer> =>
  new PrometheusSource({ url, token: 'of-the-environment', timeout: 2_000 }, SOURCE).count({
    ...{ migration: 'm', phase: 'payment', cohort: 'pilot-states', gate: 'g' },
    ...{ since: new Date(now.getTime() - minutes * 60_000), now },
  });

type Metric = Record<string, string>;
const labels = (figure: string): Metric => ({ handoff_figure: figure, process: 'a' });
const FIGURES = ['target.kept', 'target.missed'];

/** A counter that is there and counts nothing. */
const there = (from: number, to: number): [number, string][] => [
  ...Array.from({ length: Math.ceil((to - from) / 240) }, (_, n): [number, string] => [from + n * 240, '10']),
  [to, '10'],
];

/** Answers as one does that has a counter of each, before the window and in it; `change` has the last word on each answer. */
function answers(change: (answer: Record<string, unknown>, path: string) => unknown = (answer) => answer): void {
  service.answering = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const form = new URLSearchParams(body);
      bodies.push(form);
      const range = request.url?.endsWith('query_range') === true;
      const value = form.get('query')?.includes('timestamp') === true ? String(AT - 5) : '10';
      const result = FIGURES.map((figure) =>
        range
          ? { metric: { ...labels(figure), __name__: 'x' }, values: [...there(Number(form.get('start')), AT - 60), [AT, figure === 'target.kept' ? '17' : '12']] } // prettier-ignore
          : { metric: labels(figure), value: [AT, value] },
      );
      const answer = { status: 'success', data: { resultType: range ? 'matrix' : 'vector', result } };
      service.send(response, change(answer, request.url ?? ''));
    });
  };
}

const data = (resultType: string, result: unknown): Record<string, unknown> => ({
  status: 'success',
  data: { resultType, result },
});

describe('answers of Prometheus', () => {
  it('are asked for by a form, below the address of the connection, with its token, and counted', async () => {
    answers();
    await expect(count()).resolves.toEqual({
      kind: 'outcomes',
      target: { kept: 7, missed: 2 },
      legacy: { kept: 0, missed: 0 },
      newestAt: new Date(NOW.getTime() - 5_000),
    });
    const [{ method, url: asked, headers } = {}] = service.asked;
    expect([method, asked, headers?.authorization]).toEqual([
      ...['POST', '/reports/api/v1/query', 'Bearer of-the-environment'],
    ]);
    expect(bodies.every((form) => form.get('query')?.includes('cohort="pilot-states"') === true)).toBe(true);
    const [, ...later] = bodies;
    expect(later.find((form) => form.has('start'))?.get('end')).toBe(String(AT));
    expect(later.find((form) => form.has('time'))?.get('time')).toBe(String(AT - 600));
  });

  it('of a long window are asked for on points that stay where they are from look to look', async () => {
    answers();
    for (const seconds of [7, 8, 21]) await count(180, new Date(NOW.getTime() + seconds * 1_000));
    const ranges = bodies.filter((form) => form.has('start'));
    expect(ranges.map((form) => form.get('step'))).toEqual(Array.from({ length: 6 }, () => '8'));
    for (const form of ranges) {
      expect([Number(form.get('start')) % 8, Number(form.get('end')) % 8]).toEqual([0, 0]);
    }
    // What it shows now counts, on whichever point that lies.
    const atTheEnd = bodies.filter((form) => form.get('time') === String(AT + 7));
    expect(atTheEnd.some((form) => form.get('query')?.includes('last_over_time(kept_total') === true)).toBe(true);
  });

  it('of a long window are read whole around the points before which a process began anew', async () => {
    answers((answer, path) => {
      const query = bodies.at(-1)?.get('query') ?? '';
      if (query.includes('resets(')) {
        const result = path.endsWith('range') ? [{ metric: labels('target.kept'), values: [[AT - 72, '1'], [AT - 64, '1']] }] : []; // prettier-ignore
        return data(path.endsWith('range') ? 'matrix' : 'vector', result);
      }
      if (query.startsWith('kept_total'))
        return data('matrix', [{ metric: { ...labels(''), __name__: 'x' }, values: [[AT - 80, '40'], [AT - 71, '3']] }]); // prettier-ignore
      return answer;
    });
    // 10, 40, 3, 10, 17 and 10, 12.
    expect(await count(180)).toMatchObject({ target: { kept: 47, missed: 2 } });
    const whole = bodies.filter((form) => form.get('query')?.startsWith('kept_total') === true);
    expect(whole.map((form) => [form.get('query'), form.get('time')])).toEqual([
      ['kept_total{cohort="pilot-states"}[316s]', String(AT - 64)],
    ]);
  });

  it('of a long window are read whole where a series is there again after a gap: it may have begun anew and overtaken itself', async () => {
    answers((answer, path) => {
      const query = bodies.at(-1)?.get('query') ?? '';
      if (query.includes('resets(')) return data(path.endsWith('range') ? 'matrix' : 'vector', []);
      if (query.startsWith('kept_total')) return data('matrix', [{ metric: labels(''), values: [[AT - 3, '2']] }]);
      if (!path.endsWith('range')) return answer;
      return data('matrix', [
        { metric: labels('target.kept'), values: [...there(Number(bodies.at(-1)?.get('start')), AT - 900), [AT - 800, '12'], [AT, '13']] }, // prettier-ignore
        { metric: labels('target.missed'), values: there(Number(bodies.at(-1)?.get('start')), AT) }, // prettier-ignore
      ]);
    });
    // 10, 12, 2, 13.
    expect(await count(180)).toMatchObject({ target: { kept: 15, missed: 0 } });
  });

  it('of a long window are read whole where a series was not there when it began, and is again', async () => {
    answers((answer, path) => {
      const query = bodies.at(-1)?.get('query') ?? '';
      if (query.includes('resets(')) return data(path.endsWith('range') ? 'matrix' : 'vector', []);
      if (query.startsWith('kept_total')) return data('matrix', [{ metric: labels(''), values: [[AT - 3, '2']] }]);
      if (!path.endsWith('range')) return answer;
      return data('matrix', [
        { metric: labels('target.kept'), values: [[AT, '13']] },
        { metric: labels('target.missed'), values: there(Number(bodies.at(-1)?.get('start')), AT) },
      ]);
    });
    // 10, 2, 13.
    expect(await count(180)).toMatchObject({ target: { kept: 13, missed: 0 } });
  });

  it('of a long window that ends between seconds are read whole by whole seconds, which alone PromQL takes', async () => {
    const now = new Date(NOW.getTime() + 5_123);
    answers((answer, path) => {
      if (bodies.at(-1)?.get('query')?.includes('resets(') !== true) return answer;
      return path.endsWith('range')
        ? data('matrix', [{ metric: labels('target.kept'), values: [[AT, '1']] }])
        : data('vector', [{ metric: labels('target.kept'), value: [AT + 5.123, '1'] }]);
    });
    await count(180, now);
    const whole = bodies.filter((form) => form.get('query')?.startsWith('kept_total') === true);
    expect(whole.map((form) => [form.get('query'), form.get('time')])).toEqual([
      ['kept_total{cohort="pilot-states"}[314s]', String(AT + 5.123)],
    ]);
  });

  it('of processes that never stop beginning anew hold: nobody can say what they counted', async () => {
    const often = Array.from({ length: 501 }, (_, n) => [AT - n * 5_000, '1']);
    answers((answer, path) =>
      path.endsWith('range') && bodies.at(-1)?.get('query')?.includes('resets(') === true
        ? data('matrix', [{ metric: labels('target.kept'), values: often }])
        : answer,
    );
    expect(await count(45_000)).toEqual({
      kind: 'sourceError',
      message:
        'Processes began anew at more than 500 times within the window: nobody can say what each had counted until then.',
    });
  });

  const metric = labels('target.kept');

  it.each<[string, (answer: Record<string, unknown>, path: string) => unknown]>([
    ['with warnings', (answer) => ({ ...answer, warnings: [OWN_WORDS] })],
    ['in part, as VictoriaMetrics says it', (answer) => ({ ...answer, isPartial: true })],
    ['with an error', () => ({ status: 'error', errorType: 'bad_data', error: OWN_WORDS })],
    ['with an error in words', () => ({ status: 'error', errorType: OWN_WORDS, error: OWN_WORDS })],
    ['of a scalar', () => data('scalar', [AT, '1'])],
    ['of text', () => data('string', [AT, OWN_WORDS])],
    ['of histograms', () => data('vector', [{ metric, histogram: [AT, { count: '1' }] }])],
    ['with a number where text is meant', () => data('vector', [{ metric, value: [AT, 17] }])],
    ['with no value', () => data('vector', [{ metric, value: [] }])],
    ['with null', () => data('vector', null)],
    ['of null', () => null],
    ['of a list', () => [1]],
    ['of nothing', () => ({})],
    ['that is no count', (answer, path) => (path.endsWith('range') ? data('matrix', [{ metric, values: [[AT, OWN_WORDS]] }]) : answer)], // prettier-ignore
    ['that is empty text', (answer, path) => (path.endsWith('range') ? data('matrix', [{ metric, values: [[AT, '']] }]) : answer)], // prettier-ignore
    ['without what was before', (answer, path) => (path.endsWith('/query') && bodies.length > 1 ? data('vector', []) : answer)], // prettier-ignore
    ['without any counter now', () => data('vector', [])],
  ])('%s hold (G7), and nobody reads what they say', async (_, change) => {
    answers(change);
    const answer = await count();
    if (answer.kind === 'outcomes') throw new Error(`It was believed: ${JSON.stringify(answer)}`);
    expect(answer.message).not.toContain(OWN_WORDS);
    expect(answer.message).toMatch(/\.$/);
  });
});
