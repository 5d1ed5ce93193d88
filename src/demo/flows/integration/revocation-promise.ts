import { join } from 'node:path';
import { Type } from 'typebox';
import { loadConfig } from '#infra/config/load-config.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** Those in which a revoked token is refused before it ends. */
const MODES = ['every-request', 'sensitive-only', 'interval', 'feed'] as const;

/** The feed tells of a revocation within this time, in milliseconds. */
const FEED_MS = 1_000;

/** The time within which the KMS promises to notice that a token was revoked. */
export interface RevocationPromise {
  readonly mode: (typeof MODES)[number];
  /** Milliseconds after which the token uses no secret key material any more; 0: from the next request on. */
  readonly boundMs: number;
}

/** The part of kms.yml that promises; every stack takes it over as it is delivered. */
const promiseSchema = Type.Object({
  identity: Type.Object({
    issuers: Type.Array(
      Type.Object({
        revocation: Type.Object({
          mode: Type.Enum(MODES),
          interval_seconds: Type.Number({ minimum: 0 }),
        }),
      }),
      { minItems: 1 },
    ),
  }),
});

/** Reads what the delivered configuration of the KMS promises for its issuer. */
export const readRevocationPromise = async (): Promise<RevocationPromise> => {
  const file = join(PACKAGE_ROOT, 'deployments/kms/config/kms.yml');
  const { identity } = await loadConfig({ schema: promiseSchema, files: [file], what: 'KMS configuration' });
  const [issuer] = identity.issuers;
  if (issuer === undefined) throw new TypeError('the schema lets no list of issuers through that is empty');
  const { mode, interval_seconds: seconds } = issuer.revocation;
  switch (mode) {
    case 'every-request':
    case 'sensitive-only':
      return { mode, boundMs: 0 };
    case 'interval':
      return { mode, boundMs: seconds * 1000 };
    case 'feed':
      return { mode, boundMs: FEED_MS };
  }
};
