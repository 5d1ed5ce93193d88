import { nearestFix } from '#infra/apperr/nearest-fix.ts';
import type { Failure } from '#infra/apperr/result.ts';
import type { Report } from '../report.ts';
import type { XmlElement } from './xml.ts';

type Step = Report['steps'][number];
type Check = Step['checks'][number];

/** A test case as readers count it, and how it came out. */
export interface TestCase {
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly element: XmlElement;
}

/** Seconds, as the format has them. */
export const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

/**
 * The test cases of a step: each check is one, with the time since the check before it. The step itself is one only where its checks do
 * not tell how it came out: it was skipped, or something else than a check failed.
 */
export const testCasesOf = (step: Step, rootCause: Report['root_cause']): readonly TestCase[] => {
  const checks = step.checks.map((check) => checkCase(check, step, rootCause));
  const own = stepCase(step, rootCause);
  return own === null ? checks : [...checks, own];
};

/**
 * Some readers list the name of a case alone (GitLab), others below its class, which they take apart at its dots (Jenkins): so both
 * say which step it is of.
 */
const testCase = (step: Step, name: string, durationMs: number, result: XmlElement | null): XmlElement => ({
  name: 'testcase',
  attributes: { classname: `passthru.${step.id}`, name, time: seconds(durationMs) },
  content: result === null ? [] : [result],
});

const checkCase = (check: Check, step: Step, rootCause: Report['root_cause']): TestCase => {
  const isShared = step.checks.some(({ id, title }) => id !== check.id && title === check.title);
  const name = `${step.title} › ${check.title}${isShared ? ` (${check.id})` : ''}`;
  if (check.status === 'passed') return { outcome: 'passed', element: testCase(step, name, check.duration_ms, null) };
  const told = [`expected  ${check.expected}`, `got       ${check.got}`, `check     ${step.id} ${check.id}`];
  const beneath = step.error === null ? [] : failureText(step.error.code === 'check-failed' ? step.error.cause : step.error);
  const failure = {
    name: 'failure',
    attributes: { type: 'check-failed', message: `expected ${check.expected}, got ${check.got}` },
    content: [...told, ...beneath, ...fixText(step.error), ...rootCauseText(rootCause)].join('\n'),
  };
  return { outcome: 'failure', element: testCase(step, name, check.duration_ms, failure) };
};

const stepCase = (step: Step, rootCause: Report['root_cause']): TestCase | null => {
  const { error, checks, status, title, detail } = step;
  if (status === 'skipped') {
    const message = detail === '' ? 'the run ended before its turn' : detail;
    return { outcome: 'skipped', element: testCase(step, title, 0, { name: 'skipped', attributes: { message } }) };
  }
  const isToldByChecks = checks.some((check) => check.status === 'failed');
  if (error === null || isToldByChecks) return null;
  const told = checks.reduce((sum, check) => sum + check.duration_ms, 0);
  return { outcome: 'error', element: testCase(step, title, Math.max(0, step.duration_ms - told), errorElement(error, rootCause)) };
};

/** The only case of a run that did not begin. */
export const noRunCase = (error: Failure): TestCase => ({
  outcome: 'error',
  element: {
    name: 'testcase',
    attributes: { classname: 'passthru.start', name: 'Start', time: seconds(0) },
    content: [errorElement(error, null)],
  },
});

const errorElement = (error: Failure, rootCause: Report['root_cause']): XmlElement => ({
  name: 'error',
  attributes: { type: error.code, message: error.message },
  content: [...failureText(error), ...fixText(error), ...rootCauseText(rootCause)].join('\n'),
});

/** A failure and its causes, each further in. */
const failureText = (error: Failure | null, depth = 0): readonly string[] =>
  error === null
    ? []
    : [`${'  '.repeat(depth)}${depth === 0 ? '' : '↳ '}${error.code}: ${error.message}`, ...failureText(error.cause, depth + 1)];

const fixText = (error: Failure | null): readonly string[] => {
  const fix = nearestFix(error);
  return fix === '' ? [] : [`fix  ${fix}`];
};

const rootCauseText = (rootCause: Report['root_cause']): readonly string[] =>
  rootCause === null
    ? []
    : [
        '',
        `root cause  ${rootCause.line}`,
        ...(rootCause.fix === '' ? [] : [`fix  ${rootCause.fix}`]),
        ...rootCause.log_tail.map((line) => `| ${line}`),
      ];
