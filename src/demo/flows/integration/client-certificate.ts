import { keyApi } from '#demo/client/key.ts';
import { answerOf, base64url, kmsApi, password } from '#demo/client/kms.ts';
import { same } from '#demo/steps/checks.ts';
import { demoPassword } from '#demo/seed/seed-files.ts';
import type { Story } from '#demo/steps/step.ts';
import { seededKey, tenantAdmin } from '../callers.ts';

/** A service authenticates with its TLS client certificate alone; `realms.yml` says whose it is. */
export const clientCertificate: Story = async ({ stack, check }) => {
  const bare = kmsApi(stack, await stack.session());
  const session = await stack.session({ certificate: 'service' });
  const certified = kmsApi(stack, session);
  await check('without', 'No certificate', '401 credential-missing', bare.call('GET', '/elastic-keys?limit=1').then(answerOf));

  const { id } = await seededKey(await tenantAdmin(stack), 'demo-encryption-key');
  const key = keyApi(certified, id);
  const plaintext = base64url('client certificate');
  const { ciphertext } = await key.encrypt(plaintext);
  await check('encrypted', 'With the certificate: a compact JWE, parts', 5, ciphertext.split('.').length);
  const opened = key.decrypt(ciphertext).then((got) => same('the plaintext', plaintext, got));
  await check('decrypted', 'which opens again', 'the plaintext', opened);
  const both = kmsApi(stack, session, password('demo-user', demoPassword('demo-user')));
  await check(
    'two-credentials',
    'Password beside the certificate',
    '400 credential-invalid',
    both.call('GET', '/elastic-keys?limit=1').then(answerOf),
  );
  return 'encrypt · decrypt over mutual TLS';
};
