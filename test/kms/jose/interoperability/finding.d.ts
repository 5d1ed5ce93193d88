/** The script in `findings` that measures JOSE libraries, as far as tests hold it against the KMS. */
declare module '*/jose-libraries.mjs' {
  import type * as Jose from 'jose';

  interface Form {
    /** Whether it is to be opened, verified with a key, verified with a JWK Set, or is a public key to encrypt for. */
    readonly kind: 'jwe' | 'jws' | 'set' | 'seal';
    readonly text: string;
    readonly jwk: Readonly<Record<string, unknown>>;
  }
  interface Library {
    readonly language: string;
    readonly version: string;
    /** False where it knows signatures alone. */
    readonly jwe: boolean;
    /** The names of forms with which it does not do what it should. */
    readonly refuses: RegExp;
  }
  export const PAYLOAD: string;
  export const LIBRARIES: Readonly<Record<string, Library>>;
  export const formsOf: (jose: typeof Jose) => Promise<Readonly<Record<string, Form>>>;
}
