import { chooseEpisode } from '../../../domain/crosswalk/choose-episode';

describe('R46 the episode that an event without one belongs to', () => {
  const none = { ofSubscriptions: [], open: [], closed: [] };

  it.each([
    ['the one that it names, whatever is open', { ...none, named: 'ep_1', open: ['ep_2'] }, 'ep_1'],
    ['the only open one', { ...none, open: ['ep_1'], closed: ['ep_2', 'ep_3'] }, 'ep_1'],
    [
      'its subscription’s, of several open ones',
      { ...none, open: ['ep_1', 'ep_2'], ofSubscriptions: ['ep_2'] },
      'ep_2',
    ],
    [
      'its subscription’s, of several closed ones',
      { ...none, closed: ['ep_1', 'ep_2'], ofSubscriptions: ['ep_1'] },
      'ep_1',
    ],
    ['the only open one, before its subscription’s', { ...none, open: ['ep_1'], ofSubscriptions: ['ep_2'] }, 'ep_1'],
    ['the only one there was', { ...none, closed: ['ep_1'] }, 'ep_1'],
  ])('is %s', (_what, known, episode) => {
    expect(chooseEpisode(known)).toEqual({ episode });
  });

  it('is not known where there is none, or several', () => {
    expect(chooseEpisode(none)).toEqual({ because: 'noEpisode' });
    const several = { because: 'severalEpisodes' };
    expect(chooseEpisode({ ...none, open: ['ep_1', 'ep_2'] })).toEqual(several);
    expect(chooseEpisode({ ...none, closed: ['ep_1', 'ep_2'] })).toEqual(several);
    expect(chooseEpisode({ ...none, open: ['ep_1', 'ep_2'], ofSubscriptions: ['ep_1', 'ep_2'] })).toEqual(several);
  });
});
