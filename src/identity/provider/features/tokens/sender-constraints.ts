import { type Peer, peerOf } from '#infra/tls/peer.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { certificateHas, entriesOfNames } from '#identity/clients/security/certificate-names.ts';
import { recordOf } from '../../records/client-metadata.ts';
import type { Feature } from '../feature.ts';
import { type DpopNonces, nonceSecretOf, requiresNonce } from './dpop-nonces.ts';

/** Whether a certificate stands for a client: a service of the configuration by its common name, every other client by the name it registered. */
const isOf = ({ certificateCommonName, certificateNames = {} }: ClientRecord, { commonName, pem }: Peer): boolean => {
  if (certificateCommonName !== undefined) return certificateCommonName === commonName;
  const [registered] = entriesOfNames(certificateNames);
  return registered !== undefined && certificateHas(pem, ...registered);
};

/**
 * Certificates of clients, and tokens that are worth nothing without a proof of their holder. Every client may show a DPoP proof at the token endpoint and gets a token
 * that is bound to its key; one that is registered for a binding gets no other. Certificates are those of the connection: no header of a
 * proxy is believed.
 *
 * @param options.nonces whether a proof has to hold a nonce
 * @param options.cookieKey the newest, from which the nonces derive
 * @param options.now epoch milliseconds; a certificate that has ended since its connection began binds nothing
 * @see RFC 9449 sections 5 and 8, RFC 8705 sections 2.1 and 3
 */
export const senderConstraints = (options: {
  readonly nonces: DpopNonces;
  readonly cookieKey: string;
  readonly now: () => number;
}): Feature => {
  const { nonces, cookieKey, now } = options;
  const nonceSecret = nonceSecretOf(cookieKey);
  const currentPeer = (socket: unknown): Peer | null => {
    const peer = peerOf(socket);
    return peer === null || peer.endsAt <= now() ? null : peer;
  };
  return {
    configuration: {
      // None of RSA: a stranger's RSA key costs as much as he likes to check.
      enabledJWA: { dPoPSigningAlgValues: ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] },
      features: {
        dPoP: { enabled: true, allowReplay: false, requireNonce: (ctx) => requiresNonce(nonces, ctx), nonceSecret },
        mTLS: {
          enabled: true,
          certificateBoundAccessTokens: true,
          selfSignedTlsClientAuth: false,
          tlsClientAuth: true,
          // The listener verified it against its own authority, or it is none.
          certificateAuthorized: (ctx) => currentPeer(ctx.req.socket) !== null,
          certificateSubjectMatches: ({ oidc, req }) => {
            const peer = currentPeer(req.socket);
            return peer !== null && oidc.client !== undefined && isOf(recordOf(oidc.client), peer);
          },
          getCertificate: (ctx) => currentPeer(ctx.req.socket)?.pem,
        },
      },
    },
  };
};
