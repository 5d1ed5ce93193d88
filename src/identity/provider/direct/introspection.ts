import { decodeProtectedHeader } from 'jose';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { AnswerClient } from './direct.ts';

export const INTROSPECTION_FORM = ['token', 'token_type_hint'];

/** As oidc-provider tells the tokens that it does not know from its own (lib/shared/reject_structured_tokens.js). */
const isStructured = (token: string): boolean => {
  try {
    return Boolean(decodeProtectedHeader(token));
  } catch {
    return false;
  }
};

/**
 * Introspection of a JWT access token.
 *
 * @param introspect of `createJwtIntrospection`, which the seam of structured tokens calls as well
 */
export const introspectDirectly =
  (introspect: (token: string, client: ClientRecord) => Promise<Readonly<Record<string, unknown>>>): AnswerClient =>
  async (client, { token = '' }) => {
    if (token.split('.', 4).length !== 3) return undefined;
    const answer = await introspect(token, client);
    return answer['active'] === true || isStructured(token) ? answer : undefined;
  };
