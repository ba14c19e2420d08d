import { drawSvg } from '../../../../cli/plan/pictures/draw-svg';
import { planPictures, VIEWS } from '../../../../domain/plan/graph/plan-pictures';
import type { Picture, Tone } from '../../../../domain/plan/graph/picture';
import { TONES } from '../../../../domain/plan/graph/picture';
import { dotText, toDot } from '../../../../domain/plan/graph/to-dot';
import { loadPlan } from '../../../../domain/plan/load-plan';
import { TELEHEALTH } from '../plan-texts';
import { HOSTILE } from './any-plan';
import { misformed } from './misformed';

const { plan } = loadPlan(TELEHEALTH);
const pictures = VIEWS.flatMap((view) => planPictures(plan, view));

const hostile: Picture = {
  ...{ id: 'x', title: HOSTILE.join(' '), description: HOSTILE.join(' '), direction: 'right', columns: true },
  groups: HOSTILE.map((text, index) => ({
    id: `g${index}`,
    lines: [text, ' '],
    nodes: [{ id: text, tone: TONES[index % TONES.length] as Tone, lines: [text, text] }],
  })),
  edges: HOSTILE.slice(1).map((to, index) => ({ from: HOSTILE[index] ?? to, to, kind: 'back', lines: [to, ''] })),
};

describe('a plan as SVG', () => {
  it('is well-formed, with a title and a description for whoever cannot see it', async () => {
    const svg = await drawSvg(pictures);
    expect(misformed(svg)).toBeUndefined();
    expect(svg.slice(0, 2_000)).toMatch(
      /^<svg [^>]*role="img" aria-labelledby="title description">\n<title id="title">telehealth: the stack/,
    );
    expect(svg.slice(0, 2_000)).toContain('<desc id="description">One row for each of the eight layers');
    expect(plan.handoffs.map(({ id }) => id).filter((id) => !svg.includes(`>${id}</text>`))).toEqual([]);
  });

  it('runs nothing, leads nowhere and loads nothing, whatever the texts are', async () => {
    const svg = await drawSvg([hostile]);
    expect(misformed(svg)).toBeUndefined();
    expect(svg).not.toMatch(/<(script|a|image|use|foreignObject|style|iframe|img)\b/i);
    expect(svg).not.toMatch(/<[^>]*\s(on\w+|href|xlink:href)=/i);
    // As text it is there, in full.
    expect(svg).toContain('&#60;script&#62;alert(1)');
  });

  it('is the same each time, and says nothing of what drew it', async () => {
    const svg = await drawSvg(pictures);
    expect((await drawSvg(pictures)) === svg).toBe(true);
    expect(/<!--|graphviz/i.exec(svg)).toBeNull();
  });

  it('draws no text outside its label (DOT)', () => {
    const dot = toDot(hostile);
    expect(dot.split('\n').filter((line) => /^ {2}n\d+ ->/.test(line))).toHaveLength(HOSTILE.length - 1);
    for (const text of HOSTILE) expect(dotText(text)).not.toMatch(/[<>"'\\\n]/);
    expect(dotText(' \n ')).toBe(' ');
  });
});
