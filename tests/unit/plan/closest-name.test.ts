import fc from 'fast-check';
import { closestName, didYouMean } from '../../../domain/plan/closest-name';

const letters = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', '-'),
  minLength: 4,
  maxLength: 20,
});

describe('the name that was meant', () => {
  it('is found through one slip: a letter left out, added, mistyped, or swapped with its neighbour', () => {
    fc.assert(
      fc.property(letters, fc.nat(), fc.constantFrom('out', 'in', 'other', 'swap'), (name, place, slip) => {
        const at = place % (name.length - 1);
        const [before, letter, next, after] = [
          name.slice(0, at),
          name[at] ?? '',
          name[at + 1] ?? '',
          name.slice(at + 2),
        ];
        const typed = {
          out: before + next + after,
          in: `${before}z${letter}${next}${after}`,
          other: `${before}z${next}${after}`,
          swap: before + next + letter + after,
        }[slip];
        fc.pre(typed !== name);
        expect(closestName(typed, ['something-far-away', name])).toBe(name);
      }),
    );
  });

  it('is the nearest of several, whatever their letters’ case', () => {
    expect(closestName('Payment', ['payments', 'payment', 'pavement'])).toBe('payment');
    expect(closestName('provider-routin', ['provider-rating', 'provider-routing'])).toBe('provider-routing');
  });

  it('is nobody’s guess where nothing is near, and never the name itself', () => {
    expect(closestName('portal', ['payment', 'intake'])).toBeUndefined();
    expect(closestName('ab', ['xy'])).toBeUndefined();
    expect(closestName('CO', ['CA', 'NY'])).toBeUndefined();
    expect(closestName('payment', ['payment'])).toBeUndefined();
    expect(closestName('x'.repeat(100_000), ['payment'])).toBeUndefined();
  });

  it('is asked after in words, or not at all', () => {
    expect(didYouMean('paymnt', ['payment'])).toBe(" Did you mean 'payment'?");
    expect(didYouMean('portal', ['payment'])).toBe('');
  });
});
