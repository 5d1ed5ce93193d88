import { readFile } from 'node:fs/promises';
import { auditHead, auditLines } from '#client/admin/audit.ts';
import type { Facts } from '#demo/evidence/bundle/whole-run.ts';
import { readSpans } from '#demo/traces/read-spans.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { stackEvidence } from '#stack/evidence/stack-evidence.ts';
import type { Stack } from '#stack/stack.ts';
import { packageVersions } from './package-versions.ts';

/** Bytes of the longest page of an audit. */
const PAGE_BYTES = 8 * 1024 * 1024;
/** Spans of one run; a demo makes some thousands. */
const MAX_SPANS = 50_000;

/**
 * Gathers what surrounds a run, while its stack is up; a part that cannot be had is named among the missing, and keeps nobody from the
 * others.
 *
 * @param options.traceIds of the requests that the run sent
 */
export const stackFacts = async (options: {
  readonly stateDir: string;
  readonly engine: Stack['engine'];
  readonly hasKms: boolean;
  readonly traceIds: ReadonlySet<string>;
}): Promise<Facts> => {
  const { stateDir, engine, hasKms, traceIds } = options;
  const missing: Facts['missing'][number][] = [];
  const had = async <T>(what: string, get: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await get();
    } catch (thrown) {
      missing.push({ what, why: failureFrom(thrown).message });
      return otherwise;
    }
  };
  const [files, images, packages, audit, spans] = await Promise.all([
    had('certificates and configuration', () => stackEvidence(stateDir), { caPem: null, certificates: [], configuration: [] }),
    had('images', () => engine.imagesInUse(), []),
    had('versions of packages', packageVersions, {}),
    hasKms ? had('the audit of the KMS', () => auditOf(engine), null) : null,
    had('traces', () => spansOf(engine, traceIds), []),
  ]);
  const { version, platform, arch } = process;
  return { ...files, images, packages, audit, spans, missing, runtime: { node: version, platform, arch } };
};

const auditOf = async (engine: Stack['engine']): Promise<Facts['audit']> => {
  const { kms, caFile, client } = engine.endpoints();
  const [ca, cert, key] = await Promise.all([caFile, client.certFile, client.keyFile].map((file) => readFile(file, 'utf8')));
  await using https = await createHttpsClient({ ca: ca ?? '', cert: cert ?? '', key: key ?? '', maxBytes: PAGE_BYTES });
  const options = { url: kms.admin, client: https };
  // The head first: what is written meanwhile comes behind it.
  const head = `${JSON.stringify(await auditHead(options))}\n`;
  const pages: string[] = [];
  for await (const page of auditLines(options)) pages.push(page);
  return { head, lines: pages.join('') };
};

const spansOf = async (engine: Stack['engine'], traceIds: ReadonlySet<string>): Promise<readonly string[]> => {
  const spans = await readSpans(engine.telemetryRecords('traces'), ({ traceId }) => traceIds.has(traceId));
  return spans.slice(-MAX_SPANS).map((span) => JSON.stringify(span));
};
