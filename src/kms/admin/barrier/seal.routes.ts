import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { UnsealConfig } from '#kms/barrier/config.ts';
import type { SealService } from './seal.service.ts';

const integerOrNull = (description: string) => Type.Union([Type.Integer(), Type.Null()], { description });

const sealStatusSchema = strictObject({
  sealed: Type.Boolean(),
  initialized: Type.Boolean({ description: 'whether the database has a root key; the first unsealing makes it' }),
  given: Type.Integer({ description: 'unseal shares that were given since the last seal, unsealing or reset' }),
  threshold: integerOrNull('unseal shares that are needed: of the set that is being given, else as the configuration says'),
  shares: integerOrNull('shares of the set that is being given'),
  share_files: Type.Integer({ description: 'unseal shares that the configuration names' }),
});

/** One share in one line; its form is looked at by the service, which tells no part of it. */
export const shareSchema = strictObject({ share: Type.String({ minLength: 1, maxLength: 512, description: 'one unseal share' }) });

const schema = (summary: string) => ({ summary, tags: ['seal'], response: { 200: sealStatusSchema } });

const code = (description: string) => Type.Optional(Type.String({ pattern: '^[2-5][0-9]{2}$', description }));

/** As Vault's `/sys/health` has them, so that a look that was made for it works here. */
const healthQuerySchema = strictObject({
  sealedcode: code('a status from 200 to 599, in place of 503 while it is sealed'),
  uninitcode: code('a status from 200 to 599, in place of 501 while the database has no root key'),
});

/**
 * The seal as a status: 200 unsealed, 501 not initialized, 503 sealed. For whoever gets to the admin listener, as all of health.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/system/health
 */
const registerSealHealth = (admin: App, seal: Pick<SealService, 'state'>, barrier: Pick<Barrier, 'isInitialized'>): void => {
  admin.get(
    '/admin/v1/health',
    {
      config: { rateLimit: false, public: true },
      schema: {
        summary: 'The seal as a status: 200 unsealed, 501 not initialized, 503 sealed',
        tags: ['health'],
        querystring: healthQuerySchema,
      },
    },
    async ({ query }, reply) => {
      const sealed = seal.state() !== 'unsealed';
      const initialized = await barrier.isInitialized();
      const status = !initialized ? (query.uninitcode ?? '501') : sealed ? (query.sealedcode ?? '503') : '200';
      return reply.code(Number(status)).send({ initialized, sealed });
    },
  );
};

/** Seal and unseal this process with all its workers, for operators. */
export const registerSealRoutes = (
  admin: App,
  options: { readonly seal: SealService; readonly barrier: Pick<Barrier, 'isInitialized'>; readonly config: UnsealConfig },
): void => {
  const { seal, barrier, config } = options;
  registerSealHealth(admin, seal, barrier);
  const status = async () => {
    const { given, threshold, total } = seal.progress();
    return {
      sealed: seal.state() === 'sealed',
      initialized: await barrier.isInitialized(),
      given,
      threshold: threshold ?? config.threshold ?? null,
      shares: total,
      share_files: config.share_files.length,
    };
  };

  admin.get('/admin/v1/seal-status', { schema: schema('Whether the keys can be used') }, status);
  admin.post('/admin/v1/seal', { schema: schema('Forget every key until the next unsealing') }, async () => {
    await seal.seal();
    return status();
  });
  admin.post(
    '/admin/v1/unseal',
    { schema: { ...schema('Give one unseal share; the one that completes its set unseals'), body: shareSchema } },
    async (request) => {
      await seal.unseal(request.body.share);
      return status();
    },
  );
  admin.delete('/admin/v1/unseal', { schema: schema('Forget the unseal shares that were given') }, async () => {
    seal.reset();
    return status();
  });
};
