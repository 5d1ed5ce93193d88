import { describe, expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { basic, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';

const logged = () => {
  const warnings: string[] = [];
  const quiet = noTelemetry();
  const telemetry = { ...quiet, log: { ...quiet.log, warn: (message: string) => void warnings.push(message) } };
  return { telemetry, warnings };
};

describe('a plaintext password in realms.yml', () => {
  it('lets the plaintext user of the demo in, and is warned of at every start, by name and without the password', async () => {
    await using house = await kmsHouse();
    for (const start of [1, 2]) {
      const { telemetry, warnings } = logged();
      await using kms = await runKms(house, { telemetry });
      const headers = basic('demo-plaintext-user', 'demo-plaintext-user-password');
      expect((await kms.send('/service/api/v1/elastic-keys', { headers })).status).toBe(200);
      const told = warnings.filter((line) => line.includes('demo-plaintext-user'));
      expect(told, `at start ${start}`).toEqual([
        expect.stringMatching(/plaintext passwords for demo-plaintext-user; replace them by PBKDF2 hashes/),
      ]);
      expect(told.join()).not.toContain('demo-plaintext-user-password');
    }
  });

  it('is not warned of where every password is a hash', async () => {
    await using house = await kmsHouse({ realms: { order: ['database'] } });
    const { telemetry, warnings } = logged();
    await using _kms = await runKms(house, { telemetry });
    expect(warnings.filter((line) => line.includes('plaintext'))).toEqual([]);
  });
});
