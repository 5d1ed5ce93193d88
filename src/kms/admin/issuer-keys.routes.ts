import { Type } from 'typebox';
import { publicCause } from '#infra/apperr/public-cause.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Workers } from '#infra/workers/workers.ts';

/** The remembered keys of one issuer. */
export interface IssuerKeys {
  readonly issuer: string;
  /** Forgets them and fetches them anew. @returns how many there are now */
  flush(): Promise<number>;
}

const flushedSchema = strictObject({
  issuers: Type.Array(
    strictObject({
      issuer: Type.String(),
      keys: Type.Integer({ description: 'keys that it publishes now; 0 while it does not answer' }),
      cause: Type.Union([Type.String(), Type.Null()], { description: 'why it did not answer; null when it did' }),
    }),
  ),
});

/**
 * Forgets the keys by which tokens are verified, and every token that was verified by them, in this replica with all its workers, and
 * fetches them anew: for an operator who knows that a key is not to be trusted any more. An issuer that does not answer has no key then, so
 * its tokens are refused.
 */
export const registerIssuerKeyRoutes = (admin: App, issuers: readonly IssuerKeys[], workers: Pick<Workers, 'ask' | 'hear'>): void => {
  // They are forgotten before it waits for the issuer, so nobody needs the end of it; an issuer that does not answer is told of by itself.
  workers.hear('issuer-keys', () => issuers.forEach(({ flush }) => void flush().catch(() => {})));

  admin.post(
    '/admin/v1/issuer-keys/flush',
    {
      schema: {
        summary: 'Forget the keys of the issuers of tokens, and fetch them anew',
        tags: ['issuers'],
        response: { 200: flushedSchema },
      },
    },
    async () => {
      const others = workers.ask('issuer-keys', null, { orEnd: true });
      const flushed = await Promise.all(
        issuers.map(({ issuer, flush }) =>
          flush().then(
            (keys) => ({ issuer, keys, cause: null }),
            (thrown: unknown) => ({ issuer, keys: 0, cause: publicCause(thrown) }),
          ),
        ),
      );
      await others;
      return { issuers: flushed };
    },
  );
};
