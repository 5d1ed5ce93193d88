import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const ROOMS = ['infra', 'kms', 'identity'];

/**
 * The maps and sets of the servers whose keys are plain texts, and who names those. Everything else that is kept for a stranger stands in a
 * `BoundedMap` under a `BoundedKey`; a map that is new gets a line here only where no stranger chooses its keys, or where they end with
 * the call or the connection that brought them.
 */
const NAMED_BY: Readonly<Record<string, string>> = {
  'infra/config/issues.ts': 'the configuration or the request under way; ends with the call',
  'infra/database/common/migrator.ts': 'our migrations; ends with the call',
  'infra/database/common/shared-handles.ts': 'names of databases that are open',
  'infra/database/sqlite/local-locks.ts': 'names of our locks',
  'infra/database/sqlite/sqlite-connection.ts': 'texts of our statements',
  'infra/http/server/drain.ts': 'address and port of a connection; ends with it',
  'infra/http/server/methods.ts': 'our routes',
  'infra/http/server/proxy-protocol.ts': 'address and port of a connection; ends with it',
  'infra/http/server/refusal-log.ts': 'networks and our codes, so many in a minute',
  'infra/jobs/create-jobs.ts': 'our jobs',
  'infra/process/workers/join-workers.ts': 'topics of ours',
  'infra/process/workers/relay.ts': 'topics of ours',
  'infra/telemetry/sdk/measures.ts': 'attributes of metrics; two thousand of each metric',
  'kms/access/api-keys/credential/last-uses.ts': 'API keys that were good; ten thousand of a minute',
  'kms/access/realms/file-realm.ts': 'realms.yml',
  'kms/access/roles.ts': 'roles of realms.yml; ends with the call',
  'kms/access/tokens/jwks-cache.ts': 'the issuer, 32 keys of 128 characters at most',
  'infra/audit/verify-export.ts': 'chains of an export; ends with the call',
  'kms/audit/chain/stretch.ts': 'callers and keys of a second, of 4,096 records at most',
  'kms/audit/refused-requests.ts': 'a hundred networks and our codes in a minute',
  'kms/barrier/content-keys.ts': 'tenants and their content keys',
  'kms/demo/create-seeding.ts': 'the seed; ends with the call',
  'kms/integrity/damaged-rows.ts': 'the owner of the database; a thousand ids, cut',
  'kms/integrity/ledger/ledger.ts': 'pages of a ledger, 256 at most; ends with the call',
  'kms/integrity/ledger/revisions.ts': 'tenants whose database was read',
  'kms/keys/rotation/rotation-hints.ts': 'tenants whose keys are to be rotated',
  'kms/tenants/create-directory.ts': 'tenants; ends with the call',
  'kms/tenants/open-databases.ts': 'tenants whose database is open',
  'identity/keys/signing-keys.service.ts': 'our signing keys',
};

const rawMaps = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const room of ROOMS) {
    const files = await readdir(join(ROOT, 'src', room), { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const text = await readFile(join(ROOT, 'src', room, file), 'utf8');
      if (/new (Map|Set)<string\b/.test(text)) found.push(`${room}/${file}`);
    }
  }
  return found.toSorted();
};

describe('A map of a server', () => {
  it('takes plain texts as keys only where no stranger chooses them', async () => {
    expect(await rawMaps()).toEqual(Object.keys(NAMED_BY).toSorted());
  });
});
