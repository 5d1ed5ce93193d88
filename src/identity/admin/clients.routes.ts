import { ifMatch, ifMatchHeader, ifNoneMatchHeader, isKnown, tagged, taggedAnswers } from '#infra/http/request/entity-tag.ts';
import { limitOf } from '#infra/http/request/paging.ts';
import type { App } from '#infra/http/server.ts';
import type { ClientAdministration } from '#identity/clients/administration/client-administration.ts';
import { type ClientRecord, hasSharedSecret } from '#identity/clients/client.ts';
import { type ClientFields, clientOfFields, fieldsOfClient } from '#identity/clients/client-fields.ts';
import { newClientSecret } from '#identity/clients/new-client-secret.ts';
import { clientWarnings } from '#identity/clients/client-rules.ts';
import { refuseOtherProof } from '#identity/clients/same-proof.ts';
import type { CheckClient } from '#identity/provider/check-client.ts';
import type { NewClients } from '#identity/clients/new-clients.ts';
import {
  type ClientChanges,
  clientChangesBody,
  clientPageSchema,
  clientPath,
  clientSchema,
  clientTag,
  clientView,
  listClientsQuery,
  newClientBody,
  newClientSchema,
} from './client.schemas.ts';

const tags = ['clients'];
const CLIENTS = '/admin/v1/clients';

const changed = (client: ClientRecord, changes: ClientChanges): ClientRecord => {
  const all = Object.entries({ ...fieldsOfClient(client), ...changes });
  const fields = Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined));
  return clientOfFields(client, fields as unknown as ClientFields);
};

/**
 * Clients, for operators.
 *
 * @param options.onExcepted hears of a client that is excepted from PKCE
 */
export const registerClientRoutes = (
  admin: App,
  options: {
    readonly clients: NewClients;
    readonly administration: ClientAdministration;
    readonly checkClient: CheckClient;
    readonly onExcepted: (clientId: string) => void;
  },
): void => {
  const { clients, administration, checkClient, onExcepted } = options;

  admin.post(
    CLIENTS,
    { schema: { summary: 'Make an OAuth client', tags, body: newClientBody, response: { 201: tagged(newClientSchema) } } },
    async (request, reply) => {
      const { secret: given, client_id: clientId, tenant_id: tenantId = null, ...fields } = request.body;
      const client = clientOfFields({ clientId, tenantId }, fields);
      const made = given === undefined && hasSharedSecret(client) ? newClientSecret() : undefined;
      const secret = given ?? made;
      await checkClient(client, secret !== undefined);
      await clients.create(client, secret);
      if (!client.requiresPkce) onExcepted(clientId);
      const shown = await administration.read(clientId);
      return reply
        .code(201)
        .headers({ location: `${CLIENTS}/${clientId}`, etag: clientTag(shown), 'cache-control': 'no-store' })
        .send({ ...clientView(shown), ...(made === undefined ? {} : { client_secret: made }), warnings: clientWarnings(client) });
    },
  );

  admin.get(
    CLIENTS,
    { schema: { summary: 'OAuth clients, a page of them', tags, querystring: listClientsQuery, response: { 200: clientPageSchema } } },
    async ({ query: { limit, cursor } }) => {
      const page = await administration.list({ ...limitOf(limit), ...(cursor === undefined ? {} : { cursor }) });
      return { items: page.items.map(clientView), next_cursor: page.nextCursor };
    },
  );

  admin.get(
    `${CLIENTS}/:client_id`,
    {
      schema: { summary: 'An OAuth client', tags, params: clientPath, headers: ifNoneMatchHeader, response: taggedAnswers(clientSchema) },
    },
    async (request, reply) => {
      const client = await administration.read(request.params.client_id);
      if (isKnown(request, reply, clientTag(client))) return reply.code(304).send(null);
      return clientView(client);
    },
  );

  admin.patch(
    `${CLIENTS}/:client_id`,
    {
      schema: {
        summary: 'Change an OAuth client',
        tags,
        params: clientPath,
        headers: ifMatchHeader,
        body: clientChangesBody,
        response: { 200: tagged(clientSchema) },
      },
    },
    async (request, reply) => {
      const { client_id: clientId } = request.params;
      const decide = async (before: ClientRecord): Promise<ClientRecord> => {
        const after = changed(before, request.body);
        refuseOtherProof(before, after);
        await checkClient(after, hasSharedSecret(after));
        return after;
      };
      const client = await administration.change(clientId, decide, ifMatch(request, clientTag).precondition);
      if (!client.client.requiresPkce) onExcepted(clientId);
      reply.header('etag', clientTag(client));
      return clientView(client);
    },
  );
};
