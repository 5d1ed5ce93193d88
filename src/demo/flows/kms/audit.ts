import { auditHead, auditLines } from '#client/admin/audit.ts';
import { randomText } from '#client/identity/random-text.ts';
import { answered, from, list, observed, type Taken, words } from '#demo/evidence/taken.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import { realmUser } from '#demo/world/callers.ts';
import { withFlowKeys } from '#demo/world/flow-keys.ts';
import { base64url } from '#demo/world/keys.ts';
import { keptHeadOf } from '#infra/audit/kept-head.ts';
import { createExportVerifier, type Verdict } from '#infra/audit/verify-export.ts';

/** Why a check cannot be made again from a record. */
const EXPORT = 'an export comes in many answers, and is checked line by line';

/** Milliseconds after which a reader finds what was done. */
const INDEXED_WITHIN_MS = 1_000;

/** What this run did has its records, which the tenant reads; an export of them holds, and not where a byte of it was changed. */
export const run = withFlowKeys(async ({ check, stack, sleep, signal }, kms, keys) => {
  const key = await keys.newKey('A256GCM/A256KW');
  const sealed = await key.encrypt(base64url(`demo ${randomText(8)}`));
  const user = await realmUser(stack, 'demo-user');
  await check('refused', 'demo-user suspends the key', '403 scope-insufficient', suspend(user, key.id));

  const expected = [
    'elastic-key.change refused demo-user',
    'encrypt done demo-tenant-admin',
    'elastic-key.create done demo-tenant-admin',
    'elastic-key.create begun demo-tenant-admin',
  ];
  const told = async () =>
    (await kms.all('readAudit', { query: { key: key.id } })).map((record) => {
      const { body } = from(record);
      return words(body('/operation'), body('/outcome'), body('/username'));
    });
  let records = await told();
  // Where somebody else read the audit just before, it has these records a second later.
  if (records.length < expected.length) {
    await sleep(INDEXED_WITHIN_MS, signal);
    records = await told();
  }
  await check('records', 'The audit has, the latest first', expected, list(records));
  const [encrypted] = await kms.all('readAudit', { query: { key: key.id, operation: 'encrypt' } });
  await check(
    'version',
    'with the version that encrypted',
    from(sealed).body('/material_key_id'),
    from(encrypted ?? {})
      .body('/material_key_id')
      .or('none'),
  );
  await check('scope', 'demo-user reads the audit', '403 scope-insufficient', user.call('GET', '/audit').then(answered));

  const { lines, head } = await exported(stack);
  const verified = (changed: readonly string[]): Verdict => {
    const verifier = createExportVerifier({ kept: keptHeadOf(JSON.stringify(head)) });
    for (const line of changed) verifier.take(line);
    return verifier.verdict();
  };
  await check('holds', 'An export, checked against the published head', 'holds', observed(EXPORT, verdictOf(verified(lines))));
  const at = lines.findIndex((line) => line.includes('"action":"encrypt"') && line.includes(key.id));
  const forged = lines.with(at, lines[at]?.replace('demo-tenant-admin', 'demo-tenant-admim') ?? '');
  const seq = encrypted === undefined ? 0 : encrypted.seq;
  // The record itself is well formed; the one behind it names the hash of what stood there.
  await check(
    'changed',
    'The same with one byte of that record changed',
    'does not hold from the record behind it on',
    observed(EXPORT, verdictOf(verified(forged), seq)),
  );
  return 'who did what with which key · signed chain · a changed byte is found';
});

const suspend = (user: Awaited<ReturnType<typeof realmUser>>, id: string): Promise<Taken> =>
  user.call('PATCH', `/elastic-keys/${id}`, { state: 'suspended' }).then(answered);

const exported = async ({ endpoints, session }: StackAccess) => {
  const client = await session({ certificate: endpoints.client });
  const url = endpoints.kms.admin;
  const head = await auditHead({ url, client });
  const pages: string[] = [];
  for await (const page of auditLines({ url, client })) pages.push(page);
  return { head, lines: pages.join('').split('\n').slice(0, -1) };
};

/** @param changed the record that was changed; none where all is as it was */
const verdictOf = ({ holds, faults: [first] }: Verdict, changed?: number): string => {
  if (holds) return 'holds';
  if (changed !== undefined && first?.seq === changed + 1) return 'does not hold from the record behind it on';
  return typeof first?.seq === 'number' ? `does not hold from record ${first.seq} on` : 'does not hold';
};
