import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/**
 * The clock of the machine may be set back or forth, so it measures no duration: that is for `performance.now()`, a `Clock` or
 * `steadyNow` of infra/jobs/clock.ts. It tells the times that others read: in tokens, certificates, records and log lines.
 */
const READS_THE_WALL_CLOCK: Readonly<Record<string, string>> = {
  'src/client/session/cookie-jar.ts': 'the Expires of a cookie',
  'src/client/session/session.ts': 'how far the clock of a server is from this one',
  'src/engine/docker/docker.ts': 'the start of containers, as the engine tells it',
  'src/engine/docker/images/ensure-images.ts': 'the age of images, as the engine tells it',
  'src/engine/docker/output/logs.ts': 'the time from which the engine is to tell a log again',
  'src/engine/embedded/embedded.ts': 'the start of processes, in their records',
  'src/engine/files/prepare-state-files.ts': 'certificates',
  'src/engine/files/prod/prepare-prod.ts': 'certificates',
  'src/engine/state/lock.ts': 'since when a lock is held, for another process to tell',
  'src/identity/clients/clients.service.ts': 'the end of the secret before, which operators are told',
  'src/identity/keys/signing-keys.service.ts': 'signing keys, whose times every replica reads',
  'src/identity/provider/provider.ts': 'tokens and interactions',
  'src/identity/server.ts': 'tokens, keys and demo data',
  'src/infra/database/common/migrator.ts': 'when a migration was applied',
  'src/infra/database/sqlite/sqlite-databases.ts': 'the age of files',
  'src/infra/files/file-lock.ts': 'the age of a lock, which another process placed',
  'src/infra/http/client/create-https-client.ts': 'the clock of this machine, in what is said of a certificate',
  'src/infra/jobs/clock.ts': 'the one clock of the machine',
  'src/infra/telemetry/logger.ts': 'log lines',
  'src/infra/telemetry/sdk/start-telemetry.ts': 'log records',
  'src/infra/tls/authority/create-authority.ts': 'certificates',
  'src/infra/tls/authority/store.ts': 'certificates',
  'src/kms/access/tokens/revocation.ts': 'the exp of tokens',
  'src/kms/access/tokens/token-verifier.ts': 'the exp of tokens',
  'src/kms/access/tokens/trusted-issuers.ts': 'the exp of tokens',
  'src/kms/api/openapi/swagger-log-in-script.ts': 'the end of a token, for a person in a browser to read',
  'src/kms/server.ts': 'tokens, keys and demo data',
  'src/stack/doctor/patient/machine.ts': 'the clock of this machine, which is judged',
  'src/stack/stack-options.ts': 'records of a stack',
};

/** Times that are added to or taken from what a clock says: a duration, unless the time is one that others read. */
const RECKONS_WITH_NOW: Readonly<Record<string, string>> = {
  'src/engine/docker/before-start.ts': 'how far the clock of the engine is from this one',
  'src/engine/embedded/children/supervisor.ts': 'how long a process runs that another process started',
  'src/engine/faults/expired-leaf.ts': 'the end of a certificate, which others read',
  'src/identity/feed/feed.routes.ts': 'the end of a certificate, with which its stream ends',
  'src/identity/logouts/create-logouts.ts': 'when a client is told again; replicas share it, and a restart keeps it',
  'src/identity/provider/store/adapter.ts': 'the end of life that is stored with a token',
  'src/identity/pages/second-factor/passkey-challenges.ts': 'until when a challenge may be answered, written down for every replica',
  'src/identity/pages/second-factor/login-steps.ts': 'until when a log-in waits for its second factor, written down for every replica',
  'src/identity/provider/store/rotations.ts': 'a use of a refresh token, written down for every replica',
  'src/infra/files/file-lock.ts': 'how old a lock is, which another process placed',
  'src/kms/access/code-flow/pending-log-ins.ts': 'the end of a log-in, which a cookie holds for whichever replica it comes back to',
  'src/kms/access/sessions/create-sessions.ts': 'the end that is stored with a session',
  'src/kms/access/sessions/session-life.ts': 'how long ago a session was used at another replica, which noted it',
  'src/kms/api/openapi/swagger-log-in-script.ts': 'the end of a token, for a person in a browser to read',
  'src/kms/audit/open-audit-log.ts': 'how old the head of a chain is, which another process signed',
  'src/kms/idempotency/create-idempotency.ts': 'the end that is stored with an answer',
  'src/kms/keys/life-cycle/create-life-cycle.ts': 'the date of a deletion, which is stored with the key',
  'src/kms/keys/life-cycle/erase-destroyed-keys.ts': 'when an erasure is tried again, which is stored with it',
  'src/kms/tenants/administration/create-administration.ts': 'the date of a removal, which others read',
};

const WALL_CLOCK = /\bDate\.now\b|\bnew Date\(\)/;
const RECKONING = /(?<!performance\.)\bnow\(\) *[-+]|[-+] *now\(\)/;

const filesWith = async (shape: RegExp, below: readonly string[]): Promise<readonly string[]> => {
  const entries = (await Promise.all(below.map((path) => readdir(join(ROOT, path), { recursive: true, withFileTypes: true })))).flat();
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(100);
  const found = await Promise.all(
    files.map(async (file) => (shape.test(await readFile(file, 'utf8')) ? [file.slice(ROOT.length + 1)] : [])),
  );
  return found.flat().toSorted();
};

describe('The clock of the machine', () => {
  it('is read by those alone who tell others the time', async () => {
    expect(await filesWith(WALL_CLOCK, ['src'])).toEqual(Object.keys(READS_THE_WALL_CLOCK).toSorted());
  });

  it('measures no duration in a server or an engine', async () => {
    const below = ['src/kms', 'src/identity', 'src/infra', 'src/engine', 'src/stack'];
    expect(await filesWith(RECKONING, below)).toEqual(Object.keys(RECKONS_WITH_NOW).toSorted());
  });

  it.each(['const started = Date.now();', 'now = Date.now', 'new Date().getTime()'])('is found in %s', (code) => {
    expect(WALL_CLOCK.test(code)).toBe(true);
  });

  it.each(['now() - begun', 'until: now() + LIFE_MS', 'deadline - now()'])('is found to measure in %s', (code) => {
    expect(RECKONING.test(code)).toBe(true);
  });

  it.each(['performance.now() - begun', 'elapsed() + LIFE_MS', 'expiresAt > now()'])('is not meant by %s', (code) => {
    expect(RECKONING.test(code) || WALL_CLOCK.test(code)).toBe(false);
  });
});
