import type { App } from '#infra/http/server.ts';
import { createDecrypt, registerDecrypt } from './decrypt.ts';
import { createEncrypt, registerEncrypt } from './encrypt.ts';
import { createGenerate, registerGenerate } from './generate.ts';
import { createMac, registerMac } from './mac.ts';
import { createMacVerify, registerMacVerify } from './mac-verify.ts';
import type { OperationOptions } from './operation.ts';
import { createRewrap, registerRewrap } from './rewrap.ts';
import { createSign, registerSign } from './sign.ts';
import { createSignRaw, registerSignRaw } from './sign-raw.ts';
import { createUnwrap, registerUnwrap } from './unwrap.ts';
import { createVerify, registerVerify } from './verify.ts';
import { createVerifyRaw, registerVerifyRaw } from './verify-raw.ts';
import { createWrap, registerWrap } from './wrap.ts';

/**
 * The operations with key material: a file each, which holds its scope, its act and its route.
 *
 *     encrypt, wrap, generate ─► protect ────────┐
 *     decrypt, unwrap ─────────► open ───────────┤
 *     rewrap ──────────► open, protect ──────────┼─► key-in-use ─► key ring
 *     verify-raw, mac-verify ──► verify-bytes ───┤
 *     sign, verify, sign-raw, mac ───────────────┘
 *
 * Every operation refuses with `elastic-key-not-found` 404, `elastic-key-suspended`, `operation-not-allowed` or
 * `elastic-key-expired` 409.
 */
export const createCryptography = (options: OperationOptions) => ({
  encrypt: createEncrypt(options),
  decrypt: createDecrypt(options),
  rewrap: createRewrap(options),
  wrap: createWrap(options),
  unwrap: createUnwrap(options),
  generate: createGenerate(options),
  sign: createSign(options),
  verify: createVerify(options),
  signRaw: createSignRaw(options),
  verifyRaw: createVerifyRaw(options),
  mac: createMac(options),
  macVerify: createMacVerify(options),
});

export type Cryptography = ReturnType<typeof createCryptography>;

/** @param base path below which the routes stand */
export const registerCryptography = (app: App, base: string, cryptography: Cryptography): void => {
  const path = `${base}/elastic-keys/:id`;
  registerEncrypt(app, path, cryptography.encrypt);
  registerDecrypt(app, path, cryptography.decrypt);
  registerRewrap(app, path, cryptography.rewrap);
  registerWrap(app, path, cryptography.wrap);
  registerUnwrap(app, path, cryptography.unwrap);
  registerGenerate(app, path, cryptography.generate);
  registerSign(app, path, cryptography.sign);
  registerVerify(app, path, cryptography.verify);
  registerSignRaw(app, path, cryptography.signRaw);
  registerVerifyRaw(app, path, cryptography.verifyRaw);
  registerMac(app, path, cryptography.mac);
  registerMacVerify(app, path, cryptography.macVerify);
};
