import { timingSafeEqual } from 'node:crypto';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { AuthenticatedCaller, CallerTenant } from '#kms/caller.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import type { TokensConfig } from '../../bindings/config.ts';
import type { Challenges } from '../../challenges.ts';
import type { PeerCertificate } from '../../peer-certificate.ts';
import { createReadScopes, type HeldScopes } from '../../scopes.ts';
import type { ApiKey } from './api-key.ts';
import { apiKeyHash } from './api-key-hash.ts';
import { addressOf, type ApiKeyAddress, readApiKey } from './api-key-text.ts';
import { apiKeysStore } from './api-key.store.ts';
import type { LastUses } from './last-uses.ts';

const MAX_REMEMBERED = 10_000;

/** None that an operator names: an API key holds the same whatever becomes of the configuration. */
const readScopes = createReadScopes();

/** A key as one look at the database found it, ready to be compared. */
interface Known {
  readonly apiKey: ApiKey;
  readonly held: HeldScopes;
  readonly hash: Buffer;
  readonly previous: { readonly hash: Buffer; readonly until: number } | null;
}

/** One look, shared by all who ask with that key while its lease runs; no such key is a finding as well. */
interface Look {
  readonly since: number;
  readonly address: ApiKeyAddress;
  readonly found: Promise<Known | undefined>;
}

/**
 * API keys prove in whose name a service asks. A key is read from the database once in a lease (`tenants/leases.ts`), with the tag of its
 * row and the ledger; a request costs one HMAC beside. A change takes effect as one of tenants does: this process forgets, and the
 * change is acknowledged once the leases of other replicas have ended.
 */
export interface ApiKeyRealm {
  /** @throws AppError 401 for a key that is refused, 400 for one beside a certificate; `sealed`, `row-damaged` 503 */
  authenticate(shown: { readonly key: string; readonly peer: PeerCertificate | null }): Promise<AuthenticatedCaller>;
  /** To be called once a change of API keys is committed. */
  forget(): void;
}

/**
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createApiKeyRealm = (options: {
  readonly barrier: Pick<Barrier, 'tenantKey'>;
  readonly rows: Pick<Rows, 'of'>;
  readonly tenants: Pick<TenantDirectory, 'byId'>;
  readonly lastUses: Pick<LastUses, 'note'>;
  /** What becomes of a request that shows a client certificate as well. */
  readonly unboundCertificate: TokensConfig['unbound_certificate'];
  readonly challenges: Pick<Challenges, 'invalidApiKey' | 'invalidRequest'>;
  readonly now: () => number;
  readonly elapsed: () => number;
}): ApiKeyRealm => {
  const { barrier, rows, tenants, lastUses, unboundCertificate, challenges, now, elapsed } = options;
  const looks = createBoundedMap<Look>({ max: MAX_REMEMBERED });

  const find = async ({ tenantId, id }: ApiKeyAddress, tenant: CallerTenant): Promise<Known | undefined> => {
    const { db } = await tenant.database();
    const apiKey = await apiKeysStore(db, rows.of(tenantId)).byId(id);
    if (apiKey === undefined) return undefined;
    const { hash, previous } = apiKey;
    return {
      apiKey,
      held: readScopes(apiKey.scopes),
      hash: Buffer.from(hash, 'base64url'),
      previous: previous && { hash: Buffer.from(previous.hash, 'base64url'), until: previous.until },
    };
  };

  const unknown = () => challenges.invalidApiKey('api-key-invalid', 'The API key is none that there is: id or secret is wrong.');

  /** Until when the secret is good: as the key is, or as long as the overlap lasts for that of before its last rotation; null for any other. */
  const endOf = (given: Buffer, { apiKey: { expiresAt }, hash, previous }: Known): number | null => {
    const isPresent = timingSafeEqual(given, hash);
    const isPrevious = previous !== null && timingSafeEqual(given, previous.hash) && now() < previous.until;
    if (isPresent) return expiresAt;
    return isPrevious ? Math.min(expiresAt, previous.until) : null;
  };

  /** Only who has the secret is told what became of the key. */
  const checkState = ({ state, expiresAt }: ApiKey): void => {
    if (state === 'revoked') throw challenges.invalidApiKey('api-key-invalid', 'The API key was revoked.');
    if (state === 'disabled') throw challenges.invalidApiKey('api-key-invalid', 'The API key is disabled.');
    if (expiresAt <= now()) throw challenges.invalidApiKey('api-key-invalid', 'The API key has expired.');
  };

  const lookOf = async (idPart: string): Promise<{ readonly known: Known | undefined; readonly tenant: CallerTenant } | undefined> => {
    const slot = boundedKey(idPart);
    const since = elapsed();
    const before = looks.get(slot);
    const address = before?.address ?? addressOf(idPart);
    const tenant = address && (await tenants.byId(address.tenantId));
    if (!tenant) return undefined;
    if (before !== undefined && since - before.since < LEASE_MS) return { tenant, known: await before.found };
    const look: Look = { since, address, found: find(address, tenant) };
    looks.set(slot, look);
    look.found.catch(() => {
      if (looks.get(slot) === look) looks.delete(slot);
    });
    return { tenant, known: await look.found };
  };

  return {
    authenticate: async ({ key, peer }) => {
      if (peer !== null && unboundCertificate === 'refuse')
        throw challenges.invalidRequest('There is a client certificate beside the API key');
      const read = readApiKey(key);
      if (read === 'malformed') throw challenges.invalidApiKey('api-key-malformed', 'The API key is not of the form of one.');
      if (read === 'checksum-wrong')
        throw challenges.invalidApiKey('api-key-invalid', 'The checksum of the API key is wrong: a letter was changed or left out.');
      const look = await lookOf(read.idPart);
      if (look?.known === undefined) throw unknown();
      const { known, tenant } = look;
      const { apiKey, held } = known;
      const { id, name } = apiKey;
      const expiresAt = endOf(apiKeyHash(barrier.tenantKey(tenant.id, 'api keys'), read.hashed), known);
      if (expiresAt === null) throw unknown();
      checkState(apiKey);
      lastUses.note({ tenantId: tenant.id, id });
      return { subject: id, username: name, roles: [], ...held, tenant, authentication: { kind: 'api-key', expiresAt } };
    },
    forget: () => looks.clear(),
  };
};
