import type { DemoEvent } from '#demo/events.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { type LogAttributes, type LogEntry, logLine, type Severity } from './terminal/log-record.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import type { Terminal } from './terminal/terminal.ts';

type Entry = readonly [severity: Severity, body: string, attributes: LogAttributes];

const STEP_SEVERITY = { passed: 'INFO', failed: 'ERROR', skipped: 'WARN' } as const;

const errorAttributes = (error: Failure | null): LogAttributes => ({
  'error.type': error?.code,
  'error.message': error?.message,
  'passthru.error.cause': error?.cause?.code,
  'passthru.error.fix': error?.fix,
});

const entryOf = (event: DemoEvent): Entry => {
  switch (event.type) {
    case 'run-started': {
      const { command, engine, engineReason, engineIsFallback, profile, steps } = event;
      return [
        engineIsFallback ? 'WARN' : 'INFO',
        `passthru ${command}`,
        {
          'passthru.command': command,
          'passthru.engine': engine,
          'passthru.engine.reason': engineReason,
          'passthru.profile': profile,
          'passthru.steps': steps.length,
        },
      ];
    }
    case 'step-started':
      return [
        'DEBUG',
        `${event.step.title} started`,
        { 'passthru.step.id': event.step.id, 'passthru.step.phase': event.step.phase, 'passthru.step.attempt': event.attempt },
      ];
    case 'step-progress':
      return ['DEBUG', event.text, { 'passthru.step.id': event.stepId }];
    case 'check': {
      const { check, stepId } = event;
      return [
        check.status === 'passed' ? 'INFO' : 'ERROR',
        check.title,
        {
          'passthru.step.id': stepId,
          'passthru.check.id': check.id,
          'passthru.check.status': check.status,
          'passthru.check.expected': check.expected,
          'passthru.check.got': check.got,
        },
      ];
    }
    case 'request':
      return [
        'DEBUG',
        `${event.method} ${event.url}`,
        {
          'passthru.step.id': event.stepId,
          'http.request.method': event.method,
          'url.full': event.url,
          'http.response.status_code': event.status,
          'passthru.duration_ms': event.durationMs,
        },
      ];
    case 'step-finished':
      return [
        STEP_SEVERITY[event.status],
        `${event.stepId} ${event.status}`,
        {
          'passthru.step.id': event.stepId,
          'passthru.step.status': event.status,
          'passthru.step.detail': event.detail,
          'passthru.duration_ms': event.durationMs,
          ...errorAttributes(event.error),
        },
      ];
    case 'service':
      return [
        event.state === 'exited' ? 'WARN' : 'INFO',
        `${event.service}: ${event.text}`,
        { 'passthru.service': event.service, 'passthru.service.state': event.state },
      ];
    case 'root-cause':
      return ['ERROR', event.line, { 'passthru.error.fix': event.fix, 'passthru.log_tail': event.logTail.join('\n') }];
    case 'warning':
    case 'interrupted':
      return ['WARN', event.text, {}];
    case 'run-finished':
      return ['INFO', 'run finished', { 'passthru.duration_ms': event.durationMs }];
    default:
      return unreachable(event);
  }
};

const isTold = (severity: Severity, verbosity: ReporterOptions['verbosity']): boolean =>
  verbosity === 'verbose' || (verbosity === 'normal' ? severity !== 'DEBUG' : severity === 'ERROR');

/** One OTLP log record a line on stdout: the run as it happens, then the outcome. */
export const createStructuredReporter = (terminal: Terminal, { verbosity, now }: ReporterOptions & { now: () => number }): Reporter => {
  const write = (entry: LogEntry): void => void terminal.out.write(`${logLine(entry)}\n`);
  return {
    emit: (event) => {
      const [severity, body, attributes] = entryOf(event);
      if (isTold(severity, verbosity)) write({ at: event.at, severity, eventName: `passthru.${event.type}`, body, attributes });
    },
    result: (report) =>
      write({
        at: now(),
        severity: report.exit_code === 0 ? 'INFO' : 'ERROR',
        eventName: 'passthru.outcome',
        body: `${report.command} ${report.outcome}`,
        attributes: {
          'passthru.command': report.command,
          'passthru.outcome': report.outcome,
          'passthru.exit_code': report.exit_code,
          'passthru.duration_ms': report.duration_ms,
          'passthru.steps.passed': report.steps.filter(({ status }) => status === 'passed').length,
          'passthru.steps.failed': report.steps.filter(({ status }) => status === 'failed').length,
          'passthru.steps.skipped': report.steps.filter(({ status }) => status === 'skipped').length,
        },
      }),
    [Symbol.dispose]: () => undefined,
  };
};
