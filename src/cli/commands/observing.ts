import { DATABASES, type PartName, SERVICES } from '#engine/engine.ts';
import { type AddCommand, command } from '#cli/command-line/build-program.ts';
import { LOGS_HELP, STATUS_HELP, TRACE_HELP } from '#cli/command-line/observing-help.ts';
import { OPEN_HELP } from '#cli/command-line/open-help.ts';
import { OPENED_PAGES } from '#cli/documents/opened-pages.ts';
import { LOGS_FLAGS, STATUS_FLAGS, TRACE_FLAGS } from '#cli/settings/command-flags.ts';
import { traceReference } from '#cli/settings/log-values.ts';
import { oneOf } from '#cli/settings/value-types.ts';

const PAGE = oneOf(OPENED_PAGES, 'page');
const PART = oneOf<PartName>([...SERVICES, ...DATABASES], 'part');

/** The commands that look at a stack and change nothing, a row each: how is it, what happened, where did a request go? */
export const OBSERVING_COMMANDS: readonly AddCommand[] = [
  command({
    name: 'status',
    summary: 'every service with state, uptime, address and, when red, the cause',
    flags: STATUS_FLAGS,
    settings: ['stack', 'output'],
    help: STATUS_HELP,
    run: async (call) => (await import('./status/status.ts')).status(call),
  }),
  command({
    name: 'logs',
    summary: 'what the services logged, on one time line',
    argument: { spelling: '[part]', help: 'one service, or the database of one', type: PART },
    flags: LOGS_FLAGS,
    settings: ['stack', 'output'],
    help: LOGS_HELP,
    run: async (call) => (await import('./logs/logs.ts')).logs(call),
  }),
  command({
    name: 'trace',
    summary: 'the spans of a request as a tree with times; without an id the last traces',
    argument: { spelling: '[id]', help: 'a trace id of a log or a report, its first digits, or a traceparent', type: traceReference },
    flags: TRACE_FLAGS,
    settings: ['stack', 'output'],
    help: TRACE_HELP,
    run: async (call) => (await import('./trace/trace.ts')).trace(call),
  }),
  command({
    name: 'open',
    summary: 'a page of the stack, or the report of its last run, in the browser',
    argument: { spelling: '[page]', help: 'the page to show', type: PAGE, default: 'kms' },
    settings: ['stack', 'output'],
    help: OPEN_HELP,
    run: async (call) => (await import('./open/open.ts')).open(call),
  }),
];
