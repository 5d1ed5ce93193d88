import type { KeyObject } from 'node:crypto';
import { type AlgorithmName, algorithmOf } from '../algorithms.ts';
import { readJwe } from '../compact.ts';
import { decodeBase64url, encodeBase64url } from '../encoding/base64url.ts';
import { openJwe, sealJwe } from '../jwe.ts';
import type { Recipient } from '../received/recipient.ts';
import { rsaAesUnwrap, rsaAesWrap } from './rsa-aes-key-wrap.ts';

/**
 * The ways in which a key travels, by the key of who is to open it:
 *
 *     RSA_AES_KEY_WRAP_SHA_256   RSA-OAEP with SHA-256, then AES-256 Key Wrap with Padding; base64url of the bytes
 *     ECDH_ES_A256KW             a compact JWE, `alg` ECDH-ES+A256KW and `enc` A256GCM (RFC 7516, RFC 7518 section 4.6)
 */
export const WRAPPINGS = ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] as const;
export type Wrapping = (typeof WRAPPINGS)[number];

const TRANSPORT_RSA_BITS = 3072;

/**
 * The algorithms of our own keys to which others wrap. P-521, because a key that wraps should be as strong as one that is wrapped (NIST
 * SP 800-57 part 1, section 5.6.2); RSA of that strength would take minutes to make.
 */
export const TRANSPORT_ALGORITHMS = {
  RSA_AES_KEY_WRAP_SHA_256: `RSA-OAEP-256:${TRANSPORT_RSA_BITS}`,
  ECDH_ES_A256KW: 'ECDH-ES+A256KW:P-521',
} as const satisfies Readonly<Record<Wrapping, AlgorithmName>>;

/** A key to which somebody wrapped. */
export interface TransportKey {
  /** The `kid` of the header of a JWE. */
  readonly kid: string;
  readonly wrapping: Wrapping;
  readonly privateKey: KeyObject;
}

/**
 * Opens a key that was wrapped to one of `TRANSPORT_ALGORITHMS`.
 *
 * @returns the bytes, which the caller zeroes; null for every cause, so that nobody learns from it which check failed
 */
export const unwrapFrom = async ({ kid, wrapping, privateKey }: TransportKey, wrapped: string): Promise<Uint8Array | null> => {
  if (wrapping === 'RSA_AES_KEY_WRAP_SHA_256') {
    const bytes = decodeBase64url(wrapped);
    return bytes && rsaAesUnwrap(privateKey, TRANSPORT_RSA_BITS, bytes);
  }
  const algorithm = algorithmOf(TRANSPORT_ALGORITHMS[wrapping]);
  const input = readJwe(wrapped, algorithm);
  return input?.kid === kid ? openJwe({ algorithm, key: privateKey, input, context: undefined }) : null;
};

/**
 * Wraps a key for somebody else.
 *
 * @param content not changed
 */
export const wrapTo = async (
  { key, curve, kid }: Recipient,
  content: Uint8Array,
): Promise<{ readonly wrapping: Wrapping; readonly wrapped: string }> => {
  if (curve === null) return { wrapping: 'RSA_AES_KEY_WRAP_SHA_256', wrapped: encodeBase64url(rsaAesWrap(key, content)) };
  const algorithm = algorithmOf(`ECDH-ES+A256KW:${curve}`);
  return { wrapping: 'ECDH_ES_A256KW', wrapped: await sealJwe({ algorithm, key, kid, context: undefined, plaintext: content }) };
};
