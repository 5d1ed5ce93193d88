import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '../server.ts';

/** Members and elements of a request body, or of a query, at all depths together; no route of ours takes a tenth of it. */
const MAX_MEMBERS = 1_000;

const hasMoreThan = (max: number, value: unknown): boolean => {
  const open: unknown[] = [value];
  let seen = 0;
  while (open.length > 0) {
    const at = open.pop();
    // Bytes and streams have no schema that goes into them.
    if (typeof at !== 'object' || at === null || ArrayBuffer.isView(at)) continue;
    // The names of a crowded object are enough: its values take three times as long.
    seen += Array.isArray(at) ? at.length : Object.keys(at).length;
    if (seen > max) return true;
    open.push(...Object.values(at));
  }
  return false;
};

const tooMany = (field: string, what: string): AppError =>
  new AppError('request-invalid', 400, `The ${what} has more members than any route takes.`, {
    fields: [{ field, message: `has more than ${MAX_MEMBERS} members and elements`, fix: 'Send only the fields that this route knows.' }],
  });

/**
 * Refuses a crowded request before its schema is applied. A client is told all that is wrong with its fields, so that the
 * validation collects an error for each; without a limit one request makes hundreds of thousands of them.
 *
 * @see https://ajv.js.org/security.html on untrusted data and `allErrors`
 */
export const limitMembers = (app: App): void => {
  app.addHook('preValidation', async ({ routeOptions, body, query }) => {
    if (routeOptions.schema?.querystring !== undefined && hasMoreThan(MAX_MEMBERS, query)) throw tooMany('query/', 'query');
    if (routeOptions.schema?.body !== undefined && hasMoreThan(MAX_MEMBERS, body)) throw tooMany('/', 'request body');
  });
};
