import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { formatDuration } from '../terminal/layout.ts';
import type { Exchange } from './exchange.ts';
import { said, saidLines } from './words.ts';

type Body = NonNullable<Exchange['request']['body']>;

/** Characters of a body that are shown: the page is read by people. */
const MOST = 4_000;

/** One request and its answer, folded to a line. */
export const exchange = ({ id, request, answer, duration_ms }: Exchange): Html =>
  markup`<details class="exchange" id="${id}"><summary><span class="line"><span class="method">${said(request.method)}</span> ${address(request.url)}</span>${status(answer.status)}<span class="time">${formatDuration(duration_ms)}</span></summary>
<div class="pair">
<div><h5>Request</h5>${headers(request.headers)}${body(request.body)}</div>
<div><h5>Answer</h5>${headers(answer.headers)}${answer.cookies.length > 0 && headers({ 'set-cookie': answer.cookies.join('\n') })}${body(answer.body)}</div>
</div></details>\n`;

/** A request of which no more was kept. */
export const requestLine = (request: {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly duration_ms: number;
}): Html =>
  markup`<li><span class="line"><span class="method">${said(request.method)}</span> ${address(request.url)}</span>${status(request.status)}<span class="time">${formatDuration(request.duration_ms)}</span></li>\n`;

const address = (text: string): HtmlValue => {
  const url = URL.parse(text);
  if (url === null) return said(text);
  return markup`<span class="host">${said(url.host)}</span><span class="path">${said(`${url.pathname}${url.search}`)}</span>`;
};

const status = (code: number): Html => markup`<span class="status s${Math.floor(code / 100)}">${code}</span>`;

const headers = (all: Readonly<Record<string, string>>): HtmlValue => {
  const entries = Object.entries(all);
  return (
    entries.length > 0 &&
    markup`<dl class="headers">${entries.map(([name, value]) => markup`<dt>${said(name)}</dt><dd>${saidLines(value)}</dd>`)}</dl>`
  );
};

const body = (content: Body | null): HtmlValue => {
  if (content === null) return null;
  const text = content.value === null ? content.text : JSON.stringify(content.value, null, 2);
  const shown = text.length > MOST ? `${text.slice(0, MOST)}\n… ${text.length - MOST} more characters` : text;
  return markup`<pre tabindex="0">${saidLines(shown)}</pre><p class="muted">${content.kind}, ${content.bytes} bytes</p>`;
};
