import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { junitOfNoRun, junitXml } from '#demo/junit/junit.ts';
import { xmlDocument } from '#demo/junit/xml.ts';
import type { Report } from '#demo/report.ts';
import { failure } from '#infra/apperr/result.ts';
import { FAILED_RUN, PASSED_RUN, recordedReport } from '#test/support/cli-events.ts';
import { allNamed, readXml } from '#test/support/xml.ts';

const CA = '/home/place/.passthru/tls/ca.pem';
const read = (report: Report) => readXml(junitXml(report, '1.2.3'));
const [passed, failed] = [recordedReport(PASSED_RUN, CA), recordedReport(FAILED_RUN, CA)];
const caseOf = (report: Report, name: string) => allNamed(read(report), 'testcase').find(({ attributes }) => attributes['name'] === name);

/** The report of a failed run in which the step `kms.keys` is another. */
const withKeys = (change: Partial<Report['steps'][number]>): Report => ({
  ...failed,
  steps: failed.steps.map((step) => (step.id === 'kms.keys' ? { ...step, ...change } : step)),
});

describe('The JUnit XML of a run', () => {
  it('has a suite for each phase and a case for each check, counted in both', () => {
    const root = read(passed);
    expect(root.attributes).toEqual({ name: 'passthru demo all', tests: '8', failures: '0', errors: '0', time: '1.701' });
    expect(root.children.map(({ attributes }) => attributes)).toEqual([
      expect.objectContaining({ name: 'Bring up', tests: '2', failures: '0', errors: '0', skipped: '0', time: '0.318' }),
      expect.objectContaining({ name: 'Identity', tests: '4', timestamp: '2026-01-02T03:04:05.321Z' }),
      expect.objectContaining({ name: 'KMS', tests: '2' }),
    ]);
    expect(allNamed(root, 'testcase')).toHaveLength(8);
  });

  it('says of each case which step it is of, in its class and in its name, and how long it took', () => {
    expect(caseOf(passed, 'PKCE log-in › A wrong verifier')?.attributes).toEqual({
      classname: 'passthru.identity.pkce',
      name: 'PKCE log-in › A wrong verifier',
      time: '0.000',
    });
    expect(caseOf(passed, 'PKCE log-in › ID token verified')?.attributes['time']).toBe('0.579');
  });

  it('tells of a failed check what was expected and what came, its causes, the fix and the root cause', () => {
    const [fault] = caseOf(failed, 'Elastic keys › Elastic key created')?.children ?? [];
    expect(fault?.attributes).toEqual({ type: 'check-failed', message: 'expected 201, got 503' });
    expect(fault?.text.split('\n')).toEqual([
      'expected  201',
      'got       503',
      'check     kms.keys created',
      'kms-unreachable: the KMS did not answer while an elastic key was made',
      '  ↳ connection-refused: localhost:8081 refuses connections; waited for POST /service/api/v1/elastic-keys',
      'fix  Look at `passthru logs kms`, then run the demo again.',
      '',
      'root cause  kms was ended by SIGKILL; last probe: localhost:8081 refuses connections',
      'fix  Look at `passthru logs kms`, then run the demo again: it starts what is down.',
      '| {"level":30,"msg":"listening"}',
      '| ␛[31mred␛[0m and ␇bell',
    ]);
    expect(read(failed).attributes).toMatchObject({ tests: '8', failures: '1', errors: '0' });
  });

  it('has a case of its own for a step that its checks do not explain: an error', () => {
    const report = withKeys({ checks: [] });
    const steps = caseOf(report, 'Elastic keys');
    expect(steps?.attributes['time']).toBe('0.079');
    expect(steps?.children[0]).toMatchObject({ name: 'error', attributes: { type: 'kms-unreachable' } });
    expect(read(report).attributes).toMatchObject({ failures: '0', errors: '1' });
  });

  it('has a case for each skipped step, which says why', () => {
    expect(caseOf(failed, 'Crypto')?.children).toMatchObject([{ name: 'skipped', attributes: { message: 'needs kms.keys' } }]);
    expect(read(failed).children.at(-1)?.attributes).toMatchObject({ name: 'KMS', tests: '2', skipped: '1' });
  });

  it('names engine, profile, outcome and version as properties, and warnings where they belong', () => {
    const [bringUp, identity, kms] = read(failed).children;
    const properties = allNamed(kms ?? read(failed), 'property').map(({ attributes }) => [attributes['name'], attributes['value']]);
    expect(Object.fromEntries(properties)).toMatchObject({
      'passthru.version': '1.2.3',
      'passthru.engine': 'embedded',
      'passthru.profile': 'demo',
      'passthru.outcome': 'partial',
      'passthru.exit_code': '1',
    });
    const told = [bringUp, identity, kms].map((suite) => suite?.children.find(({ name }) => name === 'system-out')?.text ?? '');
    expect(told[2]).toContain('warning  the certificate of the KMS expires in 6 days');
    expect(told[1]).not.toContain('expires');
    // That of the whole run is said in each.
    for (const text of told) expect(text).toContain('no Docker engine answers');
  });

  it('tells two checks of one title in one step apart', () => {
    const check = { title: 'Twice', status: 'passed', expected: '1', got: '1', duration_ms: 1 } as const;
    const report = withKeys({
      checks: [
        { ...check, id: 'one' },
        { ...check, id: 'two' },
      ],
      error: null,
    });
    expect(caseOf(report, 'Elastic keys › Twice (one)')).toBeDefined();
    expect(caseOf(report, 'Elastic keys › Twice (two)')).toBeDefined();
  });

  it('of a run that did not begin has one case, an error with its fix', () => {
    const error = failure('port-taken', 'port 8081 is taken', { fix: 'Name another with --port-kms.' });
    const root = readXml(junitOfNoRun('demo kms', error, '1.2.3'));
    expect(root.attributes).toMatchObject({ name: 'passthru demo kms', tests: '1', errors: '1' });
    expect(allNamed(root, 'error')).toMatchObject([
      {
        attributes: { type: 'port-taken', message: 'port 8081 is taken' },
        text: 'port-taken: port 8081 is taken\nfix  Name another with --port-kms.',
      },
    ]);
  });
});

describe('xmlDocument', () => {
  it('gives back every text and attribute that XML can carry as it was, and pictures what it cannot', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { attributes, children } = readXml(
          xmlDocument({ name: 'a', attributes: { b: text }, content: [{ name: 'c', content: text }] }),
        );
        expect(attributes['b']).toBe(children[0]?.text ?? '');
        expect(attributes['b']).toHaveLength(text.length);
      }),
    );
    const { attributes } = readXml(xmlDocument({ name: 'a', attributes: { b: '\u0000\u001B\t\n\r\uD800\uFFFF' } }));
    expect(attributes['b']).toBe('␀␛\t\n\r\uFFFD\uFFFD');
  });
});
