import type { PermittedNames } from './constraints/permitted-names.ts';
import type { CertificateKeyType } from './key-types.ts';

/**
 * Our own certificate authorities: this folder makes a chain of CAs, signs leaves for servers and clients, and keeps both as files
 * (`store.ts`). Nothing here runs while a server serves: what a connection needs stands one folder up.
 */

/** A CA of a chain as it is kept: the key is a secret. */
export interface StoredCa {
  readonly name: string;
  readonly certPem: string;
  readonly keyPem: string;
}

export interface LeafOptions {
  /** `document`: it signs files, and opens no connection (RFC 9336). */
  readonly kind: 'server' | 'client' | 'document';
  readonly commonName: string;
  /** Subject alternative names: DNS names or IP addresses. */
  readonly names?: readonly string[];
  /** Subject alternative names that are URIs, for example `urn:passthru:tenant:<uuid>`. */
  readonly uriSans?: readonly string[];
  readonly days?: number;
}

export interface Leaf {
  /** The leaf, then the intermediates from the issuing CA up; the root is not in it. */
  readonly certPem: string;
  /** PKCS#8. */
  readonly keyPem: string;
}

/** A chain of certificate authorities with its keys. */
export interface Authority {
  readonly rootPem: string;
  /** The intermediates, issuing CA first, without the root; empty when the root issues. */
  readonly chainPem: string;
  /** From the root down, for example `['root', 'policy', 'issuing']`. */
  readonly names: readonly string[];
  readonly keyType: CertificateKeyType;
  issue(leaf: LeafOptions): Promise<Leaf>;
  /** Everything that `authorityFromPem` needs, from the root down. */
  toPem(): readonly StoredCa[];
}

export interface AuthorityOptions {
  /** CAs from the root to the one that issues, at least 1; default 3. */
  readonly length?: number;
  readonly keyType?: CertificateKeyType;
  /** Stands in the common names of the CAs; default `passthru` and eight random digits. */
  readonly name?: string;
  readonly days?: number;
  /** All that its certificates may stand for; without it they may stand for everything. */
  readonly permitted?: PermittedNames | undefined;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}
