import { phaseTitle } from '#demo/phase-title.ts';
import { type HtmlValue, markup, renderHtml } from '#infra/html/html.ts';
import { standaloneDocument } from '#infra/html/standalone.ts';
import { environment } from './environment.ts';
import { overview, trouble } from './overview.ts';
import type { PageData } from './page-data.ts';
import { steps } from './steps.ts';
import { STYLE } from './style.ts';
import { timeSpent } from './time-spent.ts';
import { timeline } from './timeline.ts';
import { waterfall } from './waterfall.ts';
import { mark, said } from './words.ts';

/**
 * The report of a run as one HTML file that stands alone: outcome, trouble, the time line of the bring-up, where the time went, steps with
 * their checks and requests, a trace, the environment. Pure; every text in it is escaped. It is read without a script, printed with its
 * steps unfolded, and follows the colours of its reader.
 */
export const reportPage = (data: PageData): string => {
  const { report } = data;
  const sections: readonly (readonly [id: string, name: string, content: HtmlValue])[] = [
    ['trouble', 'Trouble', trouble(data)],
    ['bring-up', 'Bring up', timeline(data)],
    ['time', 'Time', timeSpent(data)],
    ['steps', 'Steps', steps(data)],
    ['trace', 'Trace', waterfall(data.trace)],
    ['environment', 'Environment', environment(data)],
  ];
  const shown = sections.filter(([, , content]) => content !== null);
  return renderHtml(
    standaloneDocument({
      title: `passthru ${said(report.command)}: ${report.outcome}`,
      style: STYLE,
      body: markup`<a class="skip" href="#main">To the content</a>
<div class="page">
<nav aria-label="Contents">
<ul>
${shown.map(([id, name]) => markup`<li><a href="#${id}">${name}</a>${id === 'steps' && phases(report)}</li>\n`)}</ul>
</nav>
<main id="main">
${overview(data)}
${shown.map(([, , content]) => markup`${content}\n`)}
<footer><p>Made by passthru ${said(data.environment.version)}. Secrets are redacted; the passwords of a demo are public, and never for real data.</p></footer>
</main>
</div>`,
    }),
  );
};

const phases = ({ steps: all }: PageData['report']): HtmlValue =>
  markup`<ul>${Object.entries(Object.groupBy(all, ({ phase }) => phase)).map(([phase, own = []]) => {
    const status = own.some((step) => step.status === 'failed')
      ? 'failed'
      : own.some((step) => step.status === 'skipped')
        ? 'skipped'
        : 'passed';
    return markup`<li><a href="#phase-${phase}">${phaseTitle(phase)}</a> ${mark(status)}</li>\n`;
  })}</ul>`;
