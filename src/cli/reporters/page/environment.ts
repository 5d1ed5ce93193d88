import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import type { PageData } from './page-data.ts';
import { dateOf, said } from './words.ts';

/** On what and where the run was: versions, engine, addresses, certificates. No password and no key. */
export const environment = ({ report, environment: { version, node, platform, certificates, notes } }: PageData): Html => {
  const { kms, identity, telemetry } = report.endpoints;
  return markup`<section aria-labelledby="environment">
<h2 id="environment">Environment</h2>
<div class="facts">
<div><h3>Run</h3>
${facts({
  passthru: version,
  Node: node,
  System: platform,
  Engine: `${report.engine}: ${report.engine_reason}`,
  Profile: report.profile,
  'Exit code': `${report.exit_code}`,
})}</div>
<div><h3>Addresses</h3>
${facts({
  KMS: link(kms.service),
  Swagger: kms.swagger === null ? null : link(kms.swagger),
  OpenAPI: link(kms.openapi),
  Identity: link(identity.issuer),
  Discovery: link(identity.discovery),
  Admin: markup`<code>${said(kms.admin)}</code> <code>${said(identity.admin)}</code>`,
  Telemetry: markup`<code>${said(telemetry.otlp)}</code>`,
})}</div>
</div>
${
  certificates.length > 0 &&
  markup`<h3>Certificates</h3>
<ul class="plain certificates">${certificates.map(({ subject, notAfter, fingerprint }) => markup`<li>${said(subject)} <span class="muted">until ${dateOf(Date.parse(notAfter))}<br><code>SHA-256 ${said(fingerprint)}</code></span></li>\n`)}</ul>`
}
${notes.map((note) => markup`<p class="muted">${said(note)}</p>\n`)}</section>`;
};

const facts = (all: Readonly<Record<string, HtmlValue>>): Html =>
  markup`<dl class="list">${Object.entries(all).map(([name, value]) => value !== null && markup`<dt>${name}</dt><dd>${typeof value === 'string' ? said(value) : value}</dd>\n`)}</dl>`;

/** Only an address of the web is a link: the text comes from a configuration. */
const link = (url: string): HtmlValue => (/^https?:\/\//.test(url) ? markup`<a href="${url}">${said(url)}</a>` : said(url));
