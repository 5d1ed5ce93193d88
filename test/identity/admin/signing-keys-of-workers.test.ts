import { randomUUIDv7 } from 'node:crypto';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { registerSigningKeyRoutes } from '#identity/admin/signing-keys.routes.ts';
import type { SigningKeys } from '#identity/keys/signing-keys.ts';
import type { App } from '#infra/http/server.ts';
import { linkedWorkers } from '#test/support/linked-workers.ts';

it('A signing key that is withdrawn, or rotated, is so at each worker before the operator is answered', async () => {
  const reloaded: number[] = [];
  const [active, published] = [randomUUIDv7(), randomUUIDv7()];
  const keys = {
    withdraw: async (withdrawn: string) => ({ withdrawn, active, published }),
    rotate: async () => ({ active, retired: randomUUIDv7(), published }),
  } as unknown as SigningKeys;
  const [first] = linkedWorkers(3).map((workers) => {
    const app = Fastify() as unknown as App;
    const reload = async (): Promise<void> => {
      await new Promise(setImmediate);
      reloaded.push(workers.number);
    };
    registerSigningKeyRoutes(app, { keys, reload, workers });
    return app;
  });
  for (const act of [`${randomUUIDv7()}/withdrawal`, 'rotation']) {
    reloaded.length = 0;
    const answer = await first?.inject({ method: 'POST', url: `/admin/v1/signing-keys/${act}` });
    expect(answer?.statusCode).toBe(200);
    expect(reloaded.toSorted()).toEqual([1, 2, 3]);
  }
});
