import type { ChalkInstance } from 'chalk';
import type { DemoEvent, StepInfo } from '#demo/events.ts';
import { advance, NOT_STARTED, type RunState } from '#demo/outcome.ts';
import { phaseTitle } from '#demo/phase-title.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import { printable } from '#infra/lines/printable.ts';
import { type CheckLayout, errorLines, failedLines, failedText, passedLine, refusedLines } from './check-lines.ts';
import { rootCauseLines } from './root-cause-lines.ts';
import { stepCounter, stepMark, stepRest } from './step-line.ts';
import { columnsOf, cut, formatDuration, wrapText } from '../terminal/layout.ts';

type EventOf<T extends DemoEvent['type']> = Extract<DemoEvent, { type: T }>;

export interface TranscriptOptions extends CheckLayout {
  readonly verbose: boolean;
}

/** A run as lines for a reader, one event at a time. */
export interface Transcript {
  /** The lines that this event adds. */
  lines(event: DemoEvent): readonly string[];
  /** The line of a step under way, without its mark: what stands before and after the spinner. */
  running(stepId: string, elapsedMs: number): { readonly before: string; readonly after: string };
}

/** The column of titles is as wide as the longest, within these bounds. */
const MIN_TITLE = 15;
const MAX_TITLE = 22;

interface State {
  run: RunState;
  titleColumns: number;
  phase: string;
  progress: Map<string, string>;
}

export const createTranscript = (options: TranscriptOptions): Transcript => {
  const state: State = { run: NOT_STARTED, titleColumns: MIN_TITLE, phase: '', progress: new Map() };
  return {
    lines: (event) => {
      state.run = advance(state.run, event);
      return linesOf(event, state, options);
    },
    running: (stepId, elapsedMs) => {
      const step = state.run.steps.find(({ step: { id } }) => id === stepId)?.step;
      if (step === undefined) return { before: '', after: '' };
      const before = `  ${stepCounter(step, state.run.steps)}`;
      return {
        before,
        after: stepRest(step, state.progress.get(stepId) ?? '', elapsedMs, { before, titleColumns: state.titleColumns, ...options }),
      };
    },
  };
};

const linesOf = (event: DemoEvent, state: State, options: TranscriptOptions): readonly string[] => {
  const { paint, width, verbose } = options;
  switch (event.type) {
    case 'run-started':
      state.titleColumns = Math.min(MAX_TITLE, Math.max(MIN_TITLE, ...event.steps.map(({ title }) => columnsOf(title))));
      return headline(event, options);
    case 'step-started':
      state.progress.delete(event.step.id);
      return [...heading(event.step, state, paint), ...(verbose && event.attempt > 1 ? [note(`attempt ${event.attempt}`, options)] : [])];
    case 'step-progress': {
      state.progress.set(event.stepId, printable(event.text));
      return verbose ? [note(printable(event.text), options)] : [];
    }
    case 'check':
      return [];
    case 'request':
      return verbose ? [note(`${event.method} ${event.url} → ${event.status} in ${formatDuration(event.durationMs)}`, options)] : [];
    case 'step-finished':
      return finished(event, state, options);
    case 'service':
      // Services that stop because the run was interrupted are no news.
      return verbose || (event.state === 'exited' && !state.run.isInterrupted)
        ? [note(`${event.service} ${serviceText(event)}`, options, event.state === 'exited' ? '!' : '·')]
        : [];
    case 'root-cause':
      return rootCauseLines(event, options);
    case 'warning':
      return wrapText(printable(event.text), width - 12).map((line, index) => `          ${index === 0 ? paint.yellow('!') : ' '} ${line}`);
    case 'interrupted':
      // The command has said at once what happens now: it heard the signal first.
      return [];
    case 'run-finished':
      return [];
    default:
      return unreachable(event);
  }
};

const serviceText = ({ state, text }: EventOf<'service'>): string => {
  const said = printable(text);
  return said.startsWith(state) ? said : `${state}, ${said}`;
};

const note = (text: string, { paint, width }: TranscriptOptions, mark = '·'): string =>
  `          ${paint.dim(`${mark} ${cut(text, width - 12)}`)}`;

/** One line; a reason that is too long for it stands below in full, since it may say why the wanted engine cannot be had. */
const headline = (
  { command, engine, engineReason, profile }: EventOf<'run-started'>,
  { paint, width }: TranscriptOptions,
): readonly string[] => {
  const lead = `passthru ${command}`;
  const reason = printable(engineReason);
  const told = (chosen: string): string => `   ${chosen} · profile ${profile}`;
  const inOne = told(reason === '' ? `engine ${engine}` : `engine ${engine}: ${reason}`);
  if (columnsOf(lead) + columnsOf(inOne) <= width) return [paint.bold(lead) + inOne];
  return [paint.bold(lead) + told(`engine ${engine}`), ...wrapText(reason, width - 2).map((line) => `  ${line}`)];
};

const heading = ({ phase }: StepInfo, state: State, paint: ChalkInstance): readonly string[] => {
  if (phase === state.phase) return [];
  state.phase = phase;
  return ['', `  ${paint.bold(phaseTitle(phase))}`];
};

const finished = (event: EventOf<'step-finished'>, state: State, options: TranscriptOptions): readonly string[] => {
  const { paint, width, verbose } = options;
  const { steps, isInterrupted } = state.run;
  const known = steps.find(({ step }) => step.id === event.stepId);
  // After an interruption the summary counts what was skipped.
  if (known === undefined || (isInterrupted && event.status === 'skipped')) return [];
  const { step, checks } = known;
  const before = `  ${stepCounter(step, state.run.steps)}`;
  const failed = checks.filter(({ status }) => status === 'failed').length;
  // A step that was cut short did not fail by itself: its error only says that it was.
  const cutShort = isInterrupted && event.status === 'failed' && failed === 0;
  const text = cutShort ? 'interrupted' : textOf(event, checks.length, failed);
  const duration = event.status === 'skipped' ? null : event.durationMs;
  const mark = stepMark(event.status, paint);
  const indent = columnsOf(before) + 1;
  return [
    ...heading(step, state, paint),
    `${before} ${mark} ${stepRest(step, text, duration, { before, titleColumns: state.titleColumns, ...options })}`,
    ...(verbose
      ? checks.filter(({ status }) => status === 'passed').map((check) => passedLine(check, indent, options))
      : refusedLines(checks, indent, options)),
    ...checks.filter(({ status }) => status === 'failed').flatMap((check) => failedLines(check, indent, options)),
    ...errorLines(cutShort ? null : event.error, failed, { paint, width, indent: indent + 2 }),
  ];
};

const textOf = ({ detail, status }: EventOf<'step-finished'>, checks: number, failed: number): string => {
  if (status === 'failed' && detail === '') return failedText(checks, failed);
  // A step whose whole point is refusals names them in its detail; the lines below name each that was seen.
  return status === 'passed' && detail.startsWith('refused:') ? `${checks} checks` : printable(detail);
};
