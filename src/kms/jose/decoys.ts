import type { Algorithm, CompactForm } from './algorithm.ts';
import { encodeBase64url } from './base64url.ts';
import type { JoseInput } from './compact.ts';

const decoy = ({ header, parameters, segments }: CompactForm, filler: number, characters: number): JoseInput => {
  const ofFamily = [...parameters].filter(([, parameter]) => parameter.decoy !== undefined);
  const protectedHeader = {
    ...header,
    kid: 'decoy',
    ...Object.fromEntries(ofFamily.map(([name, parameter]) => [name, parameter.decoy])),
  };
  const content = 'A'.repeat(Math.ceil(characters / 4) * 4);
  const body = segments.map((bytes) => (bytes === 'any' ? content : encodeBase64url(new Uint8Array(bytes).fill(filler))));
  return { text: [encodeBase64url(JSON.stringify(protectedHeader)), ...body].join('.'), kid: protectedHeader.kid, header: protectedHeader };
};

/**
 * A JWE that no key opens, about as long as the one that was refused: opening it costs what opening one with a wrong tag
 * costs. Without it an unknown kid or a malformed text would be answered sooner.
 *
 * @param sealed a JWE of the key that is to open the decoy: its encrypted key is taken, so that the key unwraps it, and fails at the
 *   tag. Without it the key fails at the encrypted key already, which takes longer
 */
export const decoyJwe = ({ jose }: Algorithm, characters: number, sealed?: string): JoseInput => {
  if (jose.kind !== 'jwe') throw new TypeError('only a key that protects opens a JWE');
  if (sealed === undefined) return decoy(jose, 0, characters);
  const [header = '', encryptedKey = '', iv = '', , tag = ''] = sealed.split('.');
  const others = header.length + encryptedKey.length + iv.length + tag.length + 4;
  const content = 'A'.repeat(Math.max(4, Math.ceil((characters - others) / 4) * 4));
  return { text: [header, encryptedKey, iv, content, 'A'.repeat(tag.length)].join('.'), kid: 'decoy', header: {} };
};

/** The same for a JWS; every byte of its signature is 1, which no early check of ECDSA or EdDSA refuses. */
export const decoyJws = ({ jose }: Algorithm, characters: number): JoseInput => {
  if (jose.kind !== 'jws') throw new TypeError('only a key that signs verifies a JWS');
  return decoy(jose, 1, characters);
};
