import Table from 'cli-table3';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: ' ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows in columns without lines; a column whose heading starts with `#` holds numbers and stands to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: headings.map((heading) => heading.replace(/^#/, '')),
    chars: NO_BORDERS,
    colAligns: headings.map((heading) => (heading.startsWith('#') ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
