import type { Database } from '#infra/database/databases.ts';
import type { AttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createGuessCheck } from '#infra/secrets/attempts/guess-check.ts';
import { isCredible, MAX_NAME_BYTES } from '#infra/secrets/credential-limits.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { ClientRecord } from './client.ts';
import { createClientStore, type StoredClient } from './client.store.ts';
import type { Clients } from './clients.ts';
import type { ServiceClient } from './service-clients.ts';

const VERIFIED_TTL_MS = 60_000;
const VERIFIED_MAX = 1_000;

/**
 * Clients of the database and, before them, those of the configuration.
 * A secret that was verified is remembered for a minute under a keyed hash, so that PBKDF2 is not paid for every token.
 *
 * @param options.demo whether the demo's clients are found
 * @param options.now epoch milliseconds
 * @param options.onRefused hears of every wrong secret that was looked at
 */
export const createClients = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly demo?: boolean;
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly serviceClients: ReadonlyMap<string, ServiceClient>;
  readonly browserClients?: readonly ClientRecord[];
  readonly limits?: AttemptLimits;
  readonly now?: () => number;
  readonly onRefused?: (clientId: string, address: string) => void;
}): Clients => {
  const {
    demo = false,
    passwords,
    serviceClients,
    browserClients = [],
    limits = createAttemptLimits(),
    now = Date.now,
    onRefused = () => {},
  } = options;
  const isSecret = createGuessCheck({ passwords, verified: createVerifiedCache({ ttlMs: VERIFIED_TTL_MS, max: VERIFIED_MAX }), limits });
  const store = createClientStore(options.database, { demo });
  const ofConfiguration = (clientId: string): ClientRecord | undefined =>
    serviceClients.get(clientId)?.client ?? browserClients.find((client) => client.clientId === clientId);
  /** That of a secret that was rotated, while it counts still. */
  const hashBefore = ({ previousSecret: before }: Pick<StoredClient, 'previousSecret'>): string | undefined =>
    before !== undefined && before.endsAt > now() ? before.hash : undefined;
  const look: Clients['look'] = async (clientId) => {
    if (clientId.length > MAX_NAME_BYTES) return undefined;
    const configured = ofConfiguration(clientId);
    if (configured !== undefined) return { client: configured, secretVersion: '' };
    const stored = await store.byClientId(clientId);
    return stored && { client: stored.client, secretVersion: `${stored.secretHash ?? ''} ${hashBefore(stored) ?? ''}` };
  };
  return {
    look,
    find: async (clientId) => (await look(clientId))?.client,
    hasOrigin: async (origin) => browserClients.some(({ corsOrigins }) => corsOrigins.includes(origin)) || store.hasOrigin(origin),
    verifySecret: async (clientId, secret, address) => {
      if (!isCredible(clientId, secret)) return false;
      const service = serviceClients.get(clientId);
      if (service !== undefined) return service.verifySecret(secret);
      const found = await store.byClientId(clientId);
      const storedBefore = found && hashBefore(found);
      const isRight = await isSecret({ name: clientId, password: secret, stored: found?.secretHash, storedBefore, address });
      if (!isRight) onRefused(clientId, address);
      return isRight;
    },
  };
};
