import { randomText } from '#client/identity/random-text.ts';
import { kmsApi } from '#client/kms/kms.ts';
import { basic } from '#client/session/authorization.ts';
import { all, answered, equal, from } from '#demo/evidence/taken.ts';
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

  await check('missing', 'No credential', '401 credential-missing', answered(missing));
  const challenge = from(missing).header('www-authenticate');
  await check('challenge', 'which offers Bearer and Basic', true, all(challenge.contains('Bearer '), challenge.contains('Basic ')));

  await check('logged-in', 'demo-user with the password', '200', answered(user));
  await check('page', 'gets a page of one key', 1, from(user).body('/items').count);

  const alike = all(
    equal(from(wrong).text, from(unknown).text),
    equal(from(wrong).header('www-authenticate'), from(unknown).header('www-authenticate')),
  ).choose('the same answer', 'another answer');
  await check('wrong-password', 'Wrong password', '401 password-invalid', answered(wrong));
  await check('unknown-user', 'Unknown user', '401 password-invalid', answered(unknown));
  await check('alike', 'Nobody can tell one from the other', 'the same answer', alike);

  await check('file-realm', 'demo-file-user, who stands in realms.yml', '200', answered(file));
  await check('plaintext', 'demo-plaintext-user, whose password stands there as it is', '200', answered(plain));
  await check('plaintext-marker', 'What stands in the file, marker and all', '401 password-invalid', answered(plainWrong));

  const two = await session.request({
    url: `${url}/elastic-keys?access_token=${randomText()}`,
    headers: { authorization: basic('demo-user', demoPassword('demo-user')) },
  });
  await check('token-in-query', 'Token in the query', '400 credential-invalid', answered(two));

  const service = await realmUser(stack, 'demo-service');
  await check('role', 'Keys listed by demo-service', '403 scope-insufficient', service.call('GET', '/elastic-keys').then(answered));
  return 'database and file realm · PBKDF2 and plaintext';
};
