import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { InternalError } from '#infra/apperr/app-error.ts';
import { MAX_TOKEN_LENGTH } from '#infra/secrets/credential-limits.ts';
import { withCredentials, withoutCredentials } from '../seams/interaction-payload.ts';
import { withoutDeviceCodes, withUserCode } from './device-payload.ts';
import { GRANT } from './payload-hashes.ts';
import type { PayloadEntry, PayloadStore, StoredPayload } from './payloads.ts';

type Payload = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value.length > 0 ? value : undefined);

const toEntry = (model: string, id: string, payload: Payload, expiresAt: number | null): PayloadEntry => {
  const session = payload.session as Payload | undefined;
  const params = payload.params as Payload | undefined;
  return {
    model,
    id,
    payload: withoutDeviceCodes(model, withoutCredentials(model, id, payload)),
    // An interaction only looks at its grant; it is no member of the family.
    grantId: model === 'Interaction' ? undefined : text(payload.grantId),
    uid: text(payload.uid),
    userCode: text(payload.userCode),
    accountId: text(payload.accountId) ?? text(session?.accountId),
    clientId: text(payload.clientId) ?? text(params?.client_id),
    expiresAt,
  };
};

const fromStored = (
  stored: StoredPayload | undefined,
  restore: (payload: Payload, reference: string) => Payload,
): AdapterPayload | undefined =>
  stored && {
    ...restore({ ...stored.payload }, stored.reference),
    ...(stored.consumedAt === null ? {} : { consumed: Math.floor(stored.consumedAt / 1000) }),
  };

/** An opaque token is the id of its row. Nobody has a longer one than a token may be, so that one is neither hashed nor looked for. */
const ifShort = async <T>(id: string, find: () => Promise<T | undefined>): Promise<T | undefined> =>
  id.length > MAX_TOKEN_LENGTH ? undefined : find();

/** The model of a pushed authorization request. */
export const PUSHED_REQUEST = 'PushedAuthorizationRequest';

/** A pushed request that is gone may have been used: it counts as that. */
const USED = { consumed: 1 } as const;

/** Models of which oidc-provider itself looks whether they are over, and says so. */
const FOUND_WHEN_OVER: readonly string[] = ['AuthorizationCode', 'DeviceCode', 'Grant', PUSHED_REQUEST, 'RefreshToken'];

const refuse = (): Promise<never> => Promise.reject(new InternalError('the provider may only read clients'));

/**
 * oidc-provider's storage interface over our store. Its own check of `consumed` is a read before a write and lets two
 * through; here the conditional UPDATE decides, and whoever comes second gets `invalid_grant` after the family is gone. Its tolerance for
 * clocks would let sessions and access tokens live longer than they say; here each ends at its second.
 *
 * @see RFC 9700 section 4.14.2
 */
export const createAdapterFactory = (options: {
  readonly store: PayloadStore;
  /** Clients live in their own slice. */
  readonly findClient: (clientId: string) => Promise<AdapterPayload | undefined>;
  readonly now: () => number;
  /** How long a grant is kept of which no code was redeemed: nobody has anything of one whose log-in broke off. */
  readonly unredeemedGrantSeconds: number;
}): AdapterFactory => {
  const { store, findClient, now, unredeemedGrantSeconds } = options;
  return (model): Adapter & { readonly forget?: (id: string) => Promise<void> } => {
    if (model === 'Client') {
      return {
        find: findClient,
        upsert: refuse,
        findByUid: refuse,
        findByUserCode: refuse,
        consume: refuse,
        destroy: refuse,
        revokeByGrantId: refuse,
      };
    }
    const inTime = (stored: StoredPayload | undefined): StoredPayload | undefined => {
      const end = FOUND_WHEN_OVER.includes(model) ? undefined : stored?.payload['exp'];
      return typeof end === 'number' && end * 1000 <= now() ? undefined : stored;
    };
    return {
      upsert: async (id, payload, expiresIn) => {
        const seconds = model === GRANT && expiresIn !== undefined ? Math.min(expiresIn, unredeemedGrantSeconds) : expiresIn;
        await store.save(toEntry(model, id, { ...payload }, seconds === undefined ? null : now() + seconds * 1000));
      },
      find: async (id) =>
        fromStored(inTime(await ifShort(id, () => store.find(model, id))), (payload) => withCredentials(model, id, payload)) ??
        (model === PUSHED_REQUEST ? { ...USED } : undefined),
      findByUid: async (uid) => fromStored(inTime(await ifShort(uid, () => store.findByUid(model, uid))), (payload) => payload),
      findByUserCode: async (code) =>
        fromStored(await ifShort(code, () => store.findByUserCode(model, code)), (payload, reference) =>
          withUserCode(payload, reference, code),
        ),
      consume: async (id) => {
        if ((await store.consume(model, id)) === 'consumed') return;
        throw model === PUSHED_REQUEST
          ? new errors.InvalidRequestUri('request_uri was used before')
          : new errors.InvalidGrant('it was used before; the whole grant is revoked');
      },
      destroy: (id) => (model === 'Interaction' ? store.forget(model, id) : store.destroy(model, id)),
      forget: (id) => store.forget(model, id),
      revokeByGrantId: (grantId) => store.revokeByGrantId(model, grantId),
    };
  };
};
