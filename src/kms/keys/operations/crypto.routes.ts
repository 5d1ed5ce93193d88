import type { TSchema } from 'typebox';
import type { App } from '#infra/http/server.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { bytesOf, contextOf, elasticKeyPath, noStore, problemSchema } from '#kms/api/wire.ts';
import { encodeBase64url } from '#kms/jose/base64url.ts';
import * as schemas from './crypto.schemas.ts';
import type { CryptoService, KeyAddress } from './crypto.ts';

const options = <S extends FineScope, B extends TSchema, A extends TSchema>(facts: {
  scope: S;
  operationId: string;
  summary: string;
  description: string;
  body: B;
  answer: A;
}) => ({
  config: { scope: facts.scope },
  bodyLimit: schemas.CRYPTO_BODY_LIMIT,
  onRequest: noStore,
  schema: {
    operationId: facts.operationId,
    summary: facts.summary,
    description: facts.description,
    tags: ['Cryptography'],
    params: elasticKeyPath,
    body: facts.body,
    response: { 200: facts.answer, '4xx': problemSchema, '5xx': problemSchema },
  },
});

const addressOf = (request: { principal: { tenantId: string }; params: { id: string } }): KeyAddress => ({
  tenantId: request.principal.tenantId,
  elasticKeyId: request.params.id,
});

const registerEncryption = (app: App, path: string, crypto: CryptoService): void => {
  app.post(
    `${path}/encrypt`,
    options({
      scope: 'kms:encrypt',
      operationId: 'encrypt',
      summary: 'Encrypt',
      description: 'Encrypts with the newest material key, whose id is the `kid` of the JWE.',
      body: schemas.encryptBody,
      answer: schemas.encryptAnswer,
    }),
    async (request) => {
      const { plaintext, context } = request.body;
      const sealed = await crypto.encrypt(addressOf(request), { plaintext: bytesOf(plaintext, '/plaintext'), ...contextOf(context) });
      return { ciphertext: sealed.jwe, material_key_id: sealed.materialKeyId };
    },
  );
  app.post(
    `${path}/decrypt`,
    options({
      scope: 'kms:decrypt',
      operationId: 'decrypt',
      summary: 'Decrypt',
      description: 'Opens a JWE of any version from `min_decryption_version` on. Every failure is the same `decryption-failed`.',
      body: schemas.decryptBody,
      answer: schemas.decryptAnswer,
    }),
    async (request) => {
      const { ciphertext, context } = request.body;
      return { plaintext: encodeBase64url(await crypto.decrypt(addressOf(request), { jwe: ciphertext, ...contextOf(context) })) };
    },
  );
  app.post(
    `${path}/rewrap`,
    options({
      scope: 'kms:rewrap',
      operationId: 'rewrap',
      summary: 'Rewrap',
      description:
        'Protects the content of a JWE, encrypted data or a wrapped key, with the newest version; the content does not leave the KMS.',
      body: schemas.rewrapBody,
      answer: schemas.encryptAnswer,
    }),
    async (request) => {
      const { ciphertext, context } = request.body;
      const sealed = await crypto.rewrap(addressOf(request), { jwe: ciphertext, ...contextOf(context) });
      return { ciphertext: sealed.jwe, material_key_id: sealed.materialKeyId };
    },
  );
};

const registerKeyWrapping = (app: App, path: string, crypto: CryptoService): void => {
  app.post(
    `${path}/wrap`,
    options({
      scope: 'kms:wrap',
      operationId: 'wrap',
      summary: 'Wrap a key',
      description: 'Wraps key material of the caller with the newest material key of a wrapping key.',
      body: schemas.wrapBody,
      answer: schemas.wrapAnswer,
    }),
    async (request) => {
      const { key: text, context } = request.body;
      const key = bytesOf(text, '/key');
      try {
        const sealed = await crypto.wrap(addressOf(request), { key, ...contextOf(context) });
        return { wrapped_key: sealed.jwe, material_key_id: sealed.materialKeyId };
      } finally {
        key.fill(0);
      }
    },
  );
  app.post(
    `${path}/unwrap`,
    options({
      scope: 'kms:unwrap',
      operationId: 'unwrap',
      summary: 'Unwrap a key',
      description: 'Opens a wrapped key. Every failure is the same `decryption-failed`.',
      body: schemas.unwrapBody,
      answer: schemas.unwrapAnswer,
    }),
    async (request) => {
      const { wrapped_key: jwe, context } = request.body;
      const key = await crypto.unwrap(addressOf(request), { jwe, ...contextOf(context) });
      try {
        return { key: encodeBase64url(key) };
      } finally {
        key.fill(0);
      }
    },
  );
  app.post(
    `${path}/generate`,
    options({
      scope: 'kms:generate',
      operationId: 'generate',
      summary: 'Generate a data key',
      description:
        'Makes a random data key and returns it once in the clear, unless `return_plaintext` is false, and protected by this key.',
      body: schemas.generateBody,
      answer: schemas.generateAnswer,
    }),
    async (request) => {
      const { bits, return_plaintext: shown, context } = request.body;
      const { dataKey, jwe, materialKeyId } = await crypto.generate(addressOf(request), { bits, ...contextOf(context) });
      try {
        return { ...(shown ? { plaintext: encodeBase64url(dataKey) } : {}), ciphertext: jwe, material_key_id: materialKeyId };
      } finally {
        dataKey.fill(0);
      }
    },
  );
};

const registerSigning = (app: App, path: string, crypto: CryptoService): void => {
  app.post(
    `${path}/sign`,
    options({
      scope: 'kms:sign',
      operationId: 'sign',
      summary: 'Sign',
      description: 'Signs a payload with the newest material key, whose id is the `kid` of the JWS.',
      body: schemas.signBody,
      answer: schemas.signAnswer,
    }),
    async (request) => {
      const { jws, materialKeyId } = await crypto.sign(addressOf(request), { payload: bytesOf(request.body.payload, '/payload') });
      return { jws, material_key_id: materialKeyId };
    },
  );
  app.post(
    `${path}/verify`,
    options({
      scope: 'kms:verify',
      operationId: 'verify',
      summary: 'Verify a signature',
      description:
        'Says whether a JWS is of this elastic key, and its payload if so. Whatever is wrong with it, the answer is `{ "valid": false }`.',
      body: schemas.verifyBody,
      answer: schemas.verifyAnswer,
    }),
    async (request) => {
      const verification = await crypto.verify(addressOf(request), { jws: request.body.jws });
      if (!verification.valid) return { valid: false as const };
      const { payload, materialKeyId } = verification;
      return { valid: true as const, payload: encodeBase64url(payload), material_key_id: materialKeyId };
    },
  );
};

/** @param base path below which the routes stand */
export const registerCryptoRoutes = (app: App, base: string, crypto: CryptoService): void => {
  const path = `${base}/elastic-keys/:id`;
  registerEncryption(app, path, crypto);
  registerKeyWrapping(app, path, crypto);
  registerSigning(app, path, crypto);
};
