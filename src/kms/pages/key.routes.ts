import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { Caller } from '#kms/caller.ts';
import { isoOf } from '#kms/api/fields.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import type { ElasticKey } from '#kms/keys/elastic-keys/elastic-key.ts';
import { mayReach } from '#kms/rights/key-scopes.ts';
import { lineOf } from './keys.routes.ts';
import { type PagesOptions, sendPage, signIn, signInForm, type SignedIn, targetsOf } from './page-context.ts';
import { keyPage, type Offer, type Outcome } from './views/key-page.ts';

const params = strictObject({ id: Type.String({ pattern: UUID_V7 }) });
const token = Type.String({ maxLength: 128 });
const textBody = strictObject({ _csrf: token, text: Type.String({ minLength: 1, maxLength: 65_536 }) });

/** The newest versions that the page shows. */
const VERSIONS = 20;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text where it is text, else base64url, as the API has it. */
const plaintextOf = (bytes: Uint8Array): Outcome => {
  try {
    return { label: 'Plaintext', text: utf8.decode(bytes) };
  } catch {
    return { label: 'Plaintext, which is no text, as base64url', text: encodeBase64url(bytes) };
  }
};

const NEEDS = {
  rotate: 'kms:material-keys:rotate',
  suspend: 'kms:elastic-keys:update',
  activate: 'kms:elastic-keys:update',
  encrypt: 'kms:encrypt',
  decrypt: 'kms:decrypt',
} as const;

const offersOf = ({ scopes, keyScopes }: Caller, { state, operations, origin }: ElasticKey): ReadonlySet<Offer> => {
  const takes: Readonly<Record<Offer, boolean>> = {
    rotate: state === 'active' && origin === 'kms',
    suspend: state === 'active',
    activate: state === 'suspended',
    encrypt: state === 'active' && operations.includes('encrypt'),
    decrypt: state === 'active' && operations.includes('decrypt'),
  };
  return new Set(
    (Object.keys(takes) as Offer[]).filter((offer) => takes[offer] && (scopes.has(NEEDS[offer]) || mayReach(keyScopes, NEEDS[offer]))),
  );
};

/** `GET /ui/keys/{id}`, and a form for each thing that the page offers. */
export const registerKeyPage = (app: App, options: PagesOptions): void => {
  const { browser, keys } = options;

  const show = async (
    reply: FastifyReply,
    signedIn: SignedIn,
    id: string,
    result: { readonly outcome?: Outcome; readonly problem?: string } = {},
  ): Promise<FastifyReply> => {
    const { caller, who } = signedIn;
    const key = await keys.elasticKeys.read(caller, id);
    const { items } = await keys.materialKeys.list(caller, id, { limit: VERSIONS });
    const versions = items.map(({ version, state, createdAt }) => ({ version, state, createdAt: isoOf(createdAt) }));
    const page = keyPage({ who, key: lineOf(key), versions, offers: offersOf(caller, key), ...result });
    return sendPage(reply, page, targetsOf(browser, signedIn));
  };

  app.get('/ui/keys/:id', { schema: { params } }, async (request, reply) => show(reply, await signIn(request, options), request.params.id));

  /** @param act does it; what it gives is shown, and without that the page is loaded anew */
  const offer = (name: Offer, act: (caller: Caller, id: string, text: string) => Promise<Outcome | null>, body: typeof textBody | null) => {
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const signedIn = await signInForm(request, options);
      const { id } = request.params as { readonly id: string };
      const { text = '' } = request.body as { readonly text?: string };
      try {
        const outcome = await act(signedIn.caller, id, text);
        return outcome === null ? reply.redirect(`/ui/keys/${id}`, 303) : await show(reply, signedIn, id, { outcome });
      } catch (error) {
        // A key that is not there has no page to show it on.
        if (!(error instanceof AppError) || error.status >= 500 || error.status === 404) throw error;
        return show(reply.code(error.status), signedIn, id, { problem: `${error.message} ${error.fix ?? ''}`.trim() });
      }
    };
    app.post(`/ui/keys/:id/${name}`, { schema: { params, body: body ?? strictObject({ _csrf: token }) } }, handler);
  };

  const set = (state: 'suspended' | 'active') => async (caller: Caller, id: string) => {
    await keys.elasticKeys.change(caller, id, { state });
    return null;
  };
  offer('suspend', set('suspended'), null);
  offer('activate', set('active'), null);
  offer(
    'rotate',
    async (caller, id) => {
      await keys.materialKeys.rotate(caller, id);
      return null;
    },
    null,
  );
  offer(
    'encrypt',
    async (caller, id, text) => ({
      label: 'Ciphertext',
      text: (await keys.crypto.encrypt(caller, id, { plaintext: Buffer.from(text) })).jwe,
    }),
    textBody,
  );
  offer('decrypt', async (caller, id, text) => plaintextOf(await keys.crypto.decrypt(caller, id, { jwe: text.trim() })), textBody);
};
