import type { Failure } from '#infra/apperr/result.ts';
import { phaseTitle } from '../phase-title.ts';
import type { Report } from '../report.ts';
import { noRunCase, seconds, type TestCase, testCasesOf } from './test-cases.ts';
import { type XmlElement, xmlDocument } from './xml.ts';

/**
 * The report of a run as JUnit XML, in the form that Jenkins, GitLab and the actions of GitHub read (`junit-10.xsd` of the xUnit
 * plugin): a test suite for each phase, a test case for each check. Pure.
 *
 * A failed check is a `failure`, a step that failed otherwise an `error`, both with causes and fix; a step whose turn did not come is
 * `skipped`. Times are seconds; that of a suite is the time of its steps, the parts between checks included.
 *
 * @param version of passthru
 */
export const junitXml = (report: Report, version: string): string => {
  const phases = Object.entries(Object.groupBy(report.steps, ({ phase }) => phase));
  const suites = phases.map(([phase, steps = []]) => suiteOf(phase, steps, { report, version }));
  return documentOf(report.command, report.duration_ms, suites);
};

/**
 * The same of a run that did not begin, because its stack could not be opened, for example: one case, which is an error, so that no
 * pipeline takes its absence for a success.
 */
export const junitOfNoRun = (command: string, error: Failure, version: string): string => {
  const all = [noRunCase(error)];
  const properties = propertiesOf({ 'passthru.version': version, 'passthru.command': command });
  return documentOf(command, 0, [{ all, element: suiteElement('Start', all, { time: seconds(0) }, [properties]) }]);
};

const documentOf = (command: string, durationMs: number, suites: readonly Suite[]): string =>
  xmlDocument({
    name: 'testsuites',
    attributes: { name: `passthru ${command}`, ...counts(suites.flatMap(({ all }) => all)), time: seconds(durationMs) },
    content: suites.map(({ element }) => element),
  });

interface Suite {
  readonly all: readonly TestCase[];
  readonly element: XmlElement;
}

const suiteOf = (
  phase: string,
  steps: Report['steps'],
  { report, version }: { readonly report: Report; readonly version: string },
): Suite => {
  const all = steps.flatMap((step) => testCasesOf(step, report.root_cause));
  const ids = steps.map(({ id }) => id);
  const warnings = report.warnings.filter(({ step }) => step === null || ids.includes(step));
  const properties = propertiesOf({
    'passthru.version': version,
    'passthru.command': report.command,
    'passthru.engine': report.engine,
    'passthru.engine.reason': report.engine_reason,
    'passthru.profile': report.profile,
    'passthru.outcome': report.outcome,
    'passthru.exit_code': report.exit_code,
  });
  const told = warnings.length === 0 ? [] : [{ name: 'system-out', content: warnings.map(({ text }) => `warning  ${text}`).join('\n') }];
  const times = {
    time: seconds(steps.reduce((sum, step) => sum + step.duration_ms, 0)),
    timestamp: steps.find(({ started_at }) => started_at !== null)?.started_at ?? undefined,
  };
  return { all, element: suiteElement(phaseTitle(phase), all, times, [properties], told) };
};

const suiteElement = (
  name: string,
  cases: readonly TestCase[],
  times: { readonly time: string; readonly timestamp?: string | undefined },
  before: readonly XmlElement[],
  after: readonly XmlElement[] = [],
): XmlElement => ({
  name: 'testsuite',
  attributes: { name, ...counts(cases), skipped: cases.filter(({ outcome }) => outcome === 'skipped').length, ...times },
  content: [...before, ...cases.map(({ element }) => element), ...after],
});

const propertiesOf = (properties: Readonly<Record<string, string | number>>): XmlElement => ({
  name: 'properties',
  content: Object.entries(properties).map(([name, value]) => ({ name: 'property', attributes: { name, value } })),
});

const counts = (cases: readonly TestCase[]) => ({
  tests: cases.length,
  failures: cases.filter(({ outcome }) => outcome === 'failure').length,
  errors: cases.filter(({ outcome }) => outcome === 'error').length,
});
