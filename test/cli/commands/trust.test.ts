import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ErrorDocument } from '#cli/documents/error.ts';
import type { TrustDocument } from '#cli/documents/trust.ts';
import type { UntrustDocument } from '#cli/documents/untrust.ts';
import { cli } from '#test/support/cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { missingCertutil, trustHouse } from '#test/support/trust.ts';

const missing = await missingCertutil();
if (missing !== null) process.stderr.write(`passthru trust is not tested with browsers: ${missing}\n`);

describe('passthru trust', () => {
  it('tells for every program what to do, and changes nothing', async () => {
    await using house = await trustHouse();
    const here = { cwd: dirname(house.stateDir), env: { HOME: house.home, XDG_STATE_HOME: '' } };
    const { code, stdout } = await cli(['trust'], here);
    const ca = join(house.stateDir, 'tls/ca.pem');
    expect(code).toBe(0);
    expect(stdout).toContain('it can vouch for localhost, 127.0.0.0/8, and for nothing else');
    for (const line of [`NODE_EXTRA_CA_CERTS=${ca}`, `curl --cacert ${ca} https://localhost:8081/readyz`, `SSL_CERT_FILE=${ca}`]) {
      expect(stdout).toContain(line);
    }
    expect(stdout).toContain('passthru prepare --pkcs12');
    expect((await readdir(house.home)).filter((name) => name !== '.cache')).toEqual([]);
  });

  it('says that there is no CA yet, and how to make one', async () => {
    await using folder = await temporaryDirectory();
    const { code, stdout } = await cli(['trust', '--output', 'json'], { cwd: folder.path, env: { HOME: folder.path, XDG_STATE_HOME: '' } });
    expect(code).toBe(2);
    expect((JSON.parse(stdout) as ErrorDocument).error).toMatchObject({ code: 'ca-missing' });
  });

  it.runIf(missing === null)('sets trust and takes it back; between the two `down --volumes` says that it stays', async () => {
    await using house = await trustHouse();
    const here = { cwd: dirname(house.stateDir), env: { HOME: house.home, XDG_STATE_HOME: '' } };
    await mkdir(join(house.stateDir, 'config'), { recursive: true });
    const stated = await cli(['trust', '--install', '--store', 'nss', '--output', 'json'], here);
    const { stores, fingerprint_sha256: fingerprint } = JSON.parse(stated.stdout) as TrustDocument;
    const path = join(house.home, '.pki/nssdb');
    expect([stated.code, stores]).toEqual([
      0,
      [{ store: 'nss', path, readers: 'Chromium and Chrome', state: 'added', fingerprint_sha256: fingerprint, why: '', fix: '' }],
    ]);
    const down = await cli(['down', '--volumes', '--engine', 'embedded'], here);
    expect(down.stdout).toContain(`Stays  ${path}: a CA of this stack is trusted there; \`passthru untrust\` takes it back`);

    const taken = await cli(['untrust', '--output', 'json'], here);
    expect((JSON.parse(taken.stdout) as UntrustDocument).stores).toMatchObject([{ path, state: 'removed' }]);
    expect((await cli(['untrust'], here)).stdout).toContain('Nothing to take back');
  });
});
