import type { MetricQuery, MetricReading, MetricSource } from '../../../activities/gates/metric-source';
import { PromptFigures } from '../../../activities/gates/prompt-figures';

const QUERY: MetricQuery = {
  ...{ migration: 'm', phase: 'payment', cohort: 'everyone', gate: 'g', handoff: 'h', epoch: 3, attemptEpoch: 2 },
  source: { kind: 'sql', connection: 'warehouse', query: 'SELECT 1' },
};
const none = { kept: 0, missed: 0, released: 0 };
const reading = (kept: number): MetricReading => {
  const both = { attempt: { ...none, kept }, epoch: { ...none, kept } };
  return { kind: 'reading', reading: { target: both, legacy: both, newestAt: null } };
};

/** A source that answers when it is told to, and a clock that goes when it is told to. */
function scene(): {
  prompt: PromptFigures;
  asked: MetricQuery[];
  answer: (with_: MetricReading) => Promise<void>;
  fail: () => Promise<void>;
  later: (milliseconds: number) => void;
} {
  const asked: MetricQuery[] = [];
  const waiting: { resolve: (answer: MetricReading) => void; reject: (error: Error) => void }[] = [];
  const source: MetricSource = {
    read: (query) => {
      asked.push(query);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
  };
  let now = 0;
  const settle = async (): Promise<void> => {
    await Promise.resolve();
    await Promise.resolve();
  };
  return {
    prompt: new PromptFigures(source, () => now),
    asked,
    answer: (answer) => {
      waiting.shift()?.resolve(answer);
      return settle();
    },
    fail: () => {
      waiting.shift()?.reject(new Error('as no source does'));
      return settle();
    },
    later: (milliseconds) => {
      now += milliseconds;
    },
  };
}

describe('a watch that asks a source outside', () => {
  it('gets what it says where it says it at once, and asks again only after a while', async () => {
    const { prompt, asked, answer, later } = scene();
    const first = prompt.read(QUERY);
    await answer(reading(1));
    await expect(first).resolves.toEqual(reading(1));
    later(4_000);
    await expect(prompt.read(QUERY)).resolves.toEqual(reading(1));
    expect(asked).toHaveLength(1);
    later(1_000);
    const second = prompt.read(QUERY);
    await answer(reading(2));
    await expect(second).resolves.toEqual(reading(2));
    expect(asked).toHaveLength(2);
  });

  it('is never kept waiting: what was said last counts for a while, and then nothing does (G7)', async () => {
    const { prompt, asked, answer, later } = scene();
    await expect(prompt.read(QUERY)).resolves.toMatchObject({ kind: 'noData' });
    await answer(reading(1));
    later(6_000);
    await expect(prompt.read(QUERY)).resolves.toEqual(reading(1));
    later(20_000);
    await expect(prompt.read(QUERY)).resolves.toEqual(reading(1));
    expect(asked).toHaveLength(2);
    later(5_000);
    await expect(prompt.read(QUERY)).resolves.toMatchObject({ kind: 'sourceError' });
    await answer(reading(2));
    await expect(prompt.read(QUERY)).resolves.toEqual(reading(2));
  });

  it('gets nothing that was said of another epoch (I3)', async () => {
    const { prompt, answer } = scene();
    const first = prompt.read(QUERY);
    await answer(reading(50));
    await first;
    await expect(prompt.read({ ...QUERY, epoch: 4 })).resolves.toMatchObject({ kind: 'noData' });
  });

  it('keeps an error for no longer than an answer, and is not thrown at', async () => {
    const { prompt, answer, fail, later } = scene();
    const first = prompt.read(QUERY);
    await fail();
    await expect(first).resolves.toMatchObject({ kind: 'sourceError' });
    later(5_000);
    const second = prompt.read(QUERY);
    await answer(reading(1));
    await expect(second).resolves.toEqual(reading(1));
  });

  it('reads handoffs at every look', async () => {
    const { prompt, asked, answer } = scene();
    const { source: _, ...ofHandoffs } = QUERY;
    for (const kept of [1, 2]) {
      const look = prompt.read(ofHandoffs);
      await answer(reading(kept));
      await expect(look).resolves.toEqual(reading(kept));
    }
    expect(asked).toHaveLength(2);
  });
});
