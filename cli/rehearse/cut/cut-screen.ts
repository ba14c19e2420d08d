import { percentWords } from '../../../domain/plan/words/percent-words';
import { formatDuration } from '../../../domain/time/duration';
import { CUT_FIELDS, type Cut, type CutField } from './cut-plan';

/** Each cut, a line a phase: `payment  watch 3d, 4d, 5d → 2h; soak 35d → 3h`. */
export function cutLines(cuts: readonly Cut[]): string[] {
  const places = [...new Set(cuts.map(({ phase }) => phase))];
  const wide = Math.max(0, ...places.map((phase) => nameOf(phase).length));
  return places.map((phase) => {
    const here = cuts.filter((cut) => cut.phase === phase);
    const parts = CUT_FIELDS.flatMap((field) =>
      fieldWords(
        field,
        here.filter((cut) => cut.field === field),
      ),
    );
    return `${nameOf(phase).padEnd(wide)}  ${parts.join('; ')}`;
  });
}

function fieldWords(field: CutField, cuts: readonly Cut[]): string[] {
  return [...new Set(cuts.map(({ to }) => to))].map((to) => {
    const alike = cuts.filter((cut) => cut.to === to);
    const from = [...new Set(alike.map((cut) => valueWords(field, cut.from)))].join(', ');
    const times = alike.length > 1 ? ` (${alike.length} times)` : '';
    return `${field} ${from} → ${valueWords(field, to)}${times}`;
  });
}

function valueWords(field: CutField, value: Cut['from' | 'to']): string {
  if (value === null) return field === 'calendar' ? 'any hour' : 'none';
  if (typeof value === 'string') return value;
  if (field === 'above' || field === 'notWorseBy') return percentWords(value);
  return field === 'minimumOutcomes' || field === 'perDay' || field === 'volume'
    ? String(value)
    : formatDuration(value);
}

function nameOf(phase: string | undefined): string {
  return phase ?? 'all phases';
}
