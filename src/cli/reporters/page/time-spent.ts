import { phaseTitle } from '#demo/phase-title.ts';
import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { counted } from '#infra/lines/counted.ts';
import { formatDuration } from '../terminal/layout.ts';
import { axis, bar, type Piece } from './bars.ts';
import type { PageData } from './page-data.ts';
import { anchorOf, said, type Step, timeOf } from './words.ts';

/** Steps that are listed as the slowest. */
const SLOWEST = 6;

/** Where the time of the run went: a line for each phase with its steps on it, all on one axis, and the slowest steps. */
export const timeSpent = ({ report, startedAt }: PageData): Html | null => {
  const { steps, duration_ms: whole } = report;
  const total = timeOf(steps);
  if (total === 0) return null;
  const phases = Object.entries(Object.groupBy(steps, ({ phase }) => phase));
  const slowest = steps.toSorted((a, b) => b.duration_ms - a.duration_ms).slice(0, SLOWEST);
  return markup`<section aria-labelledby="time">
<h2 id="time">Where the time went</h2>
${predicted(report)}
<div class="chart shares">
<div class="row axis-row"><span></span>${axis(whole)}<span></span></div>
${phases.map(([phase, own = []]): HtmlValue => {
  const pieces = own.flatMap((step, index) => pieceOf(step, { startedAt, index }));
  const share = Math.round((timeOf(own) / total) * 100);
  return markup`<div class="row"><span class="name">${phaseTitle(phase)}</span>${bar(pieces, whole)}<span class="time">${formatDuration(timeOf(own))}<span class="share">${share} %</span></span></div>\n`;
})}</div>
<p class="legend">Each piece is a step.</p>
<h3>The slowest steps</h3>
<ol class="slow">
${slowest.map(({ id, title, duration_ms, predicted_ms, checks }) => markup`<li><a href="#${anchorOf(id)}">${said(title)}</a><span class="muted">${typeof predicted_ms === 'number' ? `usually ${formatDuration(predicted_ms)}` : counted(checks.length, 'check')}</span><span class="time">${formatDuration(duration_ms)}</span></li>\n`)}</ol>
</section>`;
};

/** How long such a run usually takes here. */
const predicted = ({ prediction, duration_ms, steps }: PageData['report']): HtmlValue => {
  const usual = prediction?.duration_ms ?? null;
  if (usual === null || usual === 0 || prediction === undefined || steps.some(({ status }) => status !== 'passed')) return null;
  const change = Math.round((duration_ms / usual - 1) * 100);
  const compared = Math.abs(change) < 5 ? 'as long as' : `${Math.abs(change)} % ${change > 0 ? 'longer' : 'shorter'} than`;
  return markup`<p class="lede">It took ${compared} it usually does here: <strong>${formatDuration(usual)}</strong>, by ${counted(prediction.runs, 'earlier run')}.</p>`;
};

/** Neighbours have different shades, so that each is seen. */
const pieceOf = (step: Step, { startedAt, index }: { readonly startedAt: number; readonly index: number }): readonly Piece[] => {
  if (step.started_at === null) return [];
  const from = Date.parse(step.started_at) - startedAt;
  return [{ from, to: from + step.duration_ms, look: step.status === 'failed' ? 'dead' : index % 2 === 0 ? 'busy' : 'next' }];
};
