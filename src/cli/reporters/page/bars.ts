import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { formatDuration } from '../terminal/layout.ts';

/** A piece of a bar, in milliseconds on its axis. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  /** Names of classes: the style sheet knows their colours. */
  readonly look: string;
}

/** The narrowest piece that a reader still sees, percent. */
const NARROWEST = 0.5;

const percent = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.round((Math.max(0, part) / whole) * 10_000) / 100);

/**
 * A bar as wide as its place, without a view box: its pieces are percentages, so that it needs neither script nor inline style. It says
 * nothing that the text beside it does not say.
 */
export const bar = (pieces: readonly Piece[], whole: number): Html =>
  markup`<svg class="bar" width="100%" height="14" aria-hidden="true" focusable="false"><rect class="track" y="6" width="100%" height="2" rx="1"/>${pieces.map(
    ({ from, to, look }) => {
      const width = Math.max(NARROWEST, percent(to - from, whole));
      const start = Math.min(100 - width, percent(from, whole));
      return markup`<rect class="${look}" x="${start}%" width="${width}%" height="14" rx="3"/>`;
    },
  )}</svg>`;

/** Numbers that divide an axis well. */
const STEPS = [1, 2, 5];

/** Marks of an axis, milliseconds: from two to five, at round numbers, none at the edge. */
export const ticksOf = (whole: number): readonly number[] => {
  if (whole <= 0) return [];
  const sizes = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => STEPS.map((step) => step * 10 ** power));
  const size = sizes.find((each) => whole / each <= 5) ?? whole;
  return Array.from({ length: Math.floor(whole / size) }, (_, index) => (index + 1) * size).filter((tick) => tick < whole * 0.97);
};

export const axis = (whole: number): Html =>
  markup`<svg class="axis" width="100%" height="18" aria-hidden="true" focusable="false"><text x="0" y="12">0</text>${ticksOf(whole).map(
    (tick): HtmlValue => markup`<text x="${percent(tick, whole)}%" y="12" text-anchor="middle">${formatDuration(tick)}</text>`,
  )}</svg>`;
