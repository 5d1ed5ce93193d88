import type { ApiKeyService, UsedApiKey } from '#kms/access/api-keys/api-key.service.ts';
import type { ApiExamples } from '#kms/api/openapi/examples.ts';
import type { Caller } from '#kms/caller.ts';

/** API keys of the demo, by the part that they have in the examples: one that is revoked or gone is of no use in the others. */
const NAMES = { kept: 'demo-api-key', revoked: 'demo-revocation-api-key', deleted: 'demo-deletion-api-key' } as const;
/** Milliseconds for which one is good at least when it is shown. */
const LEFT_MS = 86_400_000;

/** Those that the examples name; the secret of each was shown to nobody. */
export type ExampleApiKeys = Readonly<Record<keyof typeof NAMES, string>>;

/** Finds them, or makes those that are missing or about to expire. @param options.now epoch milliseconds */
export const exampleApiKeys = async (
  apiKeys: Pick<ApiKeyService, 'list' | 'create'>,
  caller: Caller,
  now: number,
): Promise<ExampleApiKeys> => {
  const isGood = (part: keyof typeof NAMES, { state, expiresAt }: UsedApiKey): boolean =>
    part === 'revoked' || (state !== 'revoked' && expiresAt > now + LEFT_MS);
  const idOf = async (part: keyof typeof NAMES): Promise<string> => {
    const { items } = await apiKeys.list(caller, { name: NAMES[part], limit: 100 });
    const good = items.find((key) => isGood(part, key));
    return good?.id ?? (await apiKeys.create(caller, { name: NAMES[part], scopes: ['kms:encrypt'] })).apiKey.id;
  };
  const [kept, revoked, deleted] = await Promise.all([idOf('kept'), idOf('revoked'), idOf('deleted')]);
  return { kept, revoked, deleted };
};

const on = (id: string) => ({ path: { api_key_id: id } });

export const apiKeyExamples = ({ kept, revoked, deleted }: ExampleApiKeys): ApiExamples => ({
  readApiKey: on(kept),
  changeApiKey: on(kept),
  rotateApiKey: on(kept),
  revokeApiKey: on(revoked),
  deleteApiKey: on(deleted),
});
