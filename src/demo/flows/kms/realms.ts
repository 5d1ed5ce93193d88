import { answerOf, kmsApi, password, type ElasticKey, type Page } from '#demo/client/kms.ts';
import { random } from '#demo/client/identity.ts';
import type { Story } from '#demo/steps/step.ts';
import { demoPassword } from '#demo/seed/seed-files.ts';

/** Realm users log in to the KMS with Basic; Identity has no part in it. */
export const realms: Story = async ({ stack, check }) => {
  const session = await stack.session();
  const list = (authorization?: string) => kmsApi(stack, session, authorization).call('GET', '/elastic-keys?limit=1');

  const missing = await list();
  await check('missing', 'No credential', '401 credential-missing', answerOf(missing));
  const challenge = missing.headers['www-authenticate'] ?? '';
  await check(
    'challenge',
    'which offers Bearer and Basic',
    ['Bearer', 'Basic'],
    ['Bearer', 'Basic'].filter((scheme) => challenge.includes(`${scheme} `)),
  );

  const user = await list(password('demo-user', demoPassword('demo-user')));
  await check('logged-in', 'demo-user with the password', 200, user.status);
  await check('page', 'gets a page of one key', 1, user.json<Page<ElasticKey>>().items.length);

  const wrong = await list(password('demo-user', `wrong-${random(6)}`));
  const unknown = await list(password(`nobody-${random(6)}`, random(6)));
  await check('wrong-password', 'Wrong password', '401 password-invalid', answerOf(wrong));
  await check('unknown-user', 'An unknown user, the same answer', wrong.text, unknown.text);

  const file = await list(password('demo-file-user', demoPassword('demo-file-user')));
  await check('file-realm', 'demo-file-user, who stands in realms.yml', 200, file.status);

  const two = await session.request({
    url: `${stack.endpoints.kms.service}/elastic-keys?access_token=${random()}`,
    headers: { authorization: password('demo-user', demoPassword('demo-user')) },
  });
  await check('token-in-query', 'Token in the query', 400, two.status);

  const service = kmsApi(stack, session, password('demo-service', demoPassword('demo-service')));
  await check('role', 'Keys listed by demo-service', '403 scope-insufficient', service.call('GET', '/elastic-keys').then(answerOf));
  return 'demo-user · demo-service · wrong password and unknown user refused alike';
};
