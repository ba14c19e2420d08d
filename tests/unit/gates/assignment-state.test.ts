import {
  beginAssignments,
  lookAtAssignments,
  skewOf,
  type AssignmentState,
} from '../../../domain/gates/assignment-state';

const TENTH = 10_000;

/** So many looks, each with as many more as are given. */
function after(
  looks: number,
  each: { target: number; legacy: number },
  epoch = 2,
  from = beginAssignments(epoch),
): AssignmentState {
  let state = from;
  for (let look = 1; look <= looks; look += 1) {
    state = lookAtAssignments(state, { epoch, share: TENTH, arrived: each, until: `look ${look}` });
  }
  return state;
}

describe('who arrived, and was given which side', () => {
  it('says nothing of a split that splits as it says', () => {
    expect(skewOf(after(200, { target: 1, legacy: 9 }), { epoch: 2, share: TENTH })).toBeUndefined();
  });

  it('says how many went where, where that cannot be the share', () => {
    expect(skewOf(after(40, { target: 2, legacy: 8 }), { epoch: 2, share: TENTH })).toMatch(
      /^80 of 400 who arrived went to target, where the split says 10%; 1 in [\d,]+ if it works/,
    );
  });

  it('looks at each epoch for itself, and goes on from where it looked last', () => {
    const skewed = after(40, { target: 2, legacy: 8 });
    expect(skewOf(skewed, { epoch: 3, share: TENTH })).toBeUndefined();
    const mended = after(40, { target: 1, legacy: 9 }, 3, skewed);
    expect(skewOf(mended, { epoch: 3, share: TENTH })).toBeUndefined();
    expect(mended).toMatchObject({ until: 'look 40', taken: { target: 40, legacy: 360 } });
    const nobody = { epoch: 3, share: TENTH, arrived: { target: 0, legacy: 0 }, until: 'look 41' };
    expect(lookAtAssignments(mended, nobody)).toBe(mended);
  });
});
