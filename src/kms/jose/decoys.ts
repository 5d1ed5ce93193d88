import type { Algorithm, CompactForm } from './algorithm.ts';
import { base64urlLength, encodeBase64url } from './encoding/base64url.ts';
import type { JoseInput } from './compact.ts';

const KID = 'decoy';

/** Zeros whose base64url has about so many characters. */
const contentOf = (characters: number): Uint8Array => new Uint8Array(Math.ceil(characters / 4) * 3);

const inputOf = (header: JoseInput['header'], protectedHeader: string, segments: readonly Uint8Array[]): JoseInput => ({
  text: [protectedHeader, ...segments.map(encodeBase64url)].join('.'),
  kid: KID,
  header,
  segments,
});

/** A text that has the form of the algorithm, and this byte in each segment but the content. */
const ofForm = ({ header: fixed, parameters, segments }: CompactForm, filler: number, characters: number): JoseInput => {
  const ofFamily = [...parameters].filter(([, parameter]) => parameter.decoy !== undefined);
  const header = { ...fixed, kid: KID, ...Object.fromEntries(ofFamily.map(([name, parameter]) => [name, parameter.decoy])) };
  const body = segments.map((bytes) => (bytes === 'any' ? contentOf(characters) : new Uint8Array(bytes).fill(filler)));
  return inputOf(header, encodeBase64url(JSON.stringify(header)), body);
};

/** A text that was made with the key, about as long as the one that was refused, with other segments. */
const ofMade = (made: JoseInput, characters: number, replaced: (content: Uint8Array) => readonly Uint8Array[]): JoseInput => {
  const protectedHeader = made.text.slice(0, made.text.indexOf('.'));
  const others = replaced(new Uint8Array()).reduce((sum, { length }) => sum + base64urlLength(length) + 1, protectedHeader.length);
  return inputOf(made.header, protectedHeader, replaced(contentOf(Math.max(4, characters - others))));
};

/**
 * A JWE that no key opens, about as long as the one that was refused: opening it costs what opening one with a wrong tag
 * costs. Without it an unknown kid or a malformed text would be answered sooner.
 *
 * @param sealed a JWE of the key that is to open the decoy: its encrypted key is taken, so that the key unwraps it, and fails at the
 *   tag. Without it the key fails at the encrypted key already, which may take another time
 */
export const decoyJwe = ({ jose }: Algorithm, characters: number, sealed?: JoseInput): JoseInput => {
  if (jose.kind !== 'jwe') throw new TypeError('only a key that protects opens a JWE');
  const [encryptedKey, iv, , tag] = sealed?.segments ?? [];
  if (!sealed || !encryptedKey || !iv || !tag) return ofForm(jose, 0, characters);
  return ofMade(sealed, characters, (content) => [encryptedKey, iv, content, new Uint8Array(tag.length)]);
};

/**
 * The same for a JWS.
 *
 * @param signed a JWS of the key that is to verify the decoy: its signature is taken, which is in form where its algorithm has one, so
 *   that nothing refuses it before the last comparison. Without it every byte of the signature is 1
 */
export const decoyJws = ({ jose }: Algorithm, characters: number, signed?: JoseInput): JoseInput => {
  if (jose.kind !== 'jws') throw new TypeError('only a key that signs verifies a JWS');
  const [, signature] = signed?.segments ?? [];
  if (!signed || !signature) return ofForm(jose, 1, characters);
  return ofMade(signed, characters, (content) => [content, signature]);
};
