import { describe, expect, it } from 'vitest';
import { objectOf } from '#infra/audit/lines.ts';
import { auditLines } from '#client/admin/audit.ts';
import { verdictOf } from '#test/support/audited-kms.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { kmsProcess } from '../support/kms-process.ts';
import { basic, kmsHouse } from '../support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const headers = basic('demo-tenant-admin', 'demo-tenant-admin-password');

describe.each(databaseKinds())('a KMS on %s that is killed while it acts', (kind) => {
  it('has the record of every act that it answered, and its chain holds', async () => {
    await using test = await withDatabases(kind);
    await using house = await kmsHouse({
      change: (config) => {
        config.database = test.config;
        config.audit.durability = 'process';
      },
    });
    const [client, operator] = await Promise.all([house.client(), house.client('passthru-cli')]);
    const answered: string[] = [];
    {
      await using kms = await kmsProcess(house);
      const { items } = (await client.request({ url: `${kms.url}${KEYS}?name=demo-encryption-key`, headers })).json<{
        items: { id: string }[];
      }>();
      const url = `${kms.url}${KEYS}/${items[0]?.id}/encrypt`;
      const killed = new AbortController();
      const act = async (): Promise<void> => {
        while (!killed.signal.aborted) {
          const response = await client.request({ method: 'POST', url, headers, body: { plaintext: 'aGVsbG8' } }).catch(() => null);
          if (response?.status === 200) answered.push(response.json<{ ciphertext: string }>().ciphertext);
        }
      };
      const acting = Array.from({ length: 8 }, act);
      await expect.poll(() => answered.length).toBeGreaterThan(100);
      await kms.end('SIGKILL');
      killed.abort();
      await Promise.all(acting);
    }
    await using kms = await kmsProcess(house);
    const pages = [];
    for await (const page of auditLines({ url: kms.adminUrl, client: operator })) pages.push(page);
    const lines = pages.join('').split('\n').slice(0, -1);
    const encrypted = lines
      .map((line) => objectOf(line))
      .filter((line) => line?.['action'] === 'encrypt' && line['subject'] !== 'service:api-examples');
    expect(encrypted.length).toBeGreaterThanOrEqual(answered.length);
    // Eight at a time may have been recorded and not answered.
    expect(encrypted.length).toBeLessThanOrEqual(answered.length + 8);
    const [chain] = verdictOf(lines).chains;
    expect(verdictOf(lines)).toMatchObject({ holds: true });
    // On PostgreSQL its replicas do not take it for dead yet.
    expect(chain?.end).toBe(kind === 'sqlite' ? 'closed' : 'open');
  });
});
