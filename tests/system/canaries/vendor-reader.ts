import { randomUUID } from 'node:crypto';
import { EventContract } from '../../../domain/events/event-contract';
import { HookRefused } from '../../../domain/hooks/hook-refusal';
import { HookTranslator, type Translated } from '../../../domain/hooks/hook-translator';
import type { Plan } from '../../../domain/plan/plan-schema';
import type { Canaries } from './canaries';
import { pathName, textPaths, withFurtherFields, withTexts, type TextPath } from './planted-copies';

/** A payload of a hook, as JSON or as a form's fields. */
export interface HookPayload {
  hook: string;
  name: string;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** The same with canaries in it. */
export interface PlantedPayload extends HookPayload {
  /** What it is without them, where they are in nothing that means anything; otherwise it may be refused. */
  means?: Translated['became'];
}

/** Finds by the product's own translation which texts of a payload mean something, and plants canaries in each. */
export class VendorReader {
  private readonly seen = new Set<string>();
  private readonly translators = new Map<string, HookTranslator>();

  constructor(
    plan: Plan,
    private readonly canaries: Canaries,
  ) {
    const contract = new EventContract(plan);
    for (const hook of plan.hooks ?? []) this.translators.set(hook.id, new HookTranslator(hook, plan, contract));
  }

  /**
   * Of one payload: with words in each of its texts alone, whatever that means; with a word in each that is not its id or its type; and with a word in
   * all that mean nothing, beside further fields. A text is planted once a kind of payload.
   */
  async plant(payload: HookPayload): Promise<PlantedPayload[]> {
    const { canaries } = this;
    const { hook, body } = payload;
    const original = await this.read(payload, body);
    const kind = `${hook} ${original.map(({ type }) => type ?? '').join(' ')}`.trim();
    const meaningless: TextPath[] = [];
    const meaningful: { path: TextPath; names: Names }[] = [];
    for (const path of textPaths(body)) {
      const probe = `probe${randomUUID().replaceAll('-', '')}`;
      const probed = await this.read(payload, withTexts(body, [[path, probe]]));
      if (JSON.stringify(probed) === JSON.stringify(original)) meaningless.push(path);
      else meaningful.push({ path, names: namedBy(probed, probe) });
    }
    const idPaths = meaningful.filter(({ names }) => names === 'id').map(({ path }) => path);
    // Under another id each time: what comes twice is not read to the end.
    const anew = (planted: TextPath | undefined): [TextPath, string][] =>
      idPaths.filter((path) => path !== planted).map((path) => [path, `anew${randomUUID().replaceAll('-', '')}`]);
    const alone = (path: TextPath, text: string): PlantedPayload => ({
      ...payload,
      body: withTexts(body, [...anew(path), [path, text]]),
    });
    const planted: PlantedPayload[] = [];
    const names = new Map(meaningful.map((one) => [one.path, one.names]));
    for (const path of [...meaningless, ...names.keys()]) {
      const where = `${kind}: ${pathName(path)}`;
      if (this.seen.has(where)) continue;
      this.seen.add(where);
      planted.push(alone(path, canaries.words(`${where}, words`)));
      if (['id', 'type'].includes(names.get(path) ?? '')) continue;
      planted.push(alone(path, canaries.token(`${where}, a word`)));
    }
    const all = withTexts(body, [
      ...anew(undefined),
      ...meaningless.map((path): [TextPath, string] => [path, canaries.token(`${kind}: ${pathName(path)}, among all`)]),
    ]);
    const further = withFurtherFields(
      all,
      () => canaries.token(`${kind}: a further field's name`),
      () => canaries.words(`${kind}: a further field`),
    );
    const [first] = original;
    planted.push({ ...payload, body: further, ...(first !== undefined && { means: first.became }) });
    return planted;
  }

  /** What it becomes; the code alone where it is refused as a whole. */
  private async read({ hook }: HookPayload, body: unknown): Promise<Translated[]> {
    const translator = this.translators.get(hook);
    if (translator === undefined) throw new Error('The plan has no such hook.');
    try {
      const delivery = { body, query: {}, bodyDigest: 'of-the-body' };
      return (await translator.translate(delivery, Date.now())).map(({ translated }) => translated);
    } catch (error) {
      if (!(error instanceof HookRefused)) throw error;
      const { code, message } = error;
      return [{ became: 'refused', type: undefined, refusal: { code, message } }];
    }
  }
}

type Names = 'id' | 'type' | 'other';

/** Whether a text is the id of what happened, or the vendor's code for it: these are kept. */
function namedBy(items: readonly Translated[], text: string): Names {
  if (items.some(({ type }) => type?.includes(text))) return 'type';
  const ids = items.flatMap((item) => {
    if (item.became === 'events') return item.events.map(({ id }) => id);
    return item.became === 'refused' && item.event !== undefined ? [item.event.id] : [];
  });
  return ids.some((id) => id.includes(text)) ? 'id' : 'other';
}
