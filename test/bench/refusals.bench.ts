import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import type { Comparison } from './suite.ts';

const PAIRS = 300;
const REFUSALS = 20;
const MAX_KID = 36;

/** Milliseconds of one refusal, the mean of some in a row. */
const each = async (refuse: (jwe: string) => Promise<unknown>, jwes: readonly string[]): Promise<number> => {
  const started = performance.now();
  for (const jwe of jwes) await refuse(jwe);
  return (performance.now() - started) / jwes.length;
};

type Made = { readonly header: Record<string, unknown>; readonly segments: readonly string[] };

/** A JWE that is refused for some reason, against one with a wrong tag: who measures must not learn which it was. */
const against =
  (reason: string, other: (of: Made) => string): Comparison =>
  async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    const { id } = await kms.make('A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, id, { plaintext: randomBytes(1024) });
    const [protectedHeader = '', ...segments] = jwe.split('.');
    const header = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString('utf8')) as Record<string, unknown>;
    const refuse = (of: string) =>
      kms.crypto.decrypt(kms.caller, id, { jwe: of }).then(
        () => Promise.reject(new TypeError('a JWE was opened that had to be refused')),
        () => null,
      );
    const wrongTag = () => [protectedHeader, ...segments.slice(0, 3), encodeBase64url(randomBytes(16))].join('.');
    const some = (make: () => string) => Array.from({ length: REFUSALS }, make);
    const pairs: [number, number][] = [];
    for (let n = 0; n < PAIRS; n += 1) {
      const before = await each(refuse, some(wrongTag));
      const ours = await each(
        refuse,
        some(() => other({ header, segments })),
      );
      pairs.push([ours, (before + (await each(refuse, some(wrongTag)))) / 2]);
    }
    return { ours: `refusal because of ${reason}`, theirs: 'of a wrong tag', aim: 1.02, pairs };
  };

const withKid = (kid: string, { header, segments }: Made): string =>
  [encodeBase64url(JSON.stringify({ ...header, kid })), ...segments].join('.');

/** Refusals of one operation by their reasons, side by side. */
export const refusalComparisons: Readonly<Record<string, Comparison>> = {
  'refusal-unknown-kid': against('an unknown kid', (of) => withKid(randomUUIDv7(), of)),
  'refusal-odd-kid': against('an odd kid', (of) => withKid('x'.repeat(MAX_KID), of)),
  'refusal-malformed': against('its form', ({ segments }) => ['x'.repeat(100), ...segments].join('.')),
};
