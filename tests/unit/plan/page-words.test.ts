import { planPages } from '../../../cli/plan/pages/plan-pages';
import { planPictures } from '../../../domain/plan/graph/plan-pictures';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { Plan } from '../../../domain/plan/plan-schema';
import { actionWords } from '../../../domain/plan/words/action-words';
import { EXAMPLE_START } from '../../fixtures/example-pages';
import { PAYMENT, TELEHEALTH } from './plan-texts';

const telehealth = loadPlan(TELEHEALTH);

function phaseOf(plan: Plan, id: string): Plan['phases'][number] {
  const phase = plan.phases.find((one) => one.id === id);
  if (phase === undefined) throw new Error(`There is no ${id}.`);
  return phase;
}

const written = planPages({ ...telehealth, start: EXAMPLE_START });

async function pageOf(name: string, pages = written): Promise<string> {
  return (await pages).find((one) => one.name === name)?.text ?? '';
}

describe('what the pages of a plan say', () => {
  it('of a pause: what arrivals do meanwhile, by the phase', () => {
    const phase = phaseOf(telehealth.plan, 'payment');
    expect(actionWords({ kind: 'pause' }, phase)).toContain('its arrivals go to legacy');
    expect(actionWords({ kind: 'pause' }, { ...phase, pause: { arrivals: 'keep' } })).toContain('keep their share');
  });

  it('of a step back: that a number a day before it leaves nobody new on target', () => {
    const back = { kind: 'rollback', scope: 'step' } as const;
    expect(actionWords(back, phaseOf(telehealth.plan, 'payment'))).toContain('or it goes by a number a day');
    expect(actionWords(back, phaseOf(telehealth.plan, 'front-door'))).not.toContain('a number a day');
  });

  it('of dates: one earliest date for each commit, on every page', async () => {
    const commits = [...(await pageOf('dry-run.md')).matchAll(/^- Commit at the earliest: (\w+ \d+ \w+ \d+),/gm)];
    expect(commits).toHaveLength(telehealth.plan.phases.length);
    const index = await pageOf('README.md');
    for (const [, day = ''] of commits) expect(index).toContain(`| ${day} |`);
    expect(await pageOf('phases.md')).not.toMatch(/day \d+ (of|to)/);
  });

  it('of those who are here already: how many move in waves, how many by hand', async () => {
    expect(await pageOf('README.md')).toContain('5,630 of 6,000 in waves (WH817) and 370 by hand');
  });

  it('of every plan: what its words mean', async () => {
    expect(await pageOf('README.md')).toContain('| reverse cutover |');
    const payment = planPages({ ...loadPlan(PAYMENT), start: EXAMPLE_START });
    expect(await pageOf('README.md', payment)).toContain('| reverse cutover |');
  });
});

it('no arrow leads from a limit that people watch to what would happen by itself', () => {
  const pictures = planPictures(telehealth.plan, 'phases');
  const from = pictures.flatMap(({ edges }) => edges.filter((edge) => /^(watched|queues)-/.test(edge.from)));
  expect(from.length).toBeGreaterThan(0);
  expect([...new Set(from.map(({ kind }) => kind))]).toEqual(['link']);
});
