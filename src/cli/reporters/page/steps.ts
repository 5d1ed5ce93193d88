import { phaseTitle } from '#demo/phase-title.ts';
import { isRefusal } from '#demo/refusal.ts';
import { nearestFix } from '#infra/apperr/nearest-fix.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { counted } from '#infra/lines/counted.ts';
import { formatDuration } from '../terminal/layout.ts';
import { exchange, requestLine } from './exchanges.ts';
import type { PageData } from './page-data.ts';
import { anchorOf, mark, said, sentence, type Step, timeOf } from './words.ts';

/**
 * Every step in its phase, folded to a line unless it failed; below it its checks, and the requests on which they rest. Anchors are within,
 * so that a link to one unfolds it.
 */
export const steps = (data: PageData): Html => {
  const phases = Object.entries(Object.groupBy(data.report.steps, ({ phase }) => phase));
  return markup`<section aria-labelledby="steps">
<h2 id="steps">Steps and checks</h2>
${phases.map(
  ([
    phase,
    own = [],
  ]) => markup`<h3 id="phase-${phase}">${phaseTitle(phase)} <span class="muted">${counted(own.length, 'step')}, ${formatDuration(timeOf(own))}</span></h3>
<div class="steps">
${own.map((step) => stepBlock(step, data))}</div>\n`,
)}</section>`;
};

const stepBlock = (step: Step, data: PageData): Html =>
  markup`<details class="step"${step.status === 'failed' && markup` open`}>
<summary>${mark(step.status)}<span class="title">${said(step.title)}</span><span class="detail">${detailOf(step)}</span><span class="time">${step.status !== 'skipped' && formatDuration(step.duration_ms)}</span></summary>
<div class="inside" id="${anchorOf(step.id)}">
${step.error !== null && failure(step.error)}
${step.checks.length > 0 && checks(step, data)}
${requests(step, data)}
</div>
</details>\n`;

const detailOf = ({ detail, checks: all, status }: Step): string => {
  if (detail !== '') return said(detail);
  return status === 'failed' ? `${all.filter((check) => check.status === 'failed').length} of ${counted(all.length, 'check')} failed` : '';
};

const failure = (error: Failure): Html => {
  const chain: Failure[] = [];
  for (let at: Failure | null = error; at !== null; at = at.cause) chain.push(at);
  const fix = nearestFix(error);
  return markup`<div class="alert">${chain.map(({ code, message }, index): HtmlValue => markup`<p>${index > 0 && markup`<span class="muted">caused by</span> `}<code>${said(code)}</code> ${sentence(message)}</p>`)}
${fix !== '' && markup`<p><strong>Fix</strong> ${sentence(fix)}</p>`}</div>`;
};

const checks = (step: Step, { bases }: PageData): Html =>
  markup`<table class="checks"><caption class="hidden">Checks of ${said(step.title)}</caption>
<thead class="hidden"><tr><th scope="col">Check</th><th scope="col">Value</th></tr></thead>
<tbody>
${step.checks.map(
  (check) =>
    markup`<tr class="${check.status}"><th scope="row">${mark(check.status)} <span>${said(check.title)}${isRefusal(check) && markup` <span class="tag">refused</span>`}</span></th><td>${
      check.status === 'passed'
        ? markup`<code>${said(check.got)}</code>`
        : markup`<span class="expected">expected <code>${said(check.expected)}</code></span> <span class="got">got <code>${said(check.got)}</code></span>`
    }${links(bases[`${step.id} ${check.id}`] ?? [])}</td></tr>\n`,
)}</tbody></table>`;

/** To the exchanges on which a check rests. */
const links = (ids: readonly string[]): HtmlValue =>
  ids.length > 0 && markup` <span class="basis">${ids.map((id) => markup`<a href="#${id}">${id}</a> `)}</span>`;

/** With request and answer where they were recorded; else a line each. */
const requests = ({ id }: Step, { exchanges, report }: PageData): HtmlValue => {
  const recorded = exchanges.filter(({ step }) => step === id);
  const told = report.requests.filter(({ step }) => step === id);
  const count = recorded.length === 0 ? told.length : recorded.length;
  if (count === 0) return null;
  return markup`<details class="requests"><summary>${counted(count, 'request')}</summary>
${recorded.length > 0 ? recorded.map(exchange) : markup`<ul class="plain lines">${told.map(requestLine)}</ul>`}</details>`;
};
