import { frictionByPhase } from '../../../domain/handoffs/friction';

describe('R10 friction of a phase', () => {
  it('is what started times the share of the decided that was missed; released ones decide nothing', () => {
    expect(
      frictionByPhase([
        { phase: 'payment', open: 10, kept: 60, missed: 20, released: 10 },
        { phase: 'intake', open: 0, kept: 5, missed: 0, released: 0 },
        { phase: 'payment', open: 0, kept: 20, missed: 0, released: 0 },
      ]),
    ).toEqual([
      { phase: 'payment', volume: 120, breakRate: 0.2, friction: 24, openRisk: 10 },
      { phase: 'intake', volume: 5, breakRate: 0, friction: 0, openRisk: 0 },
    ]);
  });

  it('has no rate before anything was decided', () => {
    expect(frictionByPhase([{ phase: 'payment', open: 3, kept: 0, missed: 0, released: 1 }])).toEqual([
      { phase: 'payment', volume: 4, breakRate: null, friction: null, openRisk: 3 },
    ]);
  });
});
