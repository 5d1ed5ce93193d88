import type { ChalkInstance } from 'chalk';
import type { Report } from '#demo/report.ts';
import { printable } from '#infra/lines/printable.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import { shortPath } from '#cli/shell/words.ts';
import { formatDuration, pad, wrapItems, wrapText } from '../terminal/layout.ts';

/** Files that the run leaves, absolute; undefined: it leaves none of that kind. */
export interface WrittenFiles {
  readonly report: string | undefined;
  readonly junit: string | undefined;
  readonly evidence: string | undefined;
}

export interface ResultOptions {
  /** Close with addresses and credentials: they are of use only while the stack stays up. */
  readonly access: boolean;
  /** Close with the commands to go on with instead: addresses and credentials would hide that the run broke off. */
  readonly next?: boolean;
  /** Where the run left what, absolute paths. */
  readonly files?: Partial<WrittenFiles>;
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
  ...fileLines(options),
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

/** The time that such a run usually takes, and the steps that took clearly longer; a run that broke off compares with none. */
const timeLines = ({ outcome, prediction, steps }: Report, { paint, width }: SummaryOptions): readonly string[] => {
  const usual = prediction?.duration_ms ?? null;
  if (outcome !== 'passed' || prediction === undefined || usual === null) return [];
  const slower = steps
    .flatMap(({ title, duration_ms, predicted_ms = null }) => (predicted_ms === null ? [] : [{ title, duration_ms, predicted_ms }]))
    .filter(({ duration_ms, predicted_ms }) => duration_ms > CLEARLY * predicted_ms && duration_ms - predicted_ms > NOTICED_MS)
    .toSorted((a, b) => b.duration_ms - b.predicted_ms - (a.duration_ms - a.predicted_ms));
  const items = [
    `usually ${formatDuration(usual)} (by ${prediction.runs} earlier ${prediction.runs === 1 ? 'run' : 'runs'})`,
    ...slower
      .slice(0, SHOWN_STEPS)
      .map(({ title, duration_ms, predicted_ms }) => `${title} ${formatDuration(duration_ms)}, usually ${formatDuration(predicted_ms)}`),
  ];
  return row('Time', items, { paint, width });
};

const SHOWN_STEPS = 2;
/** A step is slower by so many times, and so many milliseconds; less is the machine's mood. */
const [CLEARLY, NOTICED_MS] = [1.5, 500];

/** The files of the run, each where the reader finds it, and how a bundle is checked. */
const fileLines = (options: SummaryOptions): readonly string[] => {
  const { files = {}, cwd, printedCommand } = options;
  return Object.entries({ Report: files.report, JUnit: files.junit, Evidence: files.evidence }).flatMap(([label, path]) => {
    if (path === undefined) return [];
    const place = shortPath(path, cwd);
    const check = label === 'Evidence' ? [printedCommand(`evidence verify ${shellWord(place)}`)] : [];
    return row(label, [place, ...check], options);
  });
};

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
  const accounts = credentials.map(
    ({ username, password, totp_secret: secret }) => `${username} / ${password}${secret === undefined ? '' : ` / app ${secret}`}`,
  );
  const secrets = clients.map(({ client_id, client_secret }) => `${client_id} / ${client_secret ?? '(public)'}`);
  return [...row('Accounts', accounts, options), ...(secrets.length === 0 ? [] : row('Clients', secrets, options))];
};
