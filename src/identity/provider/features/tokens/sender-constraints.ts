import { peerOf } from '#infra/tls/peer.ts';
import type { Feature } from '../feature.ts';

/**
 * Tokens that are worth nothing without a proof of their holder. Every client may show a DPoP proof at the token endpoint and gets a token
 * that is bound to its key; one that is registered for a binding gets no other. Certificates are those of the connection: no header of a
 * proxy is believed.
 *
 * @param now epoch milliseconds; a certificate that has ended since its connection began binds nothing
 * @see RFC 9449 section 5, RFC 8705 section 3
 */
export const senderConstraints = (now: () => number): Feature => ({
  configuration: {
    features: {
      dPoP: { enabled: true, allowReplay: false, requireNonce: () => false },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: false,
        tlsClientAuth: false,
        getCertificate: (ctx) => {
          const peer = peerOf(ctx.req.socket);
          return peer === null || peer.endsAt <= now() ? undefined : peer.pem;
        },
      },
    },
  },
});
