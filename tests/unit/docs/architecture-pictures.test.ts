import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import { drawJourney } from './pictures/draw-journey';
import { drawParts, readParts, withoutGround } from './pictures/draw-parts';
import { drawWay, notInCode } from './pictures/way-through-code';
import { EVENT, PERCENTAGE } from './pictures/ways';

const ROOT = join(__dirname, '..', '..', '..');
const DOCUMENT = join(ROOT, 'docs', 'architecture.md');
const telehealth = (): string => readFileSync(join(ROOT, 'examples', 'telehealth.yaml'), 'utf8');

// After a change of what they show: UPDATE_DOCS=1 npx jest architecture-pictures
describe('the pictures of docs/architecture.md', () => {
  it.each([
    ['percentage', () => drawWay(PERCENTAGE)],
    ['event', () => drawWay(EVENT)],
    ['journey', () => drawJourney(loadPlan(telehealth()).plan)],
    ['parts', () => drawParts(readParts())],
  ])('show what there is: %s', (name, draw) => {
    const block = new RegExp(
      `(<!-- picture ${name}: written by tests/unit/docs/architecture-pictures.test.ts -->\\n)[^]*?(<!-- end -->)`,
    );
    const document = readFileSync(DOCUMENT, 'utf8');
    expect(block.test(document)).toBe(true);
    const drawn = `\n\`\`\`mermaid\n${draw()}\n\`\`\`\n\n`;
    const current = document.replace(block, (_all, begin: string, end: string) => `${begin}${drawn}${end}`);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, current);
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(current);
  });
});

describe('a way through the code', () => {
  it.each([
    ['of a percentage', PERCENTAGE],
    ['of an event', EVENT],
  ])('%s rests at every step on what the code has', (_, way) => {
    expect(notInCode(way)).toEqual([]);
  });

  it.each([
    ['an import that is not there', { from: 'values', to: 'router', by: 'import' as const }],
    ['a table that a file does not touch', { from: 'asked', to: 'placement', by: 'table' as const }],
    ['a route that nobody serves', { from: 'stack', to: 'asked', by: { route: '/nowhere' } }],
    ['a word that one of both lacks', { from: 'runner', to: 'decide', by: { name: 'shiftTraffic' } }],
    [
      'a port that one of both does not know',
      { from: 'activities', to: 'decide', by: { port: 'activities/traffic/traffic-router.ts' } },
    ],
  ])('is refused with %s', (_, hop) => {
    expect(notInCode({ ...PERCENTAGE, hops: [hop] })).toEqual([`${hop.from} to ${hop.to}`]);
  });
});

describe('the journey of the example', () => {
  it('shows every phase, every handoff and every bridge', () => {
    const { plan } = loadPlan(telehealth());
    const drawn = drawJourney(plan);
    for (const { id } of plan.phases) expect(drawn).toContain(id);
    const arrows = drawn.split('\n').filter((line) => line.includes('|"'));
    expect(arrows).toHaveLength(plan.handoffs.reduce((sum, { end }) => sum + end.length, 0));
    const bridges = plan.handoffs.filter(({ phase, endPhase }) => endPhase !== undefined && endPhase !== phase);
    expect(bridges.length).toBeGreaterThan(0);
    expect(arrows.filter((line) => line.includes('-.->'))).toHaveLength(
      bridges.reduce((sum, { end }) => sum + end.length, 0),
    );
  });
});

it('all parts but the pure ones and the workflows stand on domain/ and platform/, as the picture says', () => {
  expect(withoutGround(readParts())).toEqual(['workflows']);
});
