import fc from 'fast-check';
import { planPictures, VIEWS } from '../../../../domain/plan/graph/plan-pictures';
import type { Picture } from '../../../../domain/plan/graph/picture';
import { mermaidText, toMermaid } from '../../../../domain/plan/graph/to-mermaid';
import { loadPlan } from '../../../../domain/plan/load-plan';
import type { Plan } from '../../../../domain/plan/plan-schema';
import { PAYMENT, TELEHEALTH } from '../plan-texts';
import { anyCharacter, anyPlan, HOSTILE } from './any-plan';
import { parseMermaid } from './parse-mermaid';

const allPictures = (plan: Plan): Picture[] => VIEWS.flatMap((view) => planPictures(plan, view));

/** Lines as a picture has them, with white space as a label has it. */
const labelsOf = ({ groups }: Picture): string[] =>
  groups.flatMap(({ nodes }) =>
    nodes.map(({ lines }) => lines.map((line) => line.replace(/\s+/gu, ' ').trim()).join('<br/>')),
  );

/** What stands in a label: nothing that ends it, nothing that is markup. */
const PLAIN = /^[\p{L}\p{M}\p{N} .,:'/()%→#;-]*$/u;

describe('a plan as Mermaid', () => {
  it('is taken by Mermaid itself, with every text as the plan has it, whatever the text is', () => {
    const hostile = HOSTILE.map((text): Picture => ({
      ...{ id: 'x', title: text, description: text, direction: 'right', columns: false },
      groups: [{ id: 'g', lines: [text, text], nodes: [{ id: text, tone: 'note', lines: [text, `and ${text}`] }] }],
      edges: [{ from: text, to: text, kind: 'plain', lines: [text] }],
    }));
    const generated = fc.sample(anyPlan, { numRuns: 2, seed: 6 }).flatMap(allPictures);
    const pictures = [
      ...allPictures(loadPlan(TELEHEALTH).plan),
      ...allPictures(loadPlan(PAYMENT).plan),
      ...hostile,
      ...generated,
    ];
    // The last one shows that a text which is not encoded would be refused.
    const parsed = parseMermaid([...pictures.map(toMermaid), 'flowchart LR\n    n1["a "quote" ]"] --> n2']);
    expect(parsed.pop()).toHaveProperty('refused');
    expect(parsed.map((one) => ('refused' in one ? one.refused : 'taken')).filter((said) => said !== 'taken')).toEqual(
      [],
    );
    for (const [index, picture] of pictures.entries()) {
      const read = parsed[index];
      if (read === undefined || 'refused' in read) continue;
      expect([...read.nodes].sort()).toEqual(labelsOf(picture).sort());
      expect(read.edges).toBe(picture.edges.length);
    }
  });

  it('lets no text out of its label', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), (text) => {
        const encoded = mermaidText(text);
        expect(PLAIN.test(encoded)).toBe(true);
        expect(/%%|^\d+\.|^-/.test(encoded)).toBe(false);
        const back = encoded.replace(/#(\d+);/g, (_, number: string) => String.fromCodePoint(Number(number)));
        expect(back).toBe(text.replace(/\s+/gu, ' ').trim());
      }),
    );
  });

  it('stays small enough for GitHub to draw it, for each picture of a large plan', () => {
    for (const picture of allPictures(loadPlan(TELEHEALTH).plan))
      expect(toMermaid(picture).length).toBeLessThan(20_000);
  });
});
