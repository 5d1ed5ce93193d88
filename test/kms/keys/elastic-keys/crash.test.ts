import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openingOf } from '#test/kms/support/keys-of-process.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';

const WRITER = fileURLToPath(new URL('./key-writer-process.ts', import.meta.url));

describe.each(databaseKinds())('A KMS on %s that is killed while it writes', (kind) => {
  it('has lost no key and no version that it acknowledged, and left none half made', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const child = spawn(process.execPath, [WRITER], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(openingOf(databases, kms, kms.caller));
    const acknowledged = new Map<string, number>();
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [id = '', version] = line.split(' ');
      acknowledged.set(id, Number(version));
      lines += 1;
      if (lines === 25) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(acknowledged.size).toBeGreaterThan(10);

    for (const [elasticKeyId, version] of acknowledged) {
      const key = await kms.elasticKeys.read(kms.caller, elasticKeyId);
      expect(key.latestVersion).toBeGreaterThanOrEqual(version);
    }
    const { items } = await kms.elasticKeys.list(kms.caller, { limit: 100 });
    for (const { id: elasticKeyId, latestVersion } of items) {
      const versions = (await kms.materialKeys.list(kms.caller, elasticKeyId)).items.map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: latestVersion }, (_, index) => latestVersion - index));
      const plaintext = new TextEncoder().encode(elasticKeyId);
      const { jwe } = await kms.crypto.encrypt(kms.caller, elasticKeyId, { plaintext });
      expect(await kms.crypto.decrypt(kms.caller, elasticKeyId, { jwe })).toEqual(plaintext);
    }
  });
});
