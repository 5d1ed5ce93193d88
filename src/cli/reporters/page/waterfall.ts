import { httpStatusOf } from '#demo/traces/span.ts';
import { inOrder, type PlacedNode, type Trace } from '#demo/traces/trace-tree.ts';
import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { counted } from '#infra/lines/counted.ts';
import { formatDuration } from '../terminal/layout.ts';
import { axis, bar } from './bars.ts';
import { said } from './words.ts';

/** Spans that are shown: the page is read by people. */
const MOST = 120;
/** Depths and services that the style sheet knows. */
const DEEPEST = 8;
const COLOURS = 5;

/** One trace, span by span, on one axis. */
export const waterfall = (trace: Trace | null): Html | null => {
  if (trace === null) return null;
  const spans = inOrder(trace.roots);
  const look = (service: string): string => `t${Math.max(0, trace.services.indexOf(service)) % COLOURS}`;
  return markup`<section aria-labelledby="trace">
<h2 id="trace">A trace, span by span</h2>
<p class="lede">${counted(trace.spans, 'span')} of ${trace.services.map((service, index) => markup`${index > 0 && ', '}<span class="key ${look(service)}"></span> ${said(service)}`)}, in ${spanTime(trace.durationMs)}.</p>
<div class="chart wide-names">
<div class="row axis-row"><span></span>${axis(trace.durationMs)}<span></span></div>
${spans.slice(0, MOST).map((placed) => spanRow(placed, trace, look))}</div>
${spans.length > MOST && markup`<p class="muted">${counted(spans.length - MOST, 'further span')} not shown.</p>`}
<p class="muted">Trace <code>${trace.traceId}</code></p>
</section>`;
};

const spanRow = ({ node, depth }: PlacedNode, trace: Trace, look: (service: string) => string): HtmlValue => {
  const { span, offsetMs } = node;
  const status = httpStatusOf(span);
  const pieces = [{ from: offsetMs, to: offsetMs + span.durationMs, look: span.isError ? 'dead' : look(span.service) }];
  return markup`<div class="row"><span class="name d${Math.min(DEEPEST, depth)}"><span class="key ${look(span.service)}"></span><span class="text">${said(span.name)}${status !== null && markup` <span class="muted">${status}</span>`}<span class="hidden"> of ${said(span.service)}</span></span></span>${bar(pieces, trace.durationMs)}<span class="time">${spanTime(span.durationMs)}</span></div>\n`;
};

/** Most spans are shorter than a few milliseconds. */
const spanTime = (milliseconds: number): string => (milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : formatDuration(milliseconds));
