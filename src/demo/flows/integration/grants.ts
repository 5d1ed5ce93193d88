import { decodeJwt } from 'jose';
import { randomText } from '#client/identity/random-text.ts';
import { keyApi } from '#client/kms/key.ts';
import { answered, from } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { serviceClient, tenantAdmin } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { samePlaintext } from '#demo/world/opened.ts';
import { LIMITED_CLIENT } from '#demo/world/names.ts';

const MINUTES_MS = 10 * 60_000;

/** A tenant administrator lends a service, which may only read, decryption with one key in one context, and takes it back. */
export const run: StepWork = async ({ stack, check, now }) => {
  const admin = await tenantAdmin(stack);
  const service = await serviceClient(stack, LIMITED_CLIENT, 'kms:elastic-keys:read');
  const { id } = await seededKey(admin, 'demo-encryption-key');
  const [context, plaintext] = [`invoice=${randomText(6)}`, base64url('lent')];
  const sealed = await keyApi(admin, id).encrypt(plaintext, context);
  const { ciphertext } = sealed;
  const key = keyApi(service.kms, id);
  const decrypt = (of: string) => key.call('decrypt', { ciphertext, context: of }).then(answered);

  await check('without', 'A service without kms:decrypt', '403 scope-insufficient', decrypt(context));
  const { iss: issuer = '', sub: subject = '' } = decodeJwt(service.token);
  const grant = await admin.invoke('createGrant', {
    path: { id },
    body: {
      grantee: { kind: 'token', issuer, subject },
      operations: ['decrypt'],
      context: { equals: context },
      expires_at: new Date(now() + MINUTES_MS).toISOString(),
    },
  });
  await check('made', 'A grant of decrypt, for one context', ['decrypt'], from(grant).body('/operations'));
  const opened = key.call('decrypt', { ciphertext, context }).then((answer) => samePlaintext(sealed, answer));
  await check('used', 'by which the service decrypts', 'the plaintext', opened);
  await check('context', 'Another context', '403 grant-context-refused', decrypt(`${context}0`));
  await check('operation', 'Another operation', '403 scope-insufficient', key.call('encrypt', { plaintext }).then(answered));
  await check(
    'passed-on',
    'The service passes it on',
    '403 scope-insufficient',
    key
      .call('grants', { grantee: { kind: 'certificate', subject: 'nobody' }, operations: ['decrypt'], expires_at: grant.expires_at })
      .then(answered),
  );
  await admin.invoke('revokeGrant', { path: { id, grant: grant.id } });
  await check('revoked', 'The grant is revoked', '403 scope-insufficient', decrypt(context));
  return 'lent · used · another context refused · taken back';
};
