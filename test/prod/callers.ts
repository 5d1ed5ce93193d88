import type { HttpsClient } from '#infra/http/client.ts';
import type { ReplicaView } from './audit.ts';
import { TENANTS, USERNAME } from './files.ts';
import type { Caller } from './load.ts';
import { type Operation, requestOf, tenantOf } from './operations.ts';
import type { ProdStack, Replica } from './stack.ts';

type Body = Readonly<Record<string, unknown>>;

export const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** A client of each tenant: one shows a certificate, the other a password. */
export const callersOf = ({ client, files }: Pick<ProdStack, 'client' | 'files'>): readonly Caller[] => [
  { tenant: TENANTS[0], connect: () => client('caller'), headers: {} },
  { tenant: TENANTS[1], connect: () => client(), headers: { authorization: basic(USERNAME, files.passwords[USERNAME] ?? '') } },
];

/** One replica as the clients of all tenants see it, past the balancer. */
export const viewOf = (stack: Pick<ProdStack, 'client' | 'files'>, { name, port }: Pick<Replica, 'name' | 'port'>): ReplicaView => {
  const base = `https://localhost:${port}/service/api/v1`;
  const clients = new Map<string, { readonly client: HttpsClient; readonly caller: Caller }>();
  for (const caller of callersOf(stack)) clients.set(caller.tenant, { client: caller.connect(), caller });

  const ask = async (tenant: string, request: ReturnType<typeof requestOf>): Promise<Body> => {
    const known = clients.get(tenant);
    if (known === undefined) throw new TypeError(`nobody speaks for ${tenant}`);
    const answer = await known.client.request({ ...request, headers: known.caller.headers });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return answer.json<Body>();
  };
  const perform = (operation: Operation): Promise<Body> => ask(tenantOf(operation), requestOf(operation, base));
  const all = async <T>(tenant: string, path: string): Promise<readonly T[]> => {
    const items: T[] = [];
    for (let cursor: unknown = ''; typeof cursor === 'string';) {
      const query = new URLSearchParams({ limit: '100', ...(cursor === '' ? {} : { cursor }) });
      const page = await ask(tenant, { url: `${base}${path}?${query}` });
      items.push(...(page['items'] as readonly T[]));
      cursor = page['next_cursor'];
    }
    return items;
  };
  return {
    name,
    keysOf: (tenant) => all(tenant, '/elastic-keys'),
    versionsOf: ({ tenant, id }) => all(tenant, `/elastic-keys/${id}/material-keys`),
    decrypt: async (sealed) => String((await perform({ kind: 'decrypt', sealed }))['plaintext']),
    verify: async (signed) => {
      const { valid, payload } = await perform({ kind: 'verify', signed });
      return valid === true ? String(payload) : null;
    },
  };
};
