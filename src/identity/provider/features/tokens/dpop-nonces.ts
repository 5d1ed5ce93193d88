import { hkdfSync } from 'node:crypto';
import { Type } from 'typebox';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { strictObject } from '#infra/config/schema.ts';
import { recordOf } from '../../records/client-metadata.ts';

const DPOP_NONCES = ['offered', 'bound_clients', 'required'] as const;
export type DpopNonces = (typeof DPOP_NONCES)[number];

/** The section `dpop` of the configuration. */
export const dpopConfigSchema = strictObject(
  {
    nonce: Type.Enum(DPOP_NONCES, {
      default: 'offered',
      description:
        'whether a DPoP proof has to hold a nonce of ours, which is good for three to four minutes: `offered`: it may, and each answer to a proof gives the next one; `bound_clients`: it has to where the client is registered for DPoP-bound tokens; `required`: each has to (RFC 9449 section 8)',
    }),
  },
  { default: {} },
);

/** Replicas have the same cookie keys, so that a nonce of one is good at all of them. @returns 32 bytes */
export const nonceSecretOf = (cookieKey: string): Buffer =>
  Buffer.from(hkdfSync('sha256', cookieKey, '', 'passthru-identity dpop nonce', 32));

/** Whether the proof of a request has to hold a nonce. Userinfo looks at the proof first, and learns of the client by the token. */
export const requiresNonce = (nonces: DpopNonces, { oidc }: KoaContextWithOIDC): boolean =>
  nonces === 'required' || (nonces === 'bound_clients' && oidc.client !== undefined && recordOf(oidc.client).tokenBinding === 'dpop');
