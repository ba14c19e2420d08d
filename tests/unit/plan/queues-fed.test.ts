import { HOOKS_PLAN } from '../../integration/hooks/hooks-world';
import { findingsOf } from './plan-texts';

const unfed = (yaml: string): string[] =>
  findingsOf(yaml)
    .filter(({ code }) => code === 'WH702')
    .map(({ path }) => path);

describe('a queue that nothing feeds', () => {
  it('is none of those in which the crosswalk opens cases, where the plan has webhooks of vendors', () => {
    expect(HOOKS_PLAN).toContain('id: unlinked-event');
    expect(unfed(HOOKS_PLAN)).toEqual([]);
    const [before = '', rest = ''] = HOOKS_PLAN.split('\nhooks:\n');
    const without = `${before}\nevents:\n${rest.split('\nevents:\n')[1] ?? ''}`;
    expect(unfed(without).length).toBeGreaterThan(0);
  });
});
