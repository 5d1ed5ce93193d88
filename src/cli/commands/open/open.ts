import { stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { Endpoints } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { openStack } from '#stack/open-stack.ts';
import { readLastReport } from '#stack/record/last-report.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { runningParts } from '#cli/context/running-services.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { OpenDocument } from '#cli/documents/open.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { browserOf, openIn } from './browser.ts';

export type OpenedPage = OpenDocument['page'];

/** `passthru open`: a page of the stack, or its last report, in the browser of the user; else its address. */
export const open = (call: CommandCall<OpenedPage>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, (context) => show(context, call.argument));

const show = async (context: CommandContext, page: OpenedPage): Promise<ExitCode> => {
  const { command, settings, printer, terminal, process } = context;
  const url = page === 'report' ? await reportUrl(settings.stateDir) : await serviceUrl(context, page);
  const isTerminal = terminal.out.isTTY === true && settings.output === 'human';
  const browser = browserOf({ platform: platform(), env: process.env, isTerminal });
  const reason = 'program' in browser ? await openIn(browser, url, { env: process.env }) : browser.reason;
  const isAsked = settings.output === 'human' && isTerminal && settings.verbosity !== 'quiet';
  if (isAsked && reason !== null) printer.remark(`No browser was opened: ${reason}. The address:`);
  if (isAsked && reason === null && page !== 'report')
    printer.remark('A browser that does not trust the CA yet warns: `passthru trust --install` ends that.');
  const document: OpenDocument = { version: 1, command, exit_code: EXIT.passed, page, url, opened: reason === null, reason };
  printer.result({ document, lines: [url], records: [{ body: url, attributes: { 'url.full': url, 'passthru.opened': reason === null } }] });
  return EXIT.passed;
};

/** The page for people, where there is one; else whatever there is to look at. */
export const pageOf = (page: 'kms' | 'identity', { kms, identity }: Pick<Endpoints, 'kms' | 'identity'>): string =>
  page === 'identity' ? identity.issuer : (kms.pages ?? kms.swagger ?? new URL('/', kms.service).href);

/** @throws AppError `service-down` where it does not run: a browser would show an error of its own */
const serviceUrl = async (context: CommandContext, page: 'kms' | 'identity'): Promise<string> => {
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find' });
  const running = await runningParts(stack.engine);
  if (!running.includes(page)) {
    const name = page === 'kms' ? 'the KMS' : 'Identity';
    throw new AppError('service-down', 503, `${name} of the stack in ${context.settings.stateDir} does not run`, {
      fix: 'Start the stack with `passthru up`.',
    });
  }
  return pageOf(page, stack.engine.endpoints());
};

const NO_REPORT_FIX = 'Write one: `passthru demo all --report report.html`.';

const reportUrl = async (stateDir: string): Promise<string> => {
  const path = await readLastReport(stateDir);
  if (path === null) throw new AppError('no-report', 404, `no run of the stack in ${stateDir} wrote a report`, { fix: NO_REPORT_FIX });
  const found = await stat(path).catch(missingIs(null));
  if (found === null) throw new AppError('no-report', 404, `the last report, ${path}, is gone`, { fix: NO_REPORT_FIX });
  return pathToFileURL(path).href;
};
