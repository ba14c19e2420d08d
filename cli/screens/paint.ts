/** Colours a terminal's text, or leaves it as it is. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  attention(text: string): string;
  alarm(text: string): string;
}

const wrap =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`;
const same = (text: string): string => text;

const COLOURED: Paint = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  good: wrap(32, 39),
  attention: wrap(33, 39),
  alarm: wrap(31, 39),
};

export function createPaint(coloured: boolean): Paint {
  return coloured ? COLOURED : { bold: same, dim: same, good: same, attention: same, alarm: same };
}
