import { abortSignal, callback, checkOptions, count, milliseconds, oneOf, type Rules, someOf, text, textOrNull } from './check-options.ts';
import { failed } from './stack-error.ts';
import type { LogOptions, StartOptions, TokenOptions } from './test-stack.ts';

/** The types of `test-stack.ts` once more, for callers in JavaScript. */
const START_RULES: Rules<StartOptions> = {
  engine: oneOf(['auto', 'embedded', 'docker']),
  snapshot: textOrNull("'auto', the name or the folder of a snapshot, or null"),
  services: someOf(['identity', 'kms'], 'identity', 'the KMS trusts Identity, so it does not come alone'),
  timeoutMs: milliseconds,
  signal: abortSignal,
  log: callback,
};

const TOKEN_RULES: Rules<TokenOptions> = {
  username: text('the name of a user: `stack.credentials` has them'),
  client: text('the id of a client: `stack.clients` has them'),
  scope: text('scopes, separated by spaces'),
};

/** The holder knows which services run on its engine. */
const LOG_RULES: Rules<LogOptions> = { service: text('the name of a service'), tail: count };

/** @throws StackError `option-unknown`, `option-invalid` */
export const checkStart = (options: StartOptions): void => checkOptions('startStack', options, START_RULES);

/** @throws StackError `option-unknown`, `option-invalid` */
export const checkLogs = (options: LogOptions): void => checkOptions('logs', options, LOG_RULES);

/** @throws StackError `option-unknown`, `option-invalid`; that, too, where nobody is named, or two are */
export const checkToken = (options: TokenOptions): void => {
  checkOptions('token', options, TOKEN_RULES);
  const named = [options.username, options.client].filter((each) => each !== undefined);
  if (named.length === 1) return;
  throw failed('option-invalid', `token is for ${named.length === 0 ? 'nobody' : 'a username and a client'}`, {
    fix: "Say username or client, one of them: token({ username: 'demo-user' }).",
  });
};
