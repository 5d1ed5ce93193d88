import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { formatDuration } from '../terminal/layout.ts';
import { axis, bar, type Piece } from './bars.ts';
import type { Lane, PageData } from './page-data.ts';
import { said } from './words.ts';

/** How the stack came up: a lane for each part, all on one axis, and the critical path in it. */
export const timeline = ({ report, startedAt, lanes }: PageData): Html | null => {
  const steps = report.steps.filter(({ phase, started_at }) => phase === 'bring-up' && started_at !== null);
  if (steps.length === 0) return null;
  const ends = steps.map(({ started_at, duration_ms }) => Date.parse(started_at ?? '') - startedAt + duration_ms);
  const whole = Math.max(...ends, ...lanes.map(({ healthyMs }) => healthyMs ?? 0));
  const [certificates] = steps;
  const prepared = certificates === undefined ? 0 : Date.parse(certificates.started_at ?? '') - startedAt + certificates.duration_ms;
  const path = report.critical_path;
  return markup`<section aria-labelledby="bring-up">
<h2 id="bring-up">Bring up</h2>
<p class="lede">${path.length === 0 ? 'Nothing had to be waited for: the stack was up.' : markup`All start at once. The run waited for ${path.map((part, index) => markup`${index > 0 && ' → '}<strong>${said(part)}</strong>`)}.`}</p>
<div class="chart">
<div class="row axis-row"><span></span>${axis(whole)}<span></span></div>
${row('certificates', [{ from: prepared - (certificates?.duration_ms ?? 0), to: prepared, look: 'critical' }], whole, formatDuration(certificates?.duration_ms ?? 0))}
${lanes.map((lane) => row(lane.part, piecesOf(lane, whole), whole, saidOf(lane)))}
</div>
<p class="legend"><span class="key starting"></span> starting <span class="key critical"></span> the run waits: the critical path</p>
</section>`;
};

const row = (name: string, pieces: readonly Piece[], whole: number, text: string): HtmlValue =>
  markup`<div class="row"><span class="name">${name}</span>${bar(pieces, whole)}<span class="time">${text}</span></div>\n`;

const piecesOf = ({ startedMs, healthyMs, waitedMs, exitedMs }: Lane, whole: number): readonly Piece[] => {
  // It ran before.
  if (startedMs === null && waitedMs === 0 && exitedMs === null) return [];
  const end = healthyMs ?? exitedMs ?? whole;
  const start = startedMs ?? end - waitedMs;
  const waits: readonly Piece[] = waitedMs === 0 ? [] : [{ from: end - waitedMs, to: end, look: 'critical' }];
  const isRed = healthyMs === null && exitedMs !== null;
  return [{ from: Math.min(start, end), to: end, look: isRed ? 'dead' : 'starting' }, ...waits];
};

const saidOf = ({ startedMs, healthyMs, exitedMs }: Lane): string => {
  if (healthyMs !== null) return startedMs === null ? 'was up' : formatDuration(healthyMs - startedMs);
  if (exitedMs !== null) return 'ended';
  return startedMs === null ? 'was up' : 'started';
};
