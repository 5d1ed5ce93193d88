import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import type { Exchange } from '#infra/evidence/exchange.ts';
import { formatDuration } from '../terminal/layout.ts';
import { said, saidLines } from './words.ts';

type Body = NonNullable<Exchange['request']['body']>;

/** Characters of a body that are shown: the page is read by people. */
const MOST = 4_000;

/** One request and its answer, folded to a line. The anchor is within, so that a link to it unfolds it. */
export const exchange = ({ id, request, answer, duration_ms }: Exchange): Html =>
  markup`<details class="exchange"><summary><span class="line"><span class="id">${id}</span><span class="method">${said(request.method)}</span> ${address(request.url)}</span>${status(answer.status)}<span class="time">${formatDuration(duration_ms)}</span></summary>
<div class="pair" id="${id}">
<div><h4>Request</h4>${query(request.url)}${body(request.body)}${headers(request.headers)}</div>
<div><h4>Answer</h4>${body(answer.body)}${headers(answer.headers)}${answer.cookies.length > 0 && headers({ 'set-cookie': answer.cookies.join('\n') })}</div>
</div></details>\n`;

/** A request of which no more was kept. */
export const requestLine = (request: {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly duration_ms: number;
}): Html =>
  markup`<li><span class="line"><span class="method">${said(request.method)}</span> ${address(request.url)}</span>${status(request.status)}<span class="time">${formatDuration(request.duration_ms)}</span></li>\n`;

/** Without its query, and as a person writes it: `%20` is a space. */
const address = (text: string): HtmlValue => {
  const url = URL.parse(text);
  if (url === null) return said(text);
  return markup`<span class="host">${said(url.host)}</span><span class="path">${said(decoded(url.pathname))}</span>`;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // A `%` that encodes nothing stands for itself.
    return text;
  }
};

const query = (url: string): HtmlValue => {
  const parameters = [...(URL.parse(url)?.searchParams ?? [])];
  return parameters.length > 0 && headers(Object.fromEntries(parameters));
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
