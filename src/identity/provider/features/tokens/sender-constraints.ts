import { type Peer, peerOf } from '#infra/tls/peer.ts';
import { subjectDnOf } from '../../records/client-metadata.ts';
import type { Feature } from '../feature.ts';
import { type DpopNonces, nonceSecretOf, requiresNonce } from './dpop-nonces.ts';

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
          certificateSubjectMatches: (ctx, property, expected) =>
            property === 'tls_client_auth_subject_dn' && expected === subjectDnOf(currentPeer(ctx.req.socket)?.commonName ?? ''),
          getCertificate: (ctx) => currentPeer(ctx.req.socket)?.pem,
        },
      },
    },
  };
};
