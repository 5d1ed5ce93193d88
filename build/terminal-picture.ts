/** Lines of a recorded run, each with the moment at which it was printed, as an SVG that plays them on a terminal. */

export interface RecordedLine {
  /** Milliseconds since the run began. */
  readonly at: number;
  /** With the colours of the terminal (SGR sequences, ECMA-48 section 8.3.117). */
  readonly text: string;
}

export interface PictureOptions {
  /** What a reader who does not see the picture is told. */
  readonly title: string;
  readonly columns: number;
  /** Rows of the terminal; more lines than that scroll. */
  readonly rows: number;
  /** Seconds that the run takes in the picture; longer ones play faster. */
  readonly seconds: number;
  /** Seconds that the end stands before the run begins again. */
  readonly rest: number;
}

const CELL = { width: 8.4, height: 19, font: 14 } as const;
const MARGIN = { x: 16, top: 40, bottom: 16 } as const;
const COLORS: Readonly<Record<string, string>> = { '31': '#ff7b72', '32': '#3fb950', '33': '#d29922', '36': '#39c5cf' };
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

interface Run {
  readonly column: number;
  readonly text: string;
  readonly style: string;
}

const ESCAPE = String.fromCodePoint(27);
const SGR = new RegExp(`${ESCAPE}\\[([\\d;]*)m`);

/** The pieces of a line that look alike. */
const runsOf = (text: string): readonly Run[] => {
  const runs: Run[] = [];
  let [column, bold, dim, color] = [0, false, false, ''];
  for (const [index, piece] of text.split(SGR).entries()) {
    if (index % 2 === 0) {
      const style = [bold ? 'b' : '', dim ? 'd' : '', color === '' ? '' : `c${color}`].filter((name) => name !== '').join(' ');
      if (piece.trim() !== '') runs.push({ column: column + piece.length - piece.trimStart().length, text: piece.trim(), style });
      column += piece.length;
    } else {
      for (const code of piece.split(';')) {
        if (code === '1') bold = true;
        else if (code === '2') dim = true;
        else if (code === '22') [bold, dim] = [false, false];
        else if (code in COLORS) color = code;
        else if (code === '39' || code === '0' || code === '') color = '';
      }
    }
  }
  return runs;
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const short = (value: number): string => String(Number(value.toFixed(2)));

const moved = (pixels: number): string => `transform:translateY(${pixels === 0 ? 0 : pixels}px)`;

/** `textLength` holds every piece in its cells, whatever monospaced font the reader has. */
const drawn = ({ column, text, style }: Run, row: number): string => {
  const [x, y, length] = [MARGIN.x + column * CELL.width, MARGIN.top + (row + 0.75) * CELL.height, text.length * CELL.width];
  const look = style === '' ? '' : ` class="${style}"`;
  return `<text${look} x="${short(x)}" y="${short(y)}" textLength="${short(length)}">${escaped(text)}</text>`;
};

/**
 * All lines stand in the picture from the beginning. A blind below the last one that is printed covers the rest, and the lines move up
 * where there are more than rows. Without animation (a reader who asked for reduced motion, a viewer without CSS) the end is what stands.
 */
export const terminalPicture = (lines: readonly RecordedLine[], options: PictureOptions): string => {
  const { title, columns, rows, rest } = options;
  const last = Math.max(lines.at(-1)?.at ?? 0, 1);
  const seconds = Math.min(options.seconds, last / 1_000);
  const share = (at: number): string => `${short(((at / last) * seconds * 100) / (seconds + rest))}%`;
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN.x);
  const height = MARGIN.top + rows * CELL.height + MARGIN.bottom;
  const up = (line: number): number => -Math.max(0, line - rows) * CELL.height;

  // Lines that are printed together have one moment.
  const moments = new Map<string, number>([['0%', 1]]);
  for (const [index, { at }] of lines.entries()) moments.set(share(at), index + 1);
  const frames = (frame: (line: number) => string): string => [...moments].map(([at, line]) => `${at}{${frame(line)}}`).join('');
  const playing = `${short(seconds + rest)}s step-end infinite`;
  const colors = Object.entries(COLORS).map(([code, color]) => `.c${code}{fill:${color}}`);

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
text{font:${CELL.font}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d0d7de;white-space:pre}
.b{font-weight:bold;fill:#fff}.d{fill:#8b949e}${colors.join('')}
.lines{${moved(up(lines.length))};animation:up ${playing}}
.blind{${moved(Math.min(lines.length, rows) * CELL.height)};animation:down ${playing}}
.turn{visibility:hidden;animation:turn 1s step-end infinite}
.busy{visibility:hidden;animation:busy ${playing}}
@keyframes up{${frames((line) => moved(up(line)))}}
@keyframes down{${frames((line) => moved(Math.min(line, rows) * CELL.height))}}
@keyframes busy{0%{visibility:visible}${share(last)}{visibility:hidden}}
@keyframes turn{0%{visibility:inherit}10%{visibility:hidden}}
@media(prefers-reduced-motion:reduce){.lines,.blind,.turn,.busy{animation:none}}
</style>
<clipPath id="screen"><rect x="1" y="${MARGIN.top}" width="${width - 2}" height="${rows * CELL.height}"/></clipPath>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="#0d1117" stroke="#484f58"/>
<circle cx="20" cy="19" r="5" fill="#ff5f57"/><circle cx="38" cy="19" r="5" fill="#febc2e"/><circle cx="56" cy="19" r="5" fill="#28c840"/>
<g clip-path="url(#screen)">
<g class="lines">
${lines
  .map(({ text }, row) =>
    runsOf(text)
      .map((run) => drawn(run, row))
      .join(''),
  )
  .join('\n')}
</g>
<g class="blind"><rect x="1" y="${MARGIN.top}" width="${width - 2}" height="${rows * CELL.height}" fill="#0d1117"/><g class="busy">${[...SPINNER].map((mark, index) => `<text class="c36 turn" style="animation-delay:${short(index / SPINNER.length - 1)}s" x="${short(MARGIN.x + 2 * CELL.width)}" y="${short(MARGIN.top + 0.75 * CELL.height)}">${mark}</text>`).join('')}</g></g>
</g>
</svg>
`;
};
