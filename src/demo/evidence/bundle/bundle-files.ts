import { parse } from 'yaml';
import type { DemoEvent } from '#demo/events.ts';
import { junitXml } from '#demo/junit/junit.ts';
import type { Report } from '#demo/report.ts';
import { type BundleCheck, exchangesFile, FILES } from '#infra/evidence/bundle/manifest.ts';
import type { Json } from '#infra/evidence/exchange.ts';
import type { Digests } from '../redact/digests.ts';
import { redactedJson } from '../redact/redact.ts';
import { type Places, scrubbed, withPlaces } from '../redact/scrub.ts';
import { readmeOf } from './readme.ts';
import type { WholeRun } from './whole-run.ts';

/** A file of a bundle, by its path in it. */
export type BundleFile = readonly [path: string, text: string];

/** Every file of a bundle but its manifest and signature; none holds a secret. */
export const bundleFiles = (run: WholeRun, means: { readonly digests: Digests; readonly places: Places }): readonly BundleFile[] => {
  const { plan, events, checks, exchanges, facts, version } = run;
  const clean = <T>(value: T): T => scrubbed(value as Json, means.digests, means.places) as T;
  const report = clean(withoutPasswords(withChecks(run.report, checks), means.digests));
  const steps = Object.entries(Object.groupBy(exchanges, ({ step }) => step));
  const { packages, runtime, images } = facts;
  return [
    ['README.md', readmeOf({ ...run, report })],
    ['verify.mjs', run.verifier],
    ['plan.json', json(clean(plan))],
    ['events.jsonl', lines(events.map((event) => JSON.stringify(clean(eventOf(event)))))],
    [FILES.report, json(report)],
    [FILES.checks, json({ version: 1, checks })],
    ...steps.map(([step, own = []]): BundleFile => [exchangesFile(step), json(own)]),
    ['junit.xml', junitXml(report, version)],
    [
      'environment.json',
      json(
        clean({
          passthru: version,
          ...runtime,
          engine: report.engine,
          engine_reason: report.engine_reason,
          profile: report.profile,
          images,
          packages,
        }),
      ),
    ],
    ...(facts.caPem === null ? [] : [[FILES.ca, facts.caPem] as const]),
    ...facts.certificates.map(({ name, text }): BundleFile => [`certificates/${name}.pem`, text]),
    ...facts.configuration.map(({ name, text }): BundleFile => [
      `configuration/${name}.json`,
      json(clean(redactedJson(parse(withPlaces(text, means.places)) as Json, means.digests))),
    ]),
    ...(facts.audit === null ? [] : [[FILES.auditExport, facts.audit.lines] as const, [FILES.auditHead, facts.audit.head] as const]),
    ['traces.jsonl', lines(facts.spans.map((span) => JSON.stringify(clean(JSON.parse(span) as Json))))],
  ];
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const lines = (each: readonly string[]): string => each.map((line) => `${line}\n`).join('');

const eventOf = ({ at, ...event }: DemoEvent): Json => ({ at: new Date(at).toISOString(), ...event }) as unknown as Json;

/** Its checks say what the records show, secrets digested. */
const withChecks = (report: Report, checks: readonly BundleCheck[]): Report => ({
  ...report,
  steps: report.steps.map((step) => ({
    ...step,
    checks: step.checks.map((check) => {
      const { expected, got, title } = checks.find(({ step: of, id }) => of === step.id && id === check.id) ?? check;
      return { ...check, title, expected, got };
    }),
  })),
});

const withoutPasswords = (report: Report, digests: Digests): Report => ({
  ...report,
  credentials: report.credentials.map(({ totp_secret: secret, ...each }) => ({
    ...each,
    password: digests.of(each.password),
    ...(secret === undefined ? {} : { totp_secret: digests.of(secret) }),
  })),
  clients: report.clients.map(({ client_secret: secret, ...each }) => ({ ...each, client_secret: secret && digests.of(secret) })),
});
