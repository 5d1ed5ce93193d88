import type { HttpsResponse } from '#infra/http/client.ts';
import { randomText } from '#client/identity/random-text.ts';
import { answerOf, kmsApi } from '#client/kms/kms.ts';
import type { KmsAnswer } from '#client/kms/operations.ts';
import { basic } from '#client/session/authorization.ts';
import type { StepWork } from '#demo/step/step.ts';
import { realmUser } from '#demo/world/callers.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';

/** Realm users log in to the KMS with Basic; Identity has no part in it. */
export const run: StepWork = async ({ stack, check }) => {
  const session = await stack.session();
  const url = stack.endpoints.kms.service;
  const list = (authorization?: string) =>
    kmsApi({ url, session, ...(authorization === undefined ? {} : { authorization }) }).call('GET', '/elastic-keys?limit=1');
  const logIn = (username: string, password = demoPassword(username)) => list(basic(username, password));
  // A password costs the KMS a good part of a second's work, so they are all on their way before the first is waited for.
  const [missing, user, wrong, unknown, file, plain, plainWrong] = await Promise.all([
    list(),
    logIn('demo-user'),
    logIn('demo-user', `wrong-${randomText(6)}`),
    logIn(`nobody-${randomText(6)}`, randomText(6)),
    logIn('demo-file-user'),
    logIn('demo-plaintext-user'),
    logIn('demo-plaintext-user', `{plaintext}${demoPassword('demo-plaintext-user')}`),
  ]);

  await check('missing', 'No credential', '401 credential-missing', answerOf(missing));
  const challenge = missing.headers['www-authenticate'] ?? '';
  const schemes = ['Bearer', 'Basic'];
  await check(
    'challenge',
    'which offers Bearer and Basic',
    schemes,
    schemes.filter((scheme) => challenge.includes(`${scheme} `)),
  );

  await check('logged-in', 'demo-user with the password', '200', answerOf(user));
  await check('page', 'gets a page of one key', 1, user.json<KmsAnswer<'listElasticKeys'>>().items.length);

  await check('wrong-password', 'Wrong password', '401 password-invalid', answerOf(wrong));
  await check('unknown-user', 'Unknown user', '401 password-invalid', answerOf(unknown));
  await check('alike', 'Nobody can tell one from the other', 'the same answer', alike(wrong, unknown));

  await check('file-realm', 'demo-file-user, who stands in realms.yml', '200', answerOf(file));
  await check('plaintext', 'demo-plaintext-user, whose password stands there as it is', '200', answerOf(plain));
  await check('plaintext-marker', 'What stands in the file, marker and all', '401 password-invalid', answerOf(plainWrong));

  const two = await session.request({
    url: `${url}/elastic-keys?access_token=${randomText()}`,
    headers: { authorization: basic('demo-user', demoPassword('demo-user')) },
  });
  await check('token-in-query', 'Token in the query', '400 credential-invalid', answerOf(two));

  const service = await realmUser(stack, 'demo-service');
  await check('role', 'Keys listed by demo-service', '403 scope-insufficient', service.call('GET', '/elastic-keys').then(answerOf));
  return 'database and file realm · PBKDF2 and plaintext';
};

const alike = (one: HttpsResponse, other: HttpsResponse): string => {
  const header = 'www-authenticate';
  return one.text === other.text && one.headers[header] === other.headers[header] ? 'the same answer' : 'another answer';
};
