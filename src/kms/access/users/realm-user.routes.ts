import type { FastifyRequest } from 'fastify';
import type { TProperties } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { ifMatch, ifMatchHeader, ifNoneMatchHeader, isKnown, tagged, taggedAnswers } from '#infra/http/request/entity-tag.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import { noStore } from '#kms/api/no-store.ts';
import { limitOf } from '#infra/http/request/paging.ts';
import { problems } from '#kms/api/schemas.ts';
import type { Caller } from '#kms/caller.ts';
import { REALM_USER_ACTIONS } from './realm-user.actions.ts';
import {
  changeRealmUserBody,
  createRealmUserBody,
  departureQuery,
  listRealmUsersQuery,
  passwordBody,
  passwordOf,
  profileOf,
  realmUserPageSchema,
  realmUserSchema,
  realmUserTag,
  realmUserView,
  userPathField,
} from './realm-user.schemas.ts';
import type { NewPassword, RealmUsers } from './realm-users.ts';

const tags = ['Users'];

const userOf = ({ params }: FastifyRequest): string => (params as { readonly user: string }).user;

/** @throws AppError `password-missing` 400 */
const onePassword = (body: Parameters<typeof passwordOf>[0]): NewPassword => {
  const password = passwordOf(body);
  if (password !== null) return password;
  const [message, fix] =
    body.password === undefined
      ? ['is missing', 'Send password, or password_hash.']
      : ['stands beside password_hash', 'Send one of the two.'];
  throw fieldInvalid('password-missing', '/password', message, fix);
};

const departureOf = (request: FastifyRequest, { allow_no_administrator: allow }: { allow_no_administrator?: 'true' | 'false' }) => ({
  ...ifMatch(request, realmUserTag),
  isLastMeant: allow === 'true',
});

/**
 * The users of a tenant in the database realm.
 *
 * @param options.base path below which the routes stand
 * @param options.path members of that path
 * @param options.callerOf who acts, in the name of the tenant whose users they are
 */
export const registerRealmUserRoutes = (
  app: App,
  users: RealmUsers,
  options: {
    readonly base: string;
    readonly path?: TProperties;
    readonly callerOf: (request: FastifyRequest) => Promise<Caller>;
  },
): void => {
  const { base, path = {}, callerOf } = options;
  const collection = strictObject(path);
  const one = strictObject({ ...path, user: userPathField });

  app.post(
    base,
    {
      config: { action: REALM_USER_ACTIONS.create },
      onRequest: noStore,
      schema: {
        operationId: 'createRealmUser',
        summary: 'Create a user',
        description:
          'Makes a user of the tenant who logs in with HTTP Basic. A name is one user in the whole KMS, so one of another tenant is taken, too.',
        tags,
        params: collection,
        body: createRealmUserBody,
        response: { 201: tagged(realmUserSchema), ...problems },
      },
    },
    async (request, reply) => {
      const { username, password, password_hash: hash, roles, ...profile } = request.body;
      const given = { ...(password !== undefined && { password }), ...(hash !== undefined && { password_hash: hash }) };
      const user = await users.create(await callerOf(request), { ...profileOf(profile), ...onePassword(given), username, roles });
      reply.header('location', `${request.url.split('?')[0]}/${user.id}`).header('etag', realmUserTag(user));
      return reply.code(201).send(realmUserView(user));
    },
  );

  app.get(
    base,
    {
      config: { action: REALM_USER_ACTIONS.list },
      schema: {
        operationId: 'listRealmUsers',
        summary: 'List users',
        description: 'One page of the users of the tenant, by name. Give `next_cursor` back as `cursor` for the next page.',
        tags,
        params: collection,
        querystring: listRealmUsersQuery,
        response: { 200: realmUserPageSchema, ...problems },
      },
    },
    async (request) => {
      const { limit, cursor, enabled, username } = request.query;
      const page = await users.list(await callerOf(request), {
        ...limitOf(limit),
        ...(cursor !== undefined && { cursor }),
        ...(username !== undefined && { username }),
        ...(enabled !== undefined && { isEnabled: enabled === 'true' }),
      });
      return { items: page.items.map(realmUserView), next_cursor: page.nextCursor };
    },
  );

  app.put(
    `${base}/:user/password`,
    {
      config: { action: REALM_USER_ACTIONS.setPassword },
      onRequest: noStore,
      schema: {
        operationId: 'setRealmUserPassword',
        summary: 'Set the password of a user',
        description: 'The password before is refused from the answer on, over connections that it opened, too.',
        tags,
        params: one,
        headers: ifMatchHeader,
        body: passwordBody,
        response: { 200: tagged(realmUserSchema), ...problems },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request);
      const user = await users.setPassword(caller, userOf(request), onePassword(request.body), ifMatch(request, realmUserTag));
      reply.header('etag', realmUserTag(user));
      return realmUserView(user);
    },
  );

  app.get(
    `${base}/:user`,
    {
      config: { action: REALM_USER_ACTIONS.read },
      schema: {
        operationId: 'readRealmUser',
        summary: 'Read a user',
        description: 'One user of the tenant; neither his password nor its hash.',
        tags,
        params: one,
        headers: ifNoneMatchHeader,
        response: { ...taggedAnswers(realmUserSchema), ...problems },
      },
    },
    async (request, reply) => {
      const user = await users.read(await callerOf(request), userOf(request));
      return isKnown(request, reply, realmUserTag(user)) ? reply.code(304).send(null) : realmUserView(user);
    },
  );

  app.patch(
    `${base}/:user`,
    {
      config: { action: REALM_USER_ACTIONS.change },
      schema: {
        operationId: 'changeRealmUser',
        summary: 'Change, enable or disable a user',
        description:
          'Changes the members that are given, all or none. You change no user who may do more than you. Where nobody would be left who may administer users, it is refused, 409 `last-administrator`.',
        tags,
        params: one,
        querystring: departureQuery,
        headers: ifMatchHeader,
        body: changeRealmUserBody,
        response: { 200: tagged(realmUserSchema), ...problems },
      },
    },
    async (request, reply) => {
      const departure = departureOf(request, request.query);
      const user = await users.change(await callerOf(request), userOf(request), profileOf(request.body), departure);
      reply.header('etag', realmUserTag(user));
      return realmUserView(user);
    },
  );

  app.delete(
    `${base}/:user`,
    {
      config: { action: REALM_USER_ACTIONS.remove },
      schema: {
        operationId: 'removeRealmUser',
        summary: 'Remove a user',
        description:
          'At once and for good; the answer is the user as he was, and what he did stays in the audit. Where nobody would be left who may administer users, it is refused, 409 `last-administrator`.',
        tags,
        params: one,
        querystring: departureQuery,
        headers: ifMatchHeader,
        response: { 200: realmUserSchema, ...problems },
      },
    },
    async (request) => realmUserView(await users.remove(await callerOf(request), userOf(request), departureOf(request, request.query))),
  );
};
