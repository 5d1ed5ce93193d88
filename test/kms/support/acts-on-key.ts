import { randomUUIDv7 } from 'node:crypto';
import type { FineScope } from '#infra/magic/magic.ts';
import type { Caller } from '#kms/caller.ts';
import type { TestKms } from '#test/support/kms-keys.ts';

type ActOnKey = (caller: Caller, key: string) => Promise<unknown>;

const bytes = () => new TextEncoder().encode(randomUUIDv7());

/** Every act that is about one key, each with the scope that it takes; those that destroy come last. */
export const actsOnKey = ({
  elasticKeys,
  materialKeys,
  lifeCycle,
  transfer,
  crypto,
}: TestKms): readonly (readonly [FineScope, ActOnKey])[] => [
  ['kms:elastic-keys:read', (caller, key) => elasticKeys.read(caller, key)],
  ['kms:elastic-keys:update', (caller, key) => elasticKeys.change(caller, key, { description: 'changed' })],
  ['kms:elastic-keys:update', (caller, key) => elasticKeys.change(caller, key, { minDecryptionVersion: 1 })],
  ['kms:material-keys:rotate', (caller, key) => materialKeys.rotate(caller, key)],
  ['kms:material-keys:read', (caller, key) => materialKeys.list(caller, key)],
  ['kms:material-keys:read', (caller, key) => materialKeys.read(caller, key, randomUUIDv7())],
  ['kms:material-keys:read', (caller, key) => materialKeys.jwks(caller, key)],
  ['kms:encrypt', (caller, key) => crypto.encrypt(caller, key, { plaintext: bytes() })],
  ['kms:decrypt', (caller, key) => crypto.decrypt(caller, key, { jwe: 'x' })],
  ['kms:rewrap', (caller, key) => crypto.rewrap(caller, key, { jwe: 'x' })],
  ['kms:wrap', (caller, key) => crypto.wrap(caller, key, { key: bytes() })],
  ['kms:unwrap', (caller, key) => crypto.unwrap(caller, key, { jwe: 'x' })],
  ['kms:generate', (caller, key) => crypto.generate(caller, key, { bits: 128 })],
  ['kms:sign', (caller, key) => crypto.sign(caller, key, { payload: bytes() })],
  ['kms:verify', (caller, key) => crypto.verify(caller, key, { jws: 'x' })],
  ['kms:sign', (caller, key) => crypto.signRaw(caller, key, { message: { payload: bytes() } })],
  ['kms:verify', (caller, key) => crypto.verifyRaw(caller, key, { message: { payload: bytes() }, signature: bytes(), kid: 'x' })],
  ['kms:mac', (caller, key) => crypto.mac(caller, key, { payload: bytes() })],
  ['kms:mac-verify', (caller, key) => crypto.macVerify(caller, key, { payload: bytes(), mac: bytes(), kid: 'x' })],
  ['kms:elastic-keys:import', (caller, key) => transfer.importParameters(caller, key, {})],
  ['kms:elastic-keys:import', (caller, key) => transfer.import(caller, key, { transportKeyId: randomUUIDv7(), wrappedKey: 'x' })],
  ['kms:elastic-keys:export', (caller, key) => transfer.export(caller, key, { recipient: {} as never })],
  ['kms:material-keys:revoke', (caller, key) => lifeCycle.revokeVersion(caller, key, randomUUIDv7(), { reason: 'superseded' })],
  ['kms:material-keys:delete', (caller, key) => lifeCycle.scheduleDeletionOfVersion(caller, key, randomUUIDv7())],
  ['kms:material-keys:delete', (caller, key) => lifeCycle.restoreVersion(caller, key, randomUUIDv7())],
  ['kms:elastic-keys:delete', (caller, key) => lifeCycle.restore(caller, key)],
  ['kms:elastic-keys:delete', (caller, key) => lifeCycle.scheduleDeletion(caller, key)],
];
