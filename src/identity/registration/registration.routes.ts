import { Type } from 'typebox';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import { toProblem } from '#infra/http/problem.ts';
import type { App } from '#infra/http/server.ts';
import { MAX_TOKEN_LENGTH } from '#infra/secrets/credential-limits.ts';
import { type ClientMetadata, clientMetadataSchema, metadataOfClient } from '#identity/clients/registration/client-metadata.ts';
import type { Registration, Registrations } from '#identity/clients/registration/registrations.ts';
import { REGISTRATION_PATH } from '#identity/provider/features/discovery.ts';
import type { Emit } from '../events.ts';

const BODY_LIMIT = 64 * 1024;

const path = strictObject({ client_id: Type.String({ minLength: 1, maxLength: 128 }) });
const answer = Type.Object({}, { additionalProperties: true });

const tokenMissing = (): AppError =>
  new AppError('registration-token-missing', 401, 'This needs a token, as Authorization: Bearer.', {
    headers: { 'www-authenticate': 'Bearer realm="passthru-identity"' },
    members: { error: 'invalid_token' },
  });

/** @see RFC 6750 section 2.1 */
const tokenOf = ({ headers: { authorization = '' } }: FastifyRequest): string => {
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
  if (token === undefined || token.length > MAX_TOKEN_LENGTH) throw tokenMissing();
  return token;
};

interface ProblemBody {
  readonly detail: string;
  readonly fix?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

const errorOf = (status: number, { errors = [] }: ProblemBody): string => {
  if (status === 401) return 'invalid_token';
  return errors.some(({ field }) => field.startsWith('/redirect_uris')) ? 'invalid_redirect_uri' : 'invalid_client_metadata';
};

/** An error of registration, which says all that is wrong with the metadata. @see RFC 7591 section 3.2.2 */
const registrationError = (status: number, body: ProblemBody): object => {
  const issues = (body.errors ?? []).map(({ field, message }) => `${field.slice(1)} ${message}`);
  const words = issues.length > 0 ? `${issues.join('; ')}.` : [body.detail, body.fix].filter(Boolean).join(' ');
  return { error: errorOf(status, body), error_description: words.replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, '?') };
};

const answerErrors = (context: App): void => {
  context.setErrorHandler((thrown, _request, reply) => {
    const { status, headers, body } = toProblem(thrown);
    if (status !== 400 && status !== 401) throw thrown;
    return reply
      .code(status)
      .headers({ ...headers, 'cache-control': 'no-store' })
      .send(registrationError(status, body as unknown as ProblemBody));
  });
};

/** "The client MUST include its client_id", and may repeat its secret, which is not for it to choose. @see RFC 7592 section 2.2 */
const replacement = Type.Intersect([
  clientMetadataSchema,
  Type.Object({ client_id: Type.String(), client_secret: Type.Optional(Type.String()) }),
]);

/** What the server alone says. */
const OF_SERVER = ['registration_access_token', 'registration_client_uri', 'client_secret_expires_at', 'client_id_issued_at'];

/** @throws AppError `client-contradictory` 400 */
const checkReplacement = (clientId: string, body: Readonly<Record<string, unknown>>): void => {
  const fields = [
    ...(body['client_id'] === clientId ? [] : [{ field: '/client_id', message: 'is not that of the address' }]),
    ...OF_SERVER.filter((name) => name in body).map((name) => ({ field: `/${name}`, message: 'must be absent: the server says it' })),
  ];
  if (fields.length > 0) throw new AppError('client-contradictory', 400, 'The metadata are not those of this client.', { fields });
};

/**
 * Dynamic client registration: `POST` with an initial access token of an operator makes a client; it reads, replaces and removes itself
 * with the registration access token that the answer holds, which each replacement renews.
 *
 * @param options.verifySecret whether this is the secret of a client
 * @see RFC 7591, RFC 7592
 */
export const registerRegistration = async (
  app: App,
  options: {
    readonly issuer: string;
    readonly registrations: Registrations;
    readonly verifySecret: (clientId: string, secret: string, address: string) => Promise<boolean>;
    readonly emit: Emit;
    /** What stands in the log for an id that was tried. */
    readonly nameTag: (name: string) => string;
  },
): Promise<void> => {
  const { issuer, registrations, verifySecret, emit, nameTag } = options;

  const answerOf = ({ client, issuedAt, secret, token }: Registration): object => ({
    ...metadataOfClient(client),
    client_id_issued_at: Math.floor(issuedAt / 1000),
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    ...(token === undefined ? {} : { registration_access_token: token }),
    registration_client_uri: `${issuer}${REGISTRATION_PATH}/${client.clientId}`,
  });

  /** Tells of a token that is not good. */
  const told = async <T>({ ip: address }: FastifyRequest, name: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof AppError && error.status === 401)
        emit({ type: 'client-refused', reason: 'wrong-registration-token', address, nameTag: nameTag(name) });
      throw error;
    }
  };

  await app.register(async (scope) => {
    const context = scope as unknown as App;
    answerErrors(context);
    context.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));

    context.post(
      REGISTRATION_PATH,
      { bodyLimit: BODY_LIMIT, schema: { body: clientMetadataSchema, response: { 201: answer } } },
      async (request, reply) => {
        const made = await told(request, REGISTRATION_PATH, registrations.register(tokenOf(request), request.body));
        emit({ type: 'client-registered', clientId: made.client.clientId });
        return reply.code(201).send(answerOf(made));
      },
    );

    context.get(`${REGISTRATION_PATH}/:client_id`, { schema: { params: path, response: { 200: answer } } }, async (request) => {
      const { client_id: clientId } = request.params;
      return answerOf(await told(request, clientId, registrations.read(clientId, tokenOf(request))));
    });

    context.put(
      `${REGISTRATION_PATH}/:client_id`,
      { bodyLimit: BODY_LIMIT, schema: { params: path, body: replacement, response: { 200: answer } } },
      async (request) => {
        const { client_id: clientId } = request.params;
        const { client_id: _id, client_secret: secret, ...metadata } = request.body;
        const token = tokenOf(request);
        await told(request, clientId, registrations.read(clientId, token));
        checkReplacement(clientId, request.body);
        if (secret !== undefined && !(await verifySecret(clientId, secret, request.ip)))
          throw new AppError('client-contradictory', 400, 'client_secret is not that of the client.', { fix: 'Leave it out.' });
        const replaced = await told(request, clientId, registrations.replace(clientId, token, metadata as ClientMetadata));
        emit({ type: 'registration-changed', clientId });
        return answerOf(replaced);
      },
    );

    context.delete(
      `${REGISTRATION_PATH}/:client_id`,
      { schema: { params: path, response: { 204: Type.Null({ description: 'Done.' }) } } },
      async (request, reply) => {
        const { client_id: clientId } = request.params;
        await told(request, clientId, registrations.remove(clientId, tokenOf(request)));
        emit({ type: 'registration-removed', clientId });
        return reply.code(204).send(null);
      },
    );
  });
};
