import type { OutcomeSource, OutcomeWindow } from '../../activities/gates/outcome-source';
import { Expression } from '../../domain/hooks/expression';
import { isNoAnswer, outcomesOf, whyNotFresh, type RawFigures } from '../../domain/metrics/check-figures';
import { sourceError, type NoAnswer, type OutcomeAnswer } from '../../domain/metrics/outcome-answer';
import type { GateSource } from '../../domain/plan/plan-schema';
import { addressOf, askJson, type HttpConnection } from './ask-json';

type HttpGateSource = Extract<GateSource, { kind: 'http' }>;
type Figures = HttpGateSource['target'];

/** Figures in one JSON answer of an HTTP service, which is told for which window they are asked. */
export class HttpJsonSource implements OutcomeSource {
  private readonly expressions = new Map<string, Expression>();

  constructor(
    private readonly connection: HttpConnection,
    private readonly source: HttpGateSource,
  ) {}

  async count(window: OutcomeWindow): Promise<OutcomeAnswer> {
    const { path, target, legacy, asOf, staleAfter } = this.source;
    const url = addressOf(this.connection, path);
    for (const name of ['migration', 'phase', 'cohort', 'gate'] as const) url.searchParams.set(name, window[name]);
    url.searchParams.set('since', window.since.toISOString());
    const answered = await askJson(this.connection, { url }, AbortSignal.timeout(this.connection.timeout));
    if (isNoAnswer(answered)) return answered;
    if (answered.body === undefined) return sourceError('What it answered is no JSON.');

    const fresh = asOf === undefined ? null : timeOf(await this.find(asOf, answered.body));
    if (fresh !== null && isNoAnswer(fresh)) return fresh;
    const old = fresh === null ? undefined : whyNotFresh(fresh, window.now, staleAfter);
    if (old !== undefined) return old;
    const onTarget = outcomesOf('target', await this.figures(target, answered.body));
    if (isNoAnswer(onTarget)) return onTarget;
    const onLegacy =
      legacy === undefined ? { kept: 0, missed: 0 } : outcomesOf('legacy', await this.figures(legacy, answered.body));
    if (isNoAnswer(onLegacy)) return onLegacy;
    return { kind: 'outcomes', target: onTarget, legacy: onLegacy, newestAt: fresh };
  }

  private async figures({ kept, missed, total }: Figures, body: unknown): Promise<RawFigures> {
    return {
      kept: await this.find(kept, body),
      ...(total === undefined
        ? { missed: missed === undefined ? undefined : await this.find(missed, body) }
        : { total: await this.find(total, body) }),
    };
  }

  /** What an expression says of the answer. One that fails on it says what no figure is. */
  private async find(text: string, body: unknown): Promise<unknown> {
    let expression = this.expressions.get(text);
    if (expression === undefined) this.expressions.set(text, (expression = new Expression(text)));
    try {
      return await expression.evaluate(body);
    } catch {
      return FAILED;
    }
  }
}

const FAILED = Symbol('an expression that fails');

/** RFC 3339, or seconds since 1970. */
function timeOf(value: unknown): Date | NoAnswer {
  const read =
    typeof value === 'number'
      ? new Date(value * 1_000)
      : typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]{5,15}(Z|[+-]\d{2}:\d{2})$/.test(value)
        ? new Date(value)
        : undefined;
  if (read === undefined || Number.isNaN(read.getTime())) {
    return sourceError('It does not say up to when its figures are whole, as RFC 3339 or as seconds since 1970.');
  }
  return read;
}
