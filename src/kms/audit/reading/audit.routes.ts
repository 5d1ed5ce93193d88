import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { OUTCOMES } from '#kms/action.ts';
import { isoOf } from '#kms/api/fields.ts';
import { noStore } from '#kms/api/no-store.ts';
import { limitOf, nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { nullable, oneOf, problems, timestamp, uuidV7 } from '#kms/api/schemas.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import { millisOf } from '#kms/api/time.ts';
import type { AuditEntry } from './audit-entries.ts';
import { READ_AUDIT, type ReadAudit } from './read-audit.ts';

const outcome = oneOf(OUTCOMES, {
  description:
    '`begun`: a change is about to be committed. `done`; `refused`: the caller must ask otherwise; `failed`: the service could not do it; `unknown`: its commit was not answered.',
});

const query = strictObject({
  key: Type.Optional(uuidV7('the id of an elastic key, a UUIDv7')),
  actor: Type.Optional(Type.String({ description: 'the `subject` of a record', minLength: 1, maxLength: 512, pattern: '^[^\\x00]*$' })),
  operation: Type.Optional(
    Type.String({ description: 'the `operation` of a record', maxLength: 64, pattern: '^[a-z0-9.-]+$', examples: ['encrypt'] }),
  ),
  outcome: Type.Optional(outcome),
  from: Type.Optional(timestamp('of the first records to show')),
  to: Type.Optional(timestamp('before which the last records to show were made')),
  ...pageQuery,
});

const entrySchema = Type.Object(
  {
    time: Type.String(),
    operation: Type.String({ description: 'The name of the act, such as `encrypt` or `elastic-key.create`.' }),
    outcome,
    code: nullable(Type.String(), { description: 'Of the Problem that its caller got; null where there was none.' }),
    elastic_key_id: nullable(Type.String()),
    material_key_id: nullable(Type.String(), { description: 'The version that was used; null where none was.' }),
    object: nullable(Type.String(), {
      description: 'The thing that it was about where that is no key, such as `realm-user:<id>`; null for none.',
    }),
    subject: Type.String({ description: 'Stable id of the one who acted, within the issuer or the realm.' }),
    username: nullable(Type.String()),
    credential: Type.String({
      description:
        '`token`, `realm-user`, `certificate`, `api-key`, `session` of a browser, `operator` at the admin listener, or `service` where the KMS acted by itself.',
    }),
    issuer: nullable(Type.String(), { description: 'Of the token, or where the user of the session logged in.' }),
    token_id: nullable(Type.String(), { description: '`jti` of the token, or the id of the session.' }),
    address: nullable(Type.String(), { description: 'IP address of the client.' }),
    request_id: nullable(Type.String()),
    trace_id: nullable(Type.String()),
    chain: uuidV7('the chain of the record, a UUIDv7'),
    seq: Type.Integer({ description: 'The place of the record in its chain.' }),
  },
  { title: 'AuditEntry' },
);

const viewOf = (entry: AuditEntry) => ({
  time: isoOf(entry.at),
  operation: entry.action,
  outcome: entry.outcome,
  code: entry.code,
  elastic_key_id: entry.elasticKeyId,
  material_key_id: entry.materialKeyId,
  object: entry.object,
  subject: entry.subject,
  username: entry.username,
  credential: entry.credential,
  issuer: entry.issuer,
  token_id: entry.tokenId,
  address: entry.address,
  request_id: entry.requestId,
  trace_id: entry.traceId,
  chain: entry.chain,
  seq: entry.seq,
});

const timeOf = (text: string | undefined, field: string): number | undefined => (text === undefined ? undefined : millisOf(text, field));

/** `GET /audit`: what was done with the keys of the caller's tenant, and what was refused. */
export const registerAuditRoutes = (app: App, readAudit: ReadAudit): void => {
  app.get(
    `${SERVICE_PREFIX}/audit`,
    {
      config: { action: READ_AUDIT },
      onRequest: noStore,
      schema: {
        operationId: 'readAudit',
        summary: 'Read the audit',
        description:
          'One page of the records of the tenant, the youngest first: who did what with which key, and how it ended. A page that looked far and found little is shorter than `limit`: go on while there is a `next_cursor`.',
        tags: ['Audit'],
        querystring: query,
        response: { 200: Type.Object({ items: Type.Array(entrySchema), next_cursor: nextCursor }, { title: 'AuditPage' }), ...problems },
      },
    },
    async (request) => {
      const { operation: action, from, to, limit, cursor, ...filter } = request.query;
      const page = await readAudit(
        request.caller,
        { ...filter, action, from: timeOf(from, '/from'), to: timeOf(to, '/to') },
        { ...limitOf(limit), cursor },
      );
      return { items: page.items.map(viewOf), next_cursor: page.nextCursor };
    },
  );
};
