import type { ChalkInstance } from 'chalk';
import type { Report } from '#demo/report.ts';
import { printable } from '#infra/lines/printable.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import { shortPath } from '#cli/shell/words.ts';
import { formatDuration, pad, wrapItems, wrapText } from '../terminal/layout.ts';

export interface ResultOptions {
  /** Close with addresses and credentials: they are of use only while the stack stays up. */
  readonly access: boolean;
  /** Close with the commands to go on with instead: addresses and credentials would hide that the run broke off. */
  readonly next?: boolean;
}

export interface SummaryOptions extends ResultOptions {
  /** Paths below it are printed relative to it. */
  readonly cwd: string;
  readonly printedCommand: PrintedCommand;
  readonly paint: ChalkInstance;
  readonly width: number;
}

const LABEL = 11;

/** The outcome of a run, and what a reader needs to go on. */
export const summaryLines = (report: Report, options: SummaryOptions): readonly string[] => [
  '',
  ...countLines(report, options),
  ...timeLines(report, options),
  ...(options.next === true ? nextLines(['status', 'logs', report.command], options) : []),
  ...(options.access && options.next !== true && report.outcome !== 'failed' ? ['', ...accessLines(report, options)] : []),
];

const countLines = ({ steps, duration_ms, critical_path, outcome }: Report, { paint, width }: SummaryOptions): readonly string[] => {
  const count = (status: string): number => steps.filter((step) => step.status === status).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  const checks = steps.reduce((sum, step) => sum + step.checks.length, 0);
  const bringUp = steps.filter(({ phase }) => phase === 'bring-up').reduce((sum, step) => sum + step.duration_ms, 0);
  const color = outcome === 'passed' ? paint.green : outcome === 'partial' ? paint.yellow : paint.red;
  const counts = `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
  const details = [
    ...(checks === 0 ? [] : [`${checks} checks`]),
    ...(bringUp === 0 ? [] : [`bring up ${formatDuration(bringUp)}`]),
    ...(critical_path.length < 2 ? [] : [`waited for ${critical_path.join(' → ')}`]),
  ];
  const lead = `  ${counts} in ${formatDuration(duration_ms)}`;
  const rest = details.length === 0 ? '' : ` (${details.join(', ')})`;
  const colored = `  ${color(counts)} in ${formatDuration(duration_ms)}`;
  return lead.length + rest.length <= width ? [colored + rest] : [colored, ...wrapText(rest.trim(), width - 2).map((line) => `  ${line}`)];
};

/** The steps that took longest, beside the time that they usually take. */
const timeLines = ({ prediction, steps }: Report, { paint, width }: SummaryOptions): readonly string[] => {
  const usual = prediction?.duration_ms ?? null;
  if (prediction === undefined || usual === null) return [];
  const longest = steps.filter(({ status }) => status === 'passed').toSorted((a, b) => b.duration_ms - a.duration_ms);
  const items = [
    `usually ${formatDuration(usual)} (by ${prediction.runs} earlier ${prediction.runs === 1 ? 'run' : 'runs'})`,
    ...longest
      .slice(0, SHOWN_STEPS)
      .map(
        ({ title, duration_ms, predicted_ms }) => `${title} ${formatDuration(duration_ms)}, usually ${formatDuration(predicted_ms ?? 0)}`,
      ),
  ];
  return row('Time', items, { paint, width });
};

const SHOWN_STEPS = 2;

const accessLines = (report: Report, options: SummaryOptions): readonly string[] => {
  const { endpoints, ca_file, steps } = report;
  const { paint, cwd } = options;
  const ca = shortPath(ca_file, cwd);
  const kms = steps.some(({ id, phase }) => phase === 'kms' || id === 'bring-up.kms');
  const { service, openapi, ready, swagger, pages } = endpoints.kms;
  return [
    ...(kms ? row('KMS', [new URL(service).origin, ...[pages ?? []].flat(), ...[swagger ?? []].flat(), openapi, ready], options) : []),
    ...row('Identity', [endpoints.identity.issuer, endpoints.identity.discovery, endpoints.identity.ready], options),
    ...row('Admin', [...(kms ? [endpoints.kms.admin] : []), endpoints.identity.admin, 'client certificate required'], options),
    ...row('Telemetry', [endpoints.telemetry.otlp], options),
    ...row('CA', [ca], options),
    ...row('Trust', [options.printedCommand('trust --install'), 'then browsers accept it'], options),
    ...tryLines(report, ca, kms),
    '',
    `  ${paint.yellow('Demo credentials, never for real data:')}`,
    ...credentialLines(report, options),
    ...nextLines(
      ['status', ...(report.command === 'up' ? ['env'] : []), 'reset-demo', `logs ${kms ? 'kms' : 'identity'} -f`, 'down'],
      options,
    ),
  ];
};

const nextLines = (commands: readonly string[], options: SummaryOptions): readonly string[] =>
  row('Next', commands.map(options.printedCommand), options);

/** A labelled list, broken at the right edge and never inside an item: an address, a path or a command is of use only as a whole. */
const row = (label: string, items: readonly string[], { paint, width }: Pick<SummaryOptions, 'paint' | 'width'>): readonly string[] =>
  wrapItems(items.map(printable), { separator: ' · ', columns: width - LABEL - 2 }).map(
    (line, index) => `  ${index === 0 ? paint.bold(pad(label, LABEL)) : ' '.repeat(LABEL)}${line}`,
  );

/** Works as printed, from the folder of the run; the backslash keeps it within the width. */
const tryLines = (report: Report, ca: string, kms: boolean): readonly string[] => {
  const user = report.credentials.find(({ username }) => username === 'demo-user') ?? report.credentials[0];
  const lead = `  ${pad('Try', LABEL)}curl --cacert ${shellWord(ca)}`;
  if (!kms || user === undefined) return [`${lead} \\`, `  ${' '.repeat(LABEL + 2)}${report.endpoints.identity.discovery}`];
  const address = `${report.endpoints.kms.service.replace(/\/$/, '')}/elastic-keys`;
  return [`${lead} \\`, `  ${' '.repeat(LABEL + 2)}-u ${user.username}:${shellWord(user.password)} ${address}`];
};

const credentialLines = ({ credentials, clients }: Report, options: SummaryOptions): readonly string[] => {
  const accounts = credentials.map(({ username, password }) => `${username} / ${password}`);
  const secrets = clients.map(({ client_id, client_secret }) => `${client_id} / ${client_secret ?? '(public)'}`);
  return [...row('Accounts', accounts, options), ...(secrets.length === 0 ? [] : row('Clients', secrets, options))];
};
