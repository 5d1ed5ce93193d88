/** The parts of a PBKDF2-HMAC-SHA256 hash, of which nothing is asked yet. */
export interface HashParts {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

interface Form {
  readonly pattern: RegExp;
  readonly read: (found: readonly string[]) => HashParts;
}

/** Spring's `defaultsForSpringSecurity_v5_8`, whose hashes do not say it. */
const SPRING_ITERATIONS = 310_000;
const SPRING_SALT_BYTES = 16;

const ofSpring = (bytes: Buffer): HashParts => ({
  iterations: SPRING_ITERATIONS,
  salt: bytes.subarray(0, SPRING_SALT_BYTES),
  hash: bytes.subarray(SPRING_SALT_BYTES),
});

/**
 * The forms that other libraries give to a hash that is ours in all but its spelling.
 *
 * @see https://passlib.readthedocs.io/en/stable/lib/passlib.hash.pbkdf2_digest.html
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/
 * @see https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.security.generate_password_hash
 * @see https://docs.spring.io/spring-security/reference/features/authentication/password-storage.html
 */
const FORMS: readonly Form[] = [
  {
    // passlib: base64 with a dot for the plus.
    pattern: /^\$pbkdf2-sha256\$([1-9]\d{0,7})\$([A-Za-z0-9./]+)\$([A-Za-z0-9./]+)$/,
    read: ([, iterations, salt, hash]) => ({ iterations: Number(iterations), salt: ab64(salt), hash: ab64(hash) }),
  },
  {
    // Django: the salt is text, and salts as its UTF-8.
    pattern: /^pbkdf2_sha256\$([1-9]\d{0,7})\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$/,
    read: ([, iterations, salt = '', hash = '']) => ({
      iterations: Number(iterations),
      salt: Buffer.from(salt),
      hash: Buffer.from(hash, 'base64'),
    }),
  },
  {
    // Werkzeug: the same, with a hash in hexadecimal digits.
    pattern: /^pbkdf2:sha256:([1-9]\d{0,7})\$([^$]+)\$((?:[0-9a-f]{2})+)$/,
    read: ([, iterations, salt = '', hash = '']) => ({
      iterations: Number(iterations),
      salt: Buffer.from(salt),
      hash: Buffer.from(hash, 'hex'),
    }),
  },
  {
    // Spring Security: salt and hash in one, and nothing else.
    pattern: /^(?:\{pbkdf2(?:@SpringSecurity_v5_8)?\})?([0-9a-f]{96})$/,
    read: ([, bytes = '']) => ofSpring(Buffer.from(bytes, 'hex')),
  },
  {
    // The same with `setEncodeHashAsBase64`; without its prefix it could be anything.
    pattern: /^\{pbkdf2(?:@SpringSecurity_v5_8)?\}([A-Za-z0-9+/]{64})$/,
    read: ([, bytes = '']) => ofSpring(Buffer.from(bytes, 'base64')),
  },
];

const ab64 = (text = ''): Buffer => Buffer.from(text.replaceAll('.', '+'), 'base64');

/** Hashes that are recognised, and that no other hash can be made of. */
const OTHERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$|,t=2[abxy],r=\d\d?\$/, 'Blowfish crypt'],
  [/\$v=\d+\$m=\d+,t=\d+,p=\d+\$/, 'a function that takes memory (m, t, p)'],
  [/^(\{scrypt(@SpringSecurity_v5_8)?\}|scrypt[:$]|\$scrypt\$|\$s0\$)/, 'scrypt'],
  [/^(pbkdf2_sha1\$|pbkdf2:sha1[:$]|\$pbkdf2\$)/, 'PBKDF2 with HMAC-SHA1'],
  [/^(\$pbkdf2-sha512\$|pbkdf2:sha512[:$])/, 'PBKDF2 with HMAC-SHA512'],
  [/^(\{pbkdf2\})?[0-9a-f]{80}$/, "Spring Security's PBKDF2 of version 5.5, with HMAC-SHA1 and a salt of 8 bytes"],
  [/^\$[156]\$/, 'crypt'],
];

/** The parts of a hash that passlib, Django, Werkzeug or Spring Security made; null for every other text. */
export const foreignHash = (stored: string): HashParts | null => {
  for (const { pattern, read } of FORMS) {
    const found = pattern.exec(stored);
    if (found !== null) return read(found);
  }
  return null;
};

/** What made a hash that is recognised and not taken, as the end of the sentence "is a hash of …"; null for every other text. */
export const otherHash = (stored: string): string | null => OTHERS.find(([pattern]) => pattern.test(stored))?.[1] ?? null;
