import { Type } from 'typebox';
import { uuid } from '#kms/api/schemas.ts';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { ALGORITHM_NAMES, algorithmOf } from '#kms/jose/algorithms.ts';
import { MAX_HEADER } from '#kms/jose/compact.ts';
import { base64urlLength } from '#kms/jose/encoding/base64url.ts';

/** Bytes of a plaintext or payload. */
export const MAX_CONTENT = 1024 * 1024;
/** Characters of the fixed segments behind a header, each with its dot. */
const fixedOf = ({ jose }: Algorithm): number =>
  (jose.kind === 'bytes' ? [] : jose.segments).reduce<number>((sum, bytes) => sum + 1 + (bytes === 'any' ? 0 : base64urlLength(bytes)), 0);

/** Characters that a compact serialisation of ours adds at most to its content: signatures of ML-DSA have thousands. */
const MAX_OVERHEAD = MAX_HEADER + Math.max(...ALGORITHM_NAMES.map((name) => fixedOf(algorithmOf(name))));

export const binary = (description: string, maxBytes: number, example: string, minLength = 0) =>
  Type.String({
    description: `base64url without padding: ${description}`,
    pattern: '^[A-Za-z0-9_-]*$',
    minLength,
    maxLength: base64urlLength(maxBytes),
    examples: [example],
  });

/** No pattern: whatever is wrong with it is one and the same answer. */
export const compact = (title: string, description: string) =>
  Type.String({ description, minLength: 1, maxLength: base64urlLength(MAX_CONTENT) + MAX_OVERHEAD, title });

export const context = Type.Optional(
  Type.String({
    description: 'Authenticated data: not secret, not stored, and required again to open. Its SHA-256 stands in the JWE header as `ctx`.',
    minLength: 1,
    maxLength: 4096,
    examples: ['invoice=2031-0042'],
  }),
);

export const jwe = compact('JWE', 'A compact JWE of this elastic key.');
export const materialKeyId = uuid('the material key that was used: the `kid`');

export const exampleContext = 'invoice=2031-0042';
export const examplePlaintext = 'YXR0YWNrIGF0IGRhd24';

export const ciphertextAnswer = Type.Object({
  ciphertext: Type.String({ description: 'Compact JWE (RFC 7516).' }),
  material_key_id: materialKeyId,
});
