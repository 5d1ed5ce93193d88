import type { App } from '#infra/http/server.ts';
import { ifMatch, ifMatchHeader, tagged } from '#infra/http/request/entity-tag.ts';
import { noStore } from '#kms/api/no-store.ts';
import { problems } from '#kms/api/schemas.ts';
import { elasticKeyPath, elasticKeyTag } from '../elastic-keys/elastic-key.schemas.ts';
import { isImportedKid } from '../material-keys/imported-kid.ts';
import { materialKeySchema, materialKeyTag, materialKeyView } from '../material-keys/material-key.schemas.ts';
import type { Transfer } from './transfer.ts';
import { TRANSFER_ACTIONS } from './transfer.actions.ts';
import { kidBesideId, kidRefused } from './transfer-errors.ts';
import { BODY_LIMIT, exportAnswer, exportBody, importBody, parametersQuery, parametersSchema, parametersView } from './transfer.schemas.ts';

const tags = ['Import and export'];

/** @param base path below which the routes stand */
export const registerTransferRoutes = (app: App, base: string, transfer: Transfer): void => {
  const path = `${base}/elastic-keys/:id`;

  app.get(
    `${path}/import-parameters`,
    {
      // HEAD would make a key pair, and show its caller nothing of it.
      exposeHeadRoute: false,
      config: { action: TRANSFER_ACTIONS.importParameters },
      onRequest: noStore,
      schema: {
        operationId: 'getImportParameters',
        summary: 'Get what an import takes',
        description:
          'Makes a key pair to which one key can be wrapped, for one import into this elastic key of external origin, within a day. Of more than sixteen that are open, the oldest goes.',
        tags,
        params: elasticKeyPath,
        querystring: parametersQuery,
        response: { 200: parametersSchema, ...problems },
      },
    },
    async (request) => parametersView(await transfer.importParameters(request.caller, request.params.id, request.query)),
  );

  app.post(
    `${path}/import`,
    {
      config: { action: TRANSFER_ACTIONS.import },
      bodyLimit: BODY_LIMIT,
      onRequest: noStore,
      schema: {
        operationId: 'importKey',
        summary: 'Import key material',
        description:
          'Opens a key that was wrapped to the transport key, checks it, and makes it the newest version, which protects from now on. A refusal says what is wrong with the key, and leaves the transport key for another try.',
        tags,
        params: elasticKeyPath,
        headers: ifMatchHeader,
        body: importBody,
        response: { 201: tagged(materialKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { transport_key_id: transportKeyId, wrapped_key: wrappedKey, format: given, material_key_id: id, kid } = request.body;
      if (kid !== undefined && !isImportedKid(kid)) throw kidRefused(kid);
      if (kid !== undefined && id !== undefined) throw kidBesideId();
      const key = await transfer.import(request.caller, request.params.id, {
        transportKeyId,
        wrappedKey,
        ...(given === undefined ? {} : { format: given }),
        ...(id === undefined ? {} : { materialKeyId: id }),
        ...(kid === undefined ? {} : { kid }),
        ...ifMatch(request, elasticKeyTag),
      });
      return reply
        .code(201)
        .header('location', `${base}/elastic-keys/${key.elasticKeyId}/material-keys/${key.id}`)
        .header('etag', materialKeyTag(key))
        .send(materialKeyView(key));
    },
  );

  app.post(
    `${path}/export`,
    {
      config: { action: TRANSFER_ACTIONS.export },
      bodyLimit: BODY_LIMIT,
      onRequest: noStore,
      schema: {
        operationId: 'exportKey',
        summary: 'Export key material',
        description:
          'Wraps a version of an elastic key that was made `exportable` for a recipient: by `RSA_AES_KEY_WRAP_SHA_256` for a key of RSA, by `ECDH_ES_A256KW` for one on a curve. The public key of import parameters is such a recipient.',
        tags,
        params: elasticKeyPath,
        body: exportBody,
        response: { 200: exportAnswer, ...problems },
      },
    },
    async (request) => {
      const { recipient_jwk: recipient, material_key_id: id, format: given } = request.body;
      const made = await transfer.export(request.caller, request.params.id, {
        recipient,
        ...(given === undefined ? {} : { format: given }),
        ...(id === undefined ? {} : { materialKeyId: id }),
      });
      return {
        material_key_id: made.materialKeyId,
        version: made.version,
        format: made.format,
        wrapping: made.wrapping,
        wrapped_key: made.wrappedKey,
      };
    },
  );
};
