import { join } from 'node:path';
import type { DatabaseName } from '../engine.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';

/**
 * The key under which Identity's signing keys lie in its database; without one Identity makes it, under this name beside the cookie keys.
 */
export const SIGNING_KEY_ENCRYPTION = 'identity-signing-key-encryption';

/** Where the original of each generated file lies in a state folder. These are names only: nothing is looked up. */
export interface StateFiles {
  /** Keys that sign Identity's cookies. */
  readonly cookieKeys: string;
  readonly signingKeyEncryption: string;
  /** Secret with which a service client authenticates at Identity. */
  clientSecret(clientId: string): string;
  /** Password of the superuser of a PostgreSQL, who gets in over the local socket only. */
  databasePassword(database: DatabaseName): string;
  /** Unseal share of the KMS; `position` from 1. */
  unsealShare(position: number): string;
  readonly tenants: string;
  /** Of the second Identity: its keys for cookies, and the secret with which the KMS authenticates there. */
  readonly partner: { readonly cookieKeys: string; readonly clientSecret: string; readonly signingKeyEncryption: string };
}

export const stateFiles = (folder: StateFolder): StateFiles => {
  const secret = (name: string) => join(folder.secrets, name);
  return {
    cookieKeys: secret('identity-cookie-keys'),
    signingKeyEncryption: secret(SIGNING_KEY_ENCRYPTION),
    clientSecret: (clientId) => secret(`${clientId}-client-secret`),
    databasePassword: (database) => secret(`${database}-password`),
    unsealShare: (position) => secret(`unseal-share-${position}`),
    tenants: join(folder.config, 'tenants.json'),
    partner: {
      cookieKeys: secret('partner-cookie-keys'),
      clientSecret: secret('partner-client-secret'),
      signingKeyEncryption: secret('partner-signing-key-encryption'),
    },
  };
};
