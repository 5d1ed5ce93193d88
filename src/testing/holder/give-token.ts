import { person, serviceClient } from '#demo/world/callers.ts';
import { PUBLIC_CLIENT } from '#demo/world/names.ts';
import { type IdentitySeed, readIdentitySeed } from '#demo/world/seed-files.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import type { TokenOptions } from '../test-stack.ts';

/**
 * An access token for the KMS: by PKCE for a person, who walks through the pages of Identity as with a browser, and by client credentials
 * for a client.
 *
 * @throws AppError `user-unknown`, `client-unknown`, `client-has-no-token` before Identity is asked; `token-refused` with its answer, and
 *   the scopes that there are where it knows none of that name; `scope-not-granted` where it gave less than was asked for
 */
export const giveToken = async (stack: StackAccess, { username, client, scope }: TokenOptions): Promise<string> => {
  const { accounts, clients } = await readIdentitySeed();
  if (username === undefined) return tokenOfClient(stack, ableClient(clients, client), scope);
  const account = accounts.find((each) => each.username === username);
  if (account === undefined) {
    throw new AppError('user-unknown', 400, `the demo data has no user ${username}`, {
      fix: `Name one of ${accounts.map((each) => each.username).join(', ')}.`,
    });
  }
  const scopes = clients.find(({ client_id: id }) => id === PUBLIC_CLIENT.id)?.scopes ?? [];
  return tokenOfPerson(stack, { ...account, scopes }, scope);
};

/** The scopes of a person who says nothing else; a role may have fewer. */
const PERSON_SCOPE = 'kms:read kms:crypto';

/** A person, and the scopes of the client with which people log in. */
type Person = IdentitySeed['accounts'][number] & Pick<DemoClient, 'scopes'>;

const tokenOfPerson = async (stack: StackAccess, { username, roles, scopes }: Person, scope: string | undefined): Promise<string> => {
  // A log-in is one of OpenID Connect, whatever else is asked for.
  const wanted = new Set(['openid', ...(scope ?? PERSON_SCOPE).split(' ')]);
  const asked = [...wanted].join(' ');
  const { tokens } = await person(stack, username, asked).catch(refused({ name: username, client: PUBLIC_CLIENT.id, scopes }, asked));
  const missing = wanted.difference(new Set((tokens.scope ?? asked).split(' ')));
  if (scope === undefined || missing.size === 0) return tokens.access_token;
  throw new AppError('scope-not-granted', 403, `Identity gave ${username} no ${[...missing].join(' ')}`, {
    fix: `Its roles do not have that: ${roles.join(', ')}. Ask for less, or as another user.`,
  });
};

const tokenOfClient = async (stack: StackAccess, { client_id: id, scopes }: DemoClient, scope: string | undefined): Promise<string> => {
  const wanted = scope ?? scopes.filter((each) => each.startsWith('kms:')).join(' ');
  const { token } = await serviceClient(stack, { id, secret: demoPassword(id) }, wanted).catch(
    refused({ name: id, client: id, scopes }, wanted),
  );
  return token;
};

type DemoClient = IdentitySeed['clients'][number];

/** The client of that name, where it may take a token for itself, and one that is good without its certificate. */
const ableClient = (clients: readonly DemoClient[], name: string): DemoClient => {
  const able = clients.filter((each) => each.grant_types.includes('client_credentials') && each.token_binding === undefined);
  const found = able.find(({ client_id: id }) => id === name);
  if (found !== undefined) return found;
  const isKnown = clients.some(({ client_id: id }) => id === name);
  const fix = `Name one of ${able.map(({ client_id: id }) => id).join(', ')}.`;
  if (isKnown)
    throw new AppError(
      'client-has-no-token',
      400,
      `${name} takes no token for itself: people log in with it, or it must show a certificate`,
      { fix },
    );
  throw new AppError('client-unknown', 400, `the demo data has no client ${name}`, { fix });
};

/** One who asked for a token, with the client that asked for it, and the scopes of that. */
interface Asker {
  readonly name: string;
  readonly client: string;
  readonly scopes: readonly string[];
}

/** @throws AppError `token-refused` */
const refused =
  ({ name, client, scopes }: Asker, scope: string) =>
  (cause: unknown): never => {
    const fix = { fix: `Ask for scopes that ${client} has: ${scopes.join(', ')}.` };
    throw new AppError('token-refused', 400, `${name} got no token with the scope ${JSON.stringify(scope)}`, {
      cause,
      ...(isAboutScope(cause) ? fix : {}),
    });
  };

/** Of the callback of a log-in, or beneath the answer of the token endpoint. @see RFC 6749 section 5.2 */
const isAboutScope = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'invalid_scope' || isAboutScope(error.cause));
