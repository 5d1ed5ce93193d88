import { AppError } from '#infra/apperr/app-error.ts';
import type { Pair } from '#infra/http/request/form.ts';
import type { Feature } from '../feature.ts';
import { LIFETIMES } from '../lifetimes.ts';
import { RESPONSE_TYPES } from './authorization-code.ts';
import { checkSentRequest } from './authorization-limits.ts';

const PUSHED_REQUEST_PATH = '/oauth2/par';

/**
 * oidc-provider looks at the response mode first, which follows from the type, and would blame that.
 *
 * @throws AppError `response-type-missing`, `response-type-unsupported` 400
 * @see RFC 6749 sections 3.1.1 and 4.1.2.1
 */
const checkResponseType = (pairs: readonly Pair[]): void => {
  const type = pairs.find(([name]) => name === 'response_type')?.[1] ?? '';
  if (type === '') throw new AppError('response-type-missing', 400, 'The parameter response_type is missing.');
  if (RESPONSE_TYPES.some((supported) => supported === type)) return;
  throw new AppError('response-type-unsupported', 400, `The only response_type here is ${RESPONSE_TYPES.join(', ')}.`, {
    members: { error: 'unsupported_response_type' },
  });
};

const checkPushedRequest = (pairs: readonly Pair[]): void => {
  checkResponseType(pairs);
  checkSentRequest(pairs);
};

/**
 * Authorization requests that a client sends itself, before it sends a browser: nobody on the way reads or changes them. The
 * `request_uri` in the answer is good for a minute to begin with, and for one code.
 *
 * @see RFC 9126
 */
export const pushedAuthorizationRequests = (): Feature => ({
  configuration: {
    features: { pushedAuthorizationRequests: { enabled: true } },
    routes: { pushed_authorization_request: PUSHED_REQUEST_PATH },
    ttl: { PushedAuthorizationRequest: LIFETIMES.pushedRequest },
  },
  endpoints: [{ path: PUSHED_REQUEST_PATH, methods: ['POST', 'OPTIONS'], answers: 'json', checkForm: checkPushedRequest }],
});
