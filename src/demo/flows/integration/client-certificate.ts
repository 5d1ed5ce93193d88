import { keyApi } from '#client/kms/key.ts';
import { kmsApi } from '#client/kms/kms.ts';
import { basic } from '#client/session/authorization.ts';
import { answered, from } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { tenantAdmin } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { samePlaintext } from '#demo/world/opened.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';

/** A service authenticates with its TLS client certificate alone; `realms.yml` says whose it is. */
export const run: StepWork = async ({ stack, check }) => {
  const url = stack.endpoints.kms.service;
  const bare = kmsApi({ url, session: await stack.session() });
  const session = await stack.session({ certificate: stack.endpoints.serviceClient });
  const certified = kmsApi({ url, session });
  await check('without', 'No certificate', '401 credential-missing', bare.call('GET', '/elastic-keys?limit=1').then(answered));

  const { id } = await seededKey(await tenantAdmin(stack), 'demo-encryption-key');
  const key = keyApi(certified, id);
  const plaintext = base64url('client certificate');
  const sealed = await key.encrypt(plaintext);
  await check('encrypted', 'With the certificate: a compact JWE, parts', 5, from(sealed).body('/ciphertext').parts);
  const opened = key.call('decrypt', { ciphertext: sealed.ciphertext }).then((answer) => samePlaintext(sealed, answer));
  await check('decrypted', 'which opens again', 'the plaintext', opened);
  const both = kmsApi({ url, session, authorization: basic('demo-user', demoPassword('demo-user')) });
  await check(
    'two-credentials',
    'Password beside the certificate',
    '400 credential-invalid',
    both.call('GET', '/elastic-keys?limit=1').then(answered),
  );
  return 'encrypt · decrypt over mutual TLS';
};
