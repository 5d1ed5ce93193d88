// Types of what oidc-provider has none for, as far as a seam needs it; read in oidc-provider 9.13.3.
// Held by: test/identity/provider/dpop-nonces.test.ts

declare module 'oidc-provider/lib/helpers/challenge.js' {
  /** Texts of the last and next minutes, derived from 32 bytes. */
  export default class ServerChallenge {
    constructor(secret: Buffer, info: string);
    nextChallenge(): string;
    checkChallenge(challenge: string): boolean;
  }
}

declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type { Provider } from 'oidc-provider';
  import type ServerChallenge from 'oidc-provider/lib/helpers/challenge.js';
  /** The inside of a provider. */
  export default function instance(provider: Provider): { DPoPNonces?: Pick<ServerChallenge, 'nextChallenge' | 'checkChallenge'> };
}
