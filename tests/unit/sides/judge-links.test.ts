import { DomainError } from '../../../domain/domain-error';
import { judgeLinks, type KeyLink, type Links } from '../../../domain/sides/judge-links';

const NONE: Links = { aliases: new Map(), owners: new Map() };

function same(alias: string, unit: string, kind: 'patient' | 'visitor' = 'patient'): KeyLink {
  return { kind, alias, unit, unitKind: kind };
}
function visitor(alias: string, unit: string): KeyLink {
  return { kind: 'visitor', alias, unit, unitKind: 'patient' };
}
function judge(links: readonly KeyLink[], known = NONE): { said: string[]; links: Links } {
  const judged = judgeLinks(known, links);
  return {
    links: judged.links,
    said: judged.outcomes.map((outcome) => (outcome instanceof DomainError ? outcome.code : outcome)),
  };
}

describe('links of keys', () => {
  it('stay flat, whatever the order in which a chain is sent', () => {
    const chain = [same('a', 'b'), same('b', 'c'), same('c', 'd')];
    const orders = [chain, [...chain].reverse(), [chain[1], chain[2], chain[0]].flatMap((one) => one ?? [])];
    for (const order of orders) {
      const { said, links } = judge(order);
      expect(said).toEqual(['linked', 'linked', 'linked']);
      expect([...links.aliases.values()]).toEqual(['d', 'd', 'd']);
      expect(judge(chain, links).said).toEqual(['alreadyLinked', 'alreadyLinked', 'alreadyLinked']);
    }
  });

  it('never go in a circle, to themselves, or to a second unit', () => {
    const { links } = judge([same('a', 'b'), same('b', 'c')]);
    expect(judge([same('c', 'a'), same('a', 'a'), same('a', 'x'), same('b', 'x')], links).said).toEqual([
      ...['link-cycle', 'link-to-itself', 'linked-elsewhere', 'linked-elsewhere'],
    ]);
  });

  it('change nothing of what was known, where they are refused', () => {
    const { links } = judge([same('a', 'b'), visitor('v', 'b')]);
    expect(judge([same('b', 'a'), visitor('v', 'z')], links).links).toEqual(links);
  });

  it('take a visitor’s patient along with either of their keys', () => {
    const { links } = judge([visitor('v', 'p'), same('p', 'q'), same('v', 'w', 'visitor')]);
    expect(links.owners).toEqual(new Map([['w', 'q']]));
    expect(judge([visitor('v', 'p')], links).said).toEqual(['alreadyLinked']);
  });

  it('make no two patients one by way of their visitors', () => {
    const { links } = judge([visitor('v', 'p'), visitor('w', 'q')]);
    expect(judge([same('v', 'w', 'visitor')], links).said).toEqual(['visitors-of-two-patients']);
    expect(judge([same('p', 'q'), same('v', 'w', 'visitor')], links).said).toEqual(['linked', 'linked']);
  });
});
