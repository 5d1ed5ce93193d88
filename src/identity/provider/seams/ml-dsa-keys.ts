import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';

/** The name of the draft is how oidc-provider wants to hear that we know of its state. */
export const EXTERNAL_SIGNING = { enabled: true, ack: 'experimental-01' } as const;

const signAsync = promisify(sign);

class MlDsaKey extends ExternalSigningKey {
  readonly #jwk: JWK;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  constructor(jwk: JWK) {
    super();
    this.#privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    this.#publicKey = createPublicKey(this.#privateKey);
    this.#jwk = jwk;
  }

  override get kid(): string {
    return String(this.#jwk.kid);
  }

  override get alg(): string {
    return String(this.#jwk.alg);
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  override async sign(data: Buffer): Promise<Buffer> {
    return signAsync(null, data, this.#privateKey);
  }
}

/**
 * A signing key as oidc-provider takes it.
 *
 * Why: oidc-provider signs by Web Crypto, which on Node 26 prints a warning that ML-DSA is experimental there; node:crypto prints none.
 * Bends: `ExternalSigningKey`, whose `keyObject` and `sign` it calls in the place of a private JWK, read in oidc-provider 9.13.3
 * (lib/helpers/keystore.js, lib/helpers/jwt.js).
 * Held by: test/identity/provider/signing-algorithms.test.ts
 */
export const providerKey = (jwk: JWK): JWK | ExternalSigningKey => (jwk.kty === 'AKP' ? new MlDsaKey(jwk) : jwk);
