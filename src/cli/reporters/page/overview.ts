import { isRefusal } from '#demo/refusal.ts';
import { type Html, type HtmlValue, markup, trustedHtml } from '#infra/html/html.ts';
import { ICON } from '#infra/html/look.ts';
import { counted } from '#infra/lines/counted.ts';
import { formatDuration } from '../terminal/layout.ts';
import type { PageData } from './page-data.ts';
import { anchorOf, dateOf, mark, said, saidLines, sentence, timeOf } from './words.ts';

/** The head of the page: how the run came out, in words and in figures. */
export const overview = ({ report, startedAt }: PageData): Html => {
  const { command, engine, profile, duration_ms } = report;
  return markup`<header class="hero ${report.outcome}" id="outcome">
<p class="brand">${trustedHtml(ICON.replace('<svg ', '<svg width="22" height="22" aria-hidden="true" focusable="false" '))} passthru</p>
<h1>${HEADLINES[report.outcome]}</h1>
<p class="lede"><code>passthru ${said(command)}</code> on the ${engine === 'docker' ? 'Docker' : 'embedded'} engine, profile ${said(profile)}.<br>${dateOf(startedAt)}, in ${formatDuration(duration_ms)}.</p>
<dl class="figures">
${figures(report).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
</header>`;
};

const HEADLINES: Readonly<Record<PageData['report']['outcome'], string>> = {
  passed: 'Everything passed',
  partial: 'Part of it failed',
  failed: 'Nothing usable came up',
};

/** `5`, or `3 of 5`. */
const passed = (all: readonly { readonly status: string }[]): string => {
  const count = all.filter(({ status }) => status === 'passed').length;
  return count === all.length ? `${count}` : `${count} of ${all.length}`;
};

const figures = ({ steps, requests }: PageData['report']): readonly (readonly [string, string])[] => {
  const checks = steps.flatMap((step) => step.checks);
  const refusals = checks.filter((check) => check.status === 'passed' && isRefusal(check)).length;
  const bringUp = timeOf(steps.filter(({ phase }) => phase === 'bring-up'));
  return [
    ['Steps passed', passed(steps)],
    ['Checks passed', passed(checks)],
    ['Refusals shown', `${refusals}`],
    ['Requests', `${requests.length}`],
    ...(bringUp === 0 ? [] : [['Bring up', formatDuration(bringUp)] as const]),
  ];
};

/** Everything that went wrong, above all else: the root cause, each failed step with its fix, and warnings. */
export const trouble = ({ report }: PageData): Html | null => {
  const { root_cause, steps, warnings } = report;
  const failed = steps.filter(({ status }) => status === 'failed');
  const skipped = steps.filter(({ status }) => status === 'skipped');
  if (root_cause === null && failed.length + skipped.length + warnings.length === 0) return null;
  return markup`<section aria-labelledby="trouble">
<h2 id="trouble">${failed.length + skipped.length === 0 ? 'Worth knowing' : 'What went wrong'}</h2>
${root_cause !== null && rootCause(root_cause)}
${
  failed.length > 0 &&
  markup`<ul class="plain">${failed.map(({ id, title, error, checks }): HtmlValue => {
    const bad = checks.filter(({ status }) => status === 'failed').length;
    const why = bad > 0 ? `${bad} of ${counted(checks.length, 'check')} failed` : error === null ? '' : said(error.message);
    return markup`<li>${mark('failed')} <span><a href="#${anchorOf(id)}">${said(title)}</a> <span class="muted">${why}</span></span></li>`;
  })}</ul>`
}
${skipped.length > 0 && markup`<p class="muted">Skipped: ${skipped.map(({ title }) => said(title)).join(', ')}.</p>`}
${warnings.length > 0 && markup`<ul class="warnings">${warnings.map(({ text }) => markup`<li>${sentence(text)}</li>`)}</ul>`}
</section>`;
};

const rootCause = ({ line, fix, log_tail }: NonNullable<PageData['report']['root_cause']>): Html =>
  markup`<div class="alert"><p class="label">Root cause</p><p>${sentence(line)}</p>
${fix !== '' && markup`<p><strong>Fix</strong> ${sentence(fix)}</p>`}
${log_tail.length > 0 && markup`<details open><summary>Last lines of its log</summary><pre tabindex="0">${saidLines(log_tail.join('\n'))}</pre></details>`}</div>`;
