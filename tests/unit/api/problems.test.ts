import { z } from 'zod';
import { problemOf, readRequest } from '../../../api/problems';
import { StaleEpoch } from '../../../domain/sides/stale-epoch';

describe('what the API says when it refuses', () => {
  it('gives a domain error its own code, status and sentence', () => {
    expect(problemOf(new StaleEpoch(3, 5))).toEqual({
      type: 'urn:warm-handoff:stale-epoch',
      title: 'Stale epoch',
      status: 409,
      code: 'stale-epoch',
      detail: expect.stringContaining('you sent epoch 3, it is at 5') as string,
    });
  });

  it('lists everything that is wrong with a body at once, by field, and repeats no value and no unknown name', () => {
    const schema = z.strictObject({ count: z.int(), scope: z.enum(['step', 'phase']), name: z.string().max(3) });
    const received = { count: 'canary-1', scope: 'canary-2', name: 'canary-3', 'canary-4': 'canary-5' };
    const problem = problemOf(caught(() => readRequest(schema, received)));
    expect(problem).toMatchObject({ code: 'bad-request', status: 400 });
    expect(problem?.problems).toHaveLength(4);
    expect((problem?.problems as { path: string }[]).map(({ path }) => path).sort()).toEqual([
      'body',
      'count',
      'name',
      'scope',
    ]);
    expect(JSON.stringify(problem)).not.toContain('canary');
  });

  it.each([
    ['entity.too.large', 413, 'body-too-large', 413],
    ['entity.parse.failed', 400, 'malformed-json', 400],
    ['encoding.unsupported', 415, 'unsupported-media-type', 415],
    ['charset.unsupported', 415, 'unsupported-media-type', 415],
    ['request.aborted', 400, 'incomplete-body', 400],
    ['request.size.invalid', 400, 'incomplete-body', 400],
  ])('answers a body that could not be read (%s)', (type, thrown, code, status) => {
    const problem = problemOf(thrownByExpress(thrown, 'canary', type));
    expect(problem).toMatchObject({ code, status });
    expect(JSON.stringify(problem)).not.toContain('canary');
  });

  it('keeps the status of what the router refuses, such as a path that is no UTF-8, and not its message', () => {
    const problem = problemOf(thrownByExpress(400, "Failed to decode param '%E0canary'"));
    expect(problem).toMatchObject({ code: 'bad-request', status: 400 });
    expect(JSON.stringify(problem)).not.toContain('canary');
  });

  it.each([new Error('canary'), new TypeError('canary'), thrownByExpress(500, 'canary'), 'canary', undefined])(
    'knows no answer to a failure that nobody foresaw (%#)',
    (failure) => {
      expect(problemOf(failure)).toBeUndefined();
    },
  );
});

/** As its body parsers and its router throw: an error with a status, and sometimes a type. */
function thrownByExpress(status: number, message: string, type?: string): Error {
  return Object.assign(new Error(message), { status, type });
}

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}
