import { keyApi } from '#client/kms/key.ts';
import { randomText } from '#client/identity/random-text.ts';
import { different, from, list } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { person, serviceClient } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { samePlaintext } from '#demo/world/opened.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';

/** A person and a service each take a token from Identity and use a key of the KMS with it. */
export const run: StepWork = async ({ stack, check, engine }) => {
  const [{ kms, tokens }, service] = await Promise.all([
    person(stack, 'demo-user', 'openid kms:read kms:crypto'),
    serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto'),
  ]);
  const { id } = await seededKey(kms, 'demo-encryption-key');
  const plaintext = base64url(`demo ${randomText(8)}`);
  const sealed = await keyApi(kms, id).encrypt(plaintext);
  const versions = await keyApi(kms, id).versions();
  await check(
    'person-encrypts',
    "demo-user's token encrypts with the newest version",
    from(versions[0] ?? {}).body('/id'),
    from(sealed).body('/material_key_id'),
  );

  const opened = keyApi(service.kms, id).call('decrypt', { ciphertext: sealed.ciphertext });
  await check(
    'service-decrypts',
    "the service's token opens it",
    'the plaintext',
    opened.then((answer) => samePlaintext(sealed, answer)),
  );
  const given = [tokens, service.tokens].map((each) => from(each).body('/access_token'));
  const tenant = (await engine.demoTenants())['demo'] ?? 'none';
  await check('one-tenant', 'Both tokens name the tenant demo', [tenant, tenant], list(given.map((token) => token.claim('/tenant_id'))));
  await check('two-subjects', 'and different subjects', true, different(...given.map((token) => token.claim('/sub'))));
  return 'demo-user encrypts · demo-confidential-client decrypts';
};
