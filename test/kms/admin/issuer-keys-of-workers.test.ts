import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '#infra/http/server.ts';
import { registerIssuerKeyRoutes } from '#kms/admin/issuer-keys.routes.ts';
import { linkedWorkers } from '#test/support/linked-workers.ts';

describe('The keys of the issuers of tokens, of two workers', () => {
  const unheard: unknown[] = [];
  const hear = (thrown: unknown) => void unheard.push(thrown);
  beforeEach(() => void process.on('unhandledRejection', hear));
  afterEach(() => void process.off('unhandledRejection', hear));

  it('are forgotten in both, also where the issuer does not answer, which ends no worker', async () => {
    const flushed: number[] = [];
    const apps = linkedWorkers(2).map((workers) => {
      const app = Fastify() as unknown as App;
      const flush = async (): Promise<number> => {
        flushed.push(workers.number);
        throw new Error('it does not answer');
      };
      registerIssuerKeyRoutes(app, [{ issuer: 'https://identity.test', flush }], workers);
      return app;
    });
    const answer = await apps[0]?.inject({ method: 'POST', url: '/admin/v1/issuer-keys/flush' });
    expect(answer?.json()).toMatchObject({ issuers: [{ keys: 0, cause: expect.any(String) as string }] });
    expect(flushed.toSorted()).toEqual([1, 2]);
    // Node tells of a rejection that nobody took once all that was due has run.
    await new Promise(setImmediate);
    expect(unheard).toEqual([]);
  });
});
